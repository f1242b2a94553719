internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators

/// The report of the toy study of ARMS: variances at equal cost, and the ascents they make.
package struct ArmsToyReport: ToyReport {
  package static let fileName = "arms-toy.md"

  let outcome: ArmsToyStudy.Outcome
  private var study: ArmsToyStudy { outcome.study }

  package init(_ outcome: ArmsToyStudy.Outcome) { self.outcome = outcome }

  package var title: String { "The toy problem of ARMS" }
  package var seed: UInt64 { study.seed }
  package var variances: [ToyVariance] { outcome.variances }
  package var falseAlarmRate: Double { study.falseAlarmRate }
  package var estimatorNames: [String] { ["arm", "disarm:2", "loorf:4", "arms:4", "arms-normal:4"] }
  package var recipe: ReplayRecipe { .toy(of: .arms(study)) }

  package var setup: String {
    "p0 = \(study.target); n = \(study.evaluations.map(String.init).joined(separator: ", ")) evaluations; steps along the mean "
      + "of \(study.repetitions) gradients; \(study.draws) draws for each of \(variances.count) variances"
  }

  package func write(
    into document: inout MarkdownDocument, cells: ReportCells, folder: ReportFolder
  ) throws(ReportingError) {
    document.heading(2, "Variance at equal cost")
    let draws = NumberFormatting.count(study.draws)
    document.paragraph(
      """
      The gradient of E\\[(z - \("\(study.target)"))²\\] over one Bernoulli variable with P(z = 1) = p, from n evaluations of the \
      objective: the mean of n / 2 pairs for ARM and DisARM, n samples for LOORF, ARMS and ARMS with the Gaussian copula. \
      Problem: Dimitriev and Zhou, "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables", ICML 2021. Exact: \
      integrated over the law of the noise, by the code that trains. Measured: mean of (g - exact gradient)² over \(draws) \
      draws, with a confidence sequence for its expectation; the probability that any of the \(variances.count) intervals \
      misses is at most \(rate).
      """)
    document.figure(try folder.draw(try figure()))
    writeVariances(into: &document, cells: cells, place: "p")
    writeAscents(into: &document, cells: cells)
  }

  private func writeAscents(into document: inout MarkdownDocument, cells: ReportCells) {
    document.heading(2, "Ascent")
    let start = NumberFormatting.fixed(.sigmoid(study.startLogit), decimals: 4)
    let exact = outcome.ascents.first { $0.family == nil }?.steps.map {
      "\(cells.count("ascents/exact gradient", $0))"
    }
    document.paragraph(
      """
      Steps from p = \(start) (the released code starts at the logarithm of 0.1, not at its log odds) to p = \
      \("\(study.endProbability)"), each along the mean of \(NumberFormatting.count(study.repetitions)) gradients with step \
      size \(NumberFormatting.significant(study.stepSize, digits: 2)); the exact gradient takes \(exact ?? "more than the largest number of steps").
      """)
    var table = MarkdownTable(
      [.init("estimator")] + study.evaluations.map { .init("n = \($0)", .right) })
    for family in ArmsToyStudy.Family.allCases {
      table.append(
        ["\(code: family.rawValue)"]
          + study.evaluations.map { evaluations in
            let steps = outcome.ascents.first {
              $0.family == family.rawValue && $0.evaluations == evaluations
            }?.steps
            let kept = steps.map {
              cells.count("ascents/\(family.rawValue)/n = \(evaluations)", $0, held: .notHeld)
            }
            return kept.map { "\(NumberFormatting.count($0))" } ?? "not reached"
          })
    }
    document.table(table)
  }

  private func figure() throws(ReportingError) -> Figure {
    var panels: [Figure.Panel] = []
    for evaluations in study.evaluations {
      var series: [FigureSeries] = []
      for family in ArmsToyStudy.Family.allCases {
        let own = variances.filter { $0.setting == "n = \(evaluations)" && $0.estimator == family.rawValue }
        series += self.series(
          family.rawValue, colour(family), own, exact: try exactCurve(of: family, evaluations: evaluations))
      }
      panels.append(
        Figure.Panel(
          "n = \(evaluations)", x: Figure.Axis("p", range: 0...1),
          y: Figure.Axis("variance", logarithmic: true),
          series: series))
    }
    panels.append(byEvaluations)
    return Figure(
      name: "arms-toy-variance",
      alternativeText: "Variance of the gradient against the probability p, for each number of evaluations",
      caption: """
        Variance of the gradient from n evaluations against p: exact (lines, where integration reaches) and measured (points, \
        with their confidence intervals). DisARM has variance zero at p = 1/2. Last panel: against n, at \
        \(byEvaluationsPlace).
        """,
      panels: panels)
  }

  /// Between the middle and the end, where neither all nor none are alike.
  private var byEvaluationsPlace: String {
    "p = \(study.probabilities[study.probabilities.count / 4])"
  }

  /// How the variance falls with n, at one of the probabilities.
  private var byEvaluations: Figure.Panel {
    let place = byEvaluationsPlace
    let series = ArmsToyStudy.Family.allCases.flatMap { family in
      let own = variances.filter { $0.place == place && $0.estimator == family.rawValue }
      let points = own.map { variance -> FigureSeries.Point in
        let evaluations = Double(variance.setting.dropFirst("n = ".count)) ?? 0
        return .init(
          evaluations, variance.measured, low: variance.interval.lowerBound,
          high: variance.interval.upperBound)
      }
      return [
        FigureSeries("", .line, colour(family), points.map { .init($0.x, $0.y) }),
        FigureSeries(family.rawValue, .errorBars, colour(family), points),
      ]
    }
    return Figure.Panel(
      place, x: Figure.Axis("n"), y: Figure.Axis("variance", logarithmic: true), series: series)
  }

  /// The exact variance at 2 % to 98 %, four apart; empty where integration does not reach.
  private func exactCurve(
    of family: ArmsToyStudy.Family, evaluations: Int
  ) throws(ReportingError) -> [FigureSeries.Point] {
    try toyStudy {
      try stride(from: 2, through: 98, by: 4).compactMap { percent in
        let probability = Double(percent) / 100
        let cell = try study.cell(family, evaluations: evaluations, probability: probability)
        return try study.meter.exactErrors(cell).map { .init(probability, $0[0]) }
      }
    }
  }

  private func colour(_ family: ArmsToyStudy.Family) -> FigureColour {
    .number(ArmsToyStudy.Family.allCases.firstIndex(of: family) ?? 0)
  }
}
