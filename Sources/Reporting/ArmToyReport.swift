internal import GradientEstimators

/// The report of the toy study: trajectories, and measured variances beside exact ones.
package struct ArmToyReport: Sendable {
  package struct Written: Sendable {
    package let file: String
    /// Whether every measured variance agrees with the exact one.
    package let holds: Bool
    package let verdict: String
  }

  let outcome: ArmToyStudy.Outcome
  private var study: ArmToyStudy { outcome.study }
  private static let fileName = "arm-toy.md"

  package init(_ outcome: ArmToyStudy.Outcome) { self.outcome = outcome }

  /// Writes `arm-toy.md` and its figures into the context's folder.
  ///
  /// - Throws: `ReportingError.unwritable`; `.study` if an exact variance cannot be integrated.
  package func write(context: ReportContext) throws(ReportingError) -> Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    var document = MarkdownDocument()
    document.heading(1, "The toy problem of ARM")
    let cells = ReportCells()
    document.paragraph("**\(cells.text("verdict", verdict, held: .notHeld))**")
    _ = cells.text("outcome", outcome.holds ? "holds" : "fails")
    var provenance = context.provenance(level: .sameInstructionSet, seeds: [study.seed])
    provenance.report = Self.fileName
    provenance.write(into: &document)
    ReproducibilityChecklist(facts, provenance: provenance, licence: context.licence).write(into: &document)
    writeProblem(into: &document)
    document.figure(try folder.draw(trajectoryFigure))
    writeTrajectories(into: &document, cells: cells)
    document.heading(2, "Variance of one gradient")
    document.figure(try folder.draw(try varianceFigure()))
    writeVariances(into: &document, cells: cells)
    let file = try context.write(
      document, to: Self.fileName, in: folder, cells: cells, recipe: .armToy(of: ArmToyRecipe(study)),
      provenance: provenance)
    return Written(file: file, holds: outcome.holds, verdict: verdict)
  }

  private var facts: ReproducibilityChecklist.Facts {
    ReproducibilityChecklist.Facts(
      researchType: "numerical study with exact answers", estimators: study.estimators.map(\.name),
      splits: "not applicable: no data set",
      setup:
        "p0 = \(study.targets.map { "\($0)" }.joined(separator: ", ")); \(study.iterations) steps of size \(study.stepSize); "
        + "\(study.draws) draws for each of \(outcome.variances.count) variances",
      errorBars:
        "confidence sequences (empirical Bernstein) for the expectation of each measured variance; any misses with probability at most \(rate)",
      tuningBudget: "not applicable: nothing is tuned",
      failedRuns: "\(outcome.contradictions.count) of \(outcome.variances.count) variances contradicted")
  }

  private var rate: String { NumberFormatting.scientific(study.falseAlarmRate, digits: 1) }

  private var verdict: String {
    let count = outcome.variances.count
    if outcome.holds {
      return
        "All \(count) measured variances agree with the exact ones (probability of any false alarm: \(rate))."
    }
    let worst = outcome.contradictions.map { "\($0.estimator) at p0 = \($0.target), p = \($0.probability)" }
    return
      "\(worst.count) of \(count) measured variances contradict the exact ones (probability of any false alarm: "
      + "\(rate)): \(worst.joined(separator: "; "))."
  }

  private func writeProblem(into document: inout MarkdownDocument) {
    document.heading(2, "Trajectories")
    let iterations = NumberFormatting.count(study.iterations)
    let step = NumberFormatting.significant(study.stepSize, digits: 2)
    document.paragraph(
      """
      Gradient ascent on E\\[(z - p0)²\\] over one Bernoulli variable z with P(z = 1) = p = sigmoid(logit), from logit 0 with \
      step size \(step), \(iterations) steps, one draw of the estimator in each. The exact gradient is (1 - 2 p0) p (1 - p): \
      p should go to 1 for p0 < 1/2 and to 0 for p0 > 1/2. Problem: Yin and Zhou, "ARM: Augment-REINFORCE-Merge Gradient for \
      Stochastic Binary Networks", ICLR 2019. A draw costs one evaluation of the objective for REINFORCE and AR, two for ARM, \
      DisARM and LOORF:2, four for ARMS:4. One trajectory says little about an estimator; the variances below say more.
      """)
  }

  private func writeTrajectories(into document: inout MarkdownDocument, cells: ReportCells) {
    document.paragraph(
      "Probability p after the last step, one trajectory for each cell (seed \(String(study.seed))):")
    var table = MarkdownTable([.init("estimator")] + study.targets.map { .init("p0 = \("\($0)")", .right) })
    for name in [nil] + study.estimators.map({ Optional($0.name) }) {
      let label: MarkdownText = name.map { "\(code: $0)" } ?? "exact gradient"
      let finals = study.targets.map { target in
        outcome.trajectories.first { $0.target == target && $0.estimator == name }?.probabilities.last
      }
      table.append(
        [label]
          + zip(study.targets, finals).map { target, final in
            // Computed for the exact gradient, chance for an estimator.
            let kept = final.map {
              cells.number(
                "trajectories/p0 = \(target)/\(name ?? "exact gradient")/last p", $0,
                held: name == nil ? .rounding : .notHeld)
            }
            return "\(kept.map { NumberFormatting.fixed($0, decimals: 4) } ?? "")"
          })
    }
    document.table(table)
  }

  private func writeVariances(into document: inout MarkdownDocument, cells: ReportCells) {
    let draws = NumberFormatting.count(study.draws)
    document.paragraph(
      """
      Exact: integrated over the law of the noise, by the code that trains. Measured: mean of (g - exact gradient)² over \
      \(draws) draws, with a confidence sequence for its expectation (empirical Bernstein, bounds from the estimator's \
      formula); the probability that any of the \(outcome.variances.count) intervals misses is at most \(rate).
      """)
    for target in study.targets {
      let variances = outcome.variances.filter { $0.target == target }
      let failed = variances.count { !$0.agrees }
      document.details("p0 = \("\(target)"): \(variances.count - failed) of \(variances.count) agree") {
        inner in
        var table = MarkdownTable([
          .init("estimator"), .init("p", .right), .init("exact", .right), .init("measured", .right),
          .init("interval", .right), .init("verdict"),
        ])
        for variance in variances { table.append(Self.row(variance, cells)) }
        inner.table(table)
      }
    }
  }

  private static func row(_ variance: ArmToyStudy.Variance, _ cells: ReportCells) -> [MarkdownText] {
    let place = "variances/p0 = \(variance.target)/\(variance.estimator)/p = \(variance.probability)"
    let exact = cells.exact("\(place)/exact", variance.exact)
    let measured = cells.number(
      "\(place)/measured", variance.measured, held: .interval, interval: variance.interval)
    let interval = [
      cells.number("\(place)/lower end", variance.interval.lowerBound, held: .notHeld),
      cells.number("\(place)/upper end", variance.interval.upperBound, held: .notHeld),
    ].map { NumberFormatting.scientific($0, digits: 4) }
    let verdict = cells.text("\(place)/verdict", variance.agrees ? "agrees" : "contradicts")
    return [
      "\(code: variance.estimator)", "\("\(variance.probability)")",
      "\(NumberFormatting.scientific(exact, digits: 4))",
      "\(NumberFormatting.scientific(measured, digits: 4))",
      "\(interval.joined(separator: " to "))", variance.agrees ? "\(verdict)" : "**\(verdict)**",
    ]
  }

  private var trajectoryFigure: Figure {
    let stride = max(1, study.iterations / 200)
    return Figure(
      name: "arm-toy-trajectories",
      alternativeText: "Probability p against steps of gradient ascent, for each estimator and each p0",
      caption:
        "p = sigmoid(logit) along gradient ascent, one trajectory for each estimator; dashed: the exact gradient.",
      panels: Figure.smallMultiples(
        of: study.targets, title: { "p0 = \($0)" }, x: Figure.Axis("step"),
        y: Figure.Axis("p", range: 0...1)
      ) { target in
        // The exact gradient comes last in each panel, so that no trajectory hides it.
        outcome.trajectories.filter { $0.target == target }.reversed().map { trajectory in
          let points = Swift.stride(from: 0, to: trajectory.probabilities.count, by: stride).map {
            FigureSeries.Point(Double($0), trajectory.probabilities[$0])
          }
          guard let name = trajectory.estimator else {
            return FigureSeries("exact gradient", .dashedLine, .black, points)
          }
          return FigureSeries(name, .line, colour(name), points)
        }
      })
  }

  private func varianceFigure() throws(ReportingError) -> Figure {
    var panels: [Figure.Panel] = []
    for target in study.targets {
      var series: [FigureSeries] = []
      for estimator in study.estimators {
        series.append(
          FigureSeries("", .line, colour(estimator.name), try exactCurve(of: estimator, target: target)))
        let cells = outcome.variances.filter {
          $0.target == target && $0.estimator == estimator.name && $0.exact > 0
        }
        series.append(
          FigureSeries(
            estimator.name, .errorBars, colour(estimator.name),
            cells.map {
              .init($0.probability, $0.measured, low: $0.interval.lowerBound, high: $0.interval.upperBound)
            }))
      }
      panels.append(
        Figure.Panel(
          "p0 = \(target)", x: Figure.Axis("p", range: 0...1), y: Figure.Axis("variance", logarithmic: true),
          series: series))
    }
    return Figure(
      name: "arm-toy-variance",
      alternativeText: "Variance of one gradient against the probability p, measured beside exact",
      caption: """
        Variance of one gradient against p: exact (lines) and measured (points, with their confidence intervals). DisARM has \
        variance zero at p = 1/2, which a logarithmic axis cannot show.
        """,
      panels: panels)
  }

  /// The exact variance at 1 % to 99 %; where it is zero, the curve has a gap.
  private func exactCurve(
    of estimator: any GradientEstimator, target: Double
  ) throws(ReportingError) -> [FigureSeries.Point] {
    do {
      let points = try (1...99).map { percent in
        let probability = Double(percent) / 100
        return FigureSeries.Point(
          probability, try study.exactVariance(of: estimator, target: target, at: probability))
      }
      return points.filter { $0.y > 1e-20 }
    } catch {
      throw .study(reason: "\(error)")
    }
  }

  private func colour(_ name: String) -> FigureColour {
    .number(study.estimators.firstIndex { $0.name == name } ?? 0)
  }
}
