internal import GradientEstimators

/// The report of the toy study: trajectories, and measured variances beside exact ones.
package struct ArmToyReport: ToyReport {
  package static let fileName = "arm-toy.md"

  let outcome: ArmToyStudy.Outcome
  private var study: ArmToyStudy { outcome.study }

  package init(_ outcome: ArmToyStudy.Outcome) { self.outcome = outcome }

  package var title: String { "The toy problem of ARM" }
  package var seed: UInt64 { study.seed }
  package var variances: [ToyVariance] { outcome.variances }
  package var falseAlarmRate: Double { study.falseAlarmRate }
  package var estimatorNames: [String] { study.estimators.map(\.name) }
  package var recipe: ReplayRecipe { .armToy(of: ArmToyRecipe(study)) }

  package var setup: String {
    "p0 = \(study.targets.map { "\($0)" }.joined(separator: ", ")); \(study.iterations) steps of size \(study.stepSize); "
      + "\(study.draws) draws for each of \(outcome.variances.count) variances"
  }

  package func write(
    into document: inout MarkdownDocument, cells: ReportCells, folder: ReportFolder
  ) throws(ReportingError) {
    writeProblem(into: &document)
    document.figure(try folder.draw(trajectoryFigure))
    writeTrajectories(into: &document, cells: cells)
    document.heading(2, "Variance of one gradient")
    document.figure(try folder.draw(try varianceFigure()))
    writeMeasurement(into: &document)
    writeVariances(into: &document, cells: cells, place: "p")
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

  private func writeMeasurement(into document: inout MarkdownDocument) {
    let draws = NumberFormatting.count(study.draws)
    document.paragraph(
      """
      Exact: integrated over the law of the noise, by the code that trains. Measured: mean of (g - exact gradient)² over \
      \(draws) draws, with a confidence sequence for its expectation (empirical Bernstein, bounds from the estimator's \
      formula); the probability that any of the \(outcome.variances.count) intervals misses is at most \(rate).
      """)
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
        let measured = variances.filter {
          $0.setting == "p0 = \(target)" && $0.estimator == estimator.name
        }
        series += self.series(
          estimator.name, colour(estimator.name), measured,
          exact: try exactCurve(of: estimator, target: target))
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
      return try (1...99).map { percent in
        let probability = Double(percent) / 100
        return FigureSeries.Point(
          probability, try study.exactVariance(of: estimator, target: target, at: probability))
      }
    } catch {
      throw .study(reason: "\(error)")
    }
  }

  private func colour(_ name: String) -> FigureColour {
    .number(study.estimators.firstIndex { $0.name == name } ?? 0)
  }
}
