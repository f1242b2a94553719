internal import ExactExpectations
internal import GradientEstimators

/// The report of the toy study of ARSM: ascents, and variances at common places on the exact gradient's way.
package struct ArsmToyReport: ToyReport {
  package static let fileName = "arsm-toy.md"

  let outcome: ArsmToyStudy.Outcome
  private var study: ArsmToyStudy { outcome.study }

  package init(_ outcome: ArsmToyStudy.Outcome) { self.outcome = outcome }

  package var title: String { "The toy problem of ARSM" }
  package var seed: UInt64 { study.seed }
  package var variances: [ToyVariance] { outcome.variances }
  package var falseAlarmRate: Double { study.falseAlarmRate }
  package var estimatorNames: [String] { study.estimators }
  package var recipe: ReplayRecipe { .toy(of: .arsm(study)) }

  package var setup: String {
    "\(study.categories) categories, r = \(study.divisor); \(study.iterations) steps of size \(study.stepSize); "
      + "\(study.draws) draws for each of \(variances.count) variances"
  }

  package func write(
    into document: inout MarkdownDocument, cells: ReportCells, folder: ReportFolder
  ) throws(ReportingError) {
    document.heading(2, "Ascent")
    let step = NumberFormatting.significant(study.stepSize, digits: 2)
    document.paragraph(
      """
      Gradient ascent on E\\[f(z)\\] over one variable z of C = \(study.categories) categories, f(z) = 1/2 + (z + 1) / (C r) with \
      r = \(NumberFormatting.significant(study.divisor)), from logits 0 with step size \(step), one draw of the estimator in \
      each of \(NumberFormatting.count(study.iterations)) steps. Problem: Yin, Yue and Zhou, "ARSM: \
      Augment-REINFORCE-Swap-Merge Estimator for Gradient Backpropagation Through Categorical Variables", ICML 2019. One \
      trajectory says little about an estimator; the variances below say more.
      """)
    document.figure(try folder.draw(trajectoryFigure))
    try writeTrajectories(into: &document, cells: cells)
    document.heading(2, "Variance on the exact gradient's way")
    let draws = NumberFormatting.count(study.draws)
    document.paragraph(
      """
      Mean of |g - exact gradient|², all logits together, at the logits that the exact gradient reaches after so many steps; \
      for \(code: "gumbel"), the one biased estimator here, that is the variance and the squared bias together. Exact: integrated \
      over the law of the noise, by the code that trains, where its nodes are few enough. Measured: over \(draws) draws, with a \
      confidence sequence for the expectation; the probability that any of the \(variances.count) intervals misses is at most \
      \(rate).
      """)
    document.figure(try folder.draw(varianceFigure))
    writeRatios(into: &document, cells: cells)
    writeVariances(into: &document, cells: cells, place: "of")
  }

  private func writeTrajectories(
    into document: inout MarkdownDocument, cells: ReportCells
  ) throws(ReportingError) {
    document.paragraph("After the last step (seed \(String(study.seed))):")
    var table = MarkdownTable([
      .init("estimator"), .init("evaluations of a draw", .right), .init("E\\[f\\]", .right),
      .init("P(best category)", .right),
    ])
    for trajectory in outcome.trajectories {
      let name = trajectory.estimator ?? "exact gradient"
      // Computed for the exact gradient, chance for an estimator.
      let held: ReportLock.Held = trajectory.estimator == nil ? .rounding : .notHeld
      let reward = cells.number("trajectories/\(name)/last reward", trajectory.rewards.last ?? 0, held: held)
      let best = cells.number("trajectories/\(name)/best probability", trajectory.bestProbability, held: held)
      let evaluations = try trajectory.estimator.map { name throws(ReportingError) in
        cells.count("trajectories/\(name)/evaluations", try self.evaluations(name))
      }
      table.append([
        trajectory.estimator.map { "\(code: $0)" } ?? "exact gradient",
        evaluations.map { "\(NumberFormatting.count($0))" } ?? "-",
        "\(NumberFormatting.fixed(reward, decimals: 5))", "\(NumberFormatting.fixed(best, decimals: 4))",
      ])
    }
    document.table(table)
  }

  private func evaluations(_ name: String) throws(ReportingError) -> Int {
    try toyStudy {
      try EstimatorCatalogue.make(name).evaluations(variables: .categorical(1, categories: study.categories))
    }
  }

  private func writeRatios(into document: inout MarkdownDocument, cells: ReportCells) {
    document.paragraph(
      "Signal to noise: the norm of the exact gradient over the root of the measured number.")
    var table = MarkdownTable(
      [.init("estimator")] + study.measuredSteps.map { .init("step \(NumberFormatting.count($0))", .right) })
    for name in study.estimators {
      let ratios = zip(study.measuredSteps, outcome.gradientNorms).map { step, norm -> MarkdownText in
        let own = variances.first { $0.setting == "step \(step)" && $0.estimator == name }
        let kept = own.map {
          cells.number(
            "signal to noise/\(name)/step \(step)", norm / $0.measured.squareRoot(), held: .notHeld)
        }
        return "\(kept.map { NumberFormatting.significant($0) } ?? "")"
      }
      table.append(["\(code: name)"] + ratios)
    }
    document.table(table)
  }

  private var trajectoryFigure: Figure {
    let stride = max(1, study.iterations / 250)
    let series = outcome.trajectories.reversed().map { trajectory in
      let points = Swift.stride(from: 0, to: trajectory.rewards.count, by: stride).map {
        FigureSeries.Point(Double($0), trajectory.rewards[$0])
      }
      guard let name = trajectory.estimator else {
        return FigureSeries("exact gradient", .dashedLine, .black, points)
      }
      return FigureSeries(name, .line, colour(name), points)
    }
    return Figure(
      name: "arsm-toy-trajectories",
      alternativeText: "Expected reward against steps of gradient ascent, for each estimator",
      caption:
        "Expected reward along gradient ascent, one trajectory for each estimator; dashed: the exact gradient.",
      panels: [
        Figure.Panel("one trajectory each", x: Figure.Axis("step"), y: Figure.Axis("E[f]"), series: series)
      ])
  }

  private var varianceFigure: Figure {
    let series = study.estimators.flatMap { name in
      let own = variances.filter { $0.estimator == name }
      return self.series(
        name, colour(name), own,
        exact: own.compactMap { variance in variance.exact.map { .init(variance.position, $0) } })
    }
    return Figure(
      name: "arsm-toy-variance",
      alternativeText: "Mean squared error of the gradient at common places, for each estimator",
      caption: """
        Mean squared error of one gradient on the exact gradient's way: measured with its confidence interval (points) and exact \
        (lines, where integration reaches). A point without a bar has an interval that reaches down to zero.
        """,
      panels: [
        Figure.Panel(
          "all logits together", x: Figure.Axis("step of the exact gradient"),
          y: Figure.Axis("mean squared error", logarithmic: true), series: series)
      ])
  }

  private func colour(_ name: String) -> FigureColour {
    .number(study.estimators.firstIndex(of: name) ?? 0)
  }
}
