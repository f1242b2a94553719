internal import GradientEstimators

/// The report of the toy study of CARMS: variances by category, for laws of several entropies.
package struct CarmsToyReport: ToyReport {
  package static let fileName = "carms-toy.md"

  let outcome: CarmsToyStudy.Outcome
  private var study: CarmsToyStudy { outcome.study }

  package init(_ outcome: CarmsToyStudy.Outcome) { self.outcome = outcome }

  package var title: String { "The toy problem of CARMS" }
  package var seed: UInt64 { study.seed }
  package var variances: [ToyVariance] { outcome.variances }
  package var falseAlarmRate: Double { study.falseAlarmRate }
  package var estimatorNames: [String] { study.estimators }
  package var recipe: ReplayRecipe { .toy(of: .carms(study)) }

  package var setup: String {
    "3 variables of 3 categories; K = \(study.concentrations.map(String.init).joined(separator: ", ")); "
      + "\(study.draws) draws for each of \(variances.count) variances"
  }

  package func write(
    into document: inout MarkdownDocument, cells: ReportCells, folder: ReportFolder
  ) throws(ReportingError) {
    document.heading(2, "Variance of each coordinate")
    let draws = NumberFormatting.count(study.draws)
    document.paragraph(
      """
      f(z) = sum over d of 3 (3 d + z\\_d + 1), three variables of three categories; the probabilities of each are drawn once \
      for each K from the Dirichlet law with parameters (K, K, K). A gradient costs three evaluations. Problem: Dimitriev and \
      Zhou, "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator", NeurIPS 2021. Exact: integrated over \
      the law of the noise, by the code that trains, where its nodes are few enough. Measured: mean of (g - exact gradient)² \
      over \(draws) draws, with a confidence sequence for its expectation; the probability that any of the \
      \(variances.count) intervals misses is at most \(rate).
      """)
    writeTotals(into: &document, cells: cells)
    document.figure(try folder.draw(figure))
    writeVariances(into: &document, cells: cells, place: "(variable, category)")
    writeLaws(into: &document, cells: cells)
    writeSharedLogit(into: &document, cells: cells)
  }

  private func writeTotals(into document: inout MarkdownDocument, cells: ReportCells) {
    document.paragraph("Measured variance, summed over the coordinates:")
    var table = MarkdownTable(
      [.init("K", .right), .init("entropy in nats", .right)]
        + study.estimators.map { .init("\(code: $0)", .right) })
    for law in outcome.laws {
      let setting = "K = \(law.concentration)"
      let entropy = cells.exact("laws/\(setting)/entropy", law.entropy)
      let totals = study.estimators.map { name -> MarkdownText in
        let total = variances.filter { $0.setting == setting && $0.estimator == name }
          .reduce(0) { $0 + $1.measured }
        let kept = cells.number("totals/\(setting)/\(name)", total, held: .notHeld)
        return "\(NumberFormatting.significant(kept))"
      }
      table.append(["\(law.concentration)", "\(NumberFormatting.fixed(entropy, decimals: 4))"] + totals)
    }
    document.table(table)
  }

  private func writeLaws(into document: inout MarkdownDocument, cells: ReportCells) {
    document.details("The probabilities that were drawn") { inner in
      var table = MarkdownTable(
        [.init("K", .right), .init("variable", .right)]
          + (0..<CarmsToyStudy.categories).map { .init("category \($0)", .right) })
      for law in outcome.laws {
        for (variable, probabilities) in law.probabilities.enumerated() {
          let kept = probabilities.enumerated().map { category, p -> MarkdownText in
            let place = "laws/K = \(law.concentration)/variable \(variable)/category \(category)"
            return "\(NumberFormatting.fixed(cells.exact(place, p), decimals: 4))"
          }
          table.append(["\(law.concentration)", "\(variable)"] + kept)
        }
      }
      inner.table(table)
    }
  }

  private func writeSharedLogit(into document: inout MarkdownDocument, cells: ReportCells) {
    document.heading(2, "The toy problem of UNORD")
    let gradient = cells.exact("UNORD toy/gradient at 0", outcome.sharedLogitGradient)
    document.paragraph(
      """
      The problem of the UNORD repository has three bits that share one logit phi, and the loss sum over i of (b\\_i - p0\\_i)² \
      with p0 = (0.6, 0.51, 0.48). At phi = 0 its gradient is \(NumberFormatting.fixed(gradient, decimals: 4)) by enumeration: the \
      value that the notebook there prints (Kool, van Hoof and Welling, "Estimating Gradients for Discrete Random Variables by \
      Sampling without Replacement", ICLR 2020, the notebook on Bernoulli variables).
      """)
  }

  private var figure: Figure {
    Figure(
      name: "carms-toy-variance",
      alternativeText:
        "Variance of each coordinate of the gradient, for each estimator and each concentration",
      caption: """
        Variance of each coordinate of the gradient, measured with its confidence interval (points) and exact (lines, where \
        integration reaches; points beside one another belong to the same coordinate). Coordinates 1 to 3 are the categories of the first variable, and so on.
        """,
      panels: outcome.laws.map { law in
        Figure.Panel(
          "K = \(law.concentration), entropy \(NumberFormatting.fixed(law.entropy, decimals: 2)) nats",
          x: Figure.Axis("coordinate", range: 0.5...9.5), y: Figure.Axis("variance", logarithmic: true),
          series: study.estimators.enumerated().flatMap { index, name in
            let own = variances.filter { $0.setting == "K = \(law.concentration)" && $0.estimator == name }
            let exact = own.compactMap { variance in
              variance.exact.map { FigureSeries.Point(variance.position, $0) }
            }
            let offset = 0.12 * (Double(index) - Double(study.estimators.count - 1) / 2)
            return series(name, .number(index), own, exact: exact, offset: offset)
          })
      })
  }
}
