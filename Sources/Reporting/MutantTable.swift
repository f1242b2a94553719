internal import Verification

/// What became of the mutants: the table, the words for the smallest one, and the figure.
struct MutantTable {
  let result: MutationResult
  /// Where every number is kept on its way into the text.
  let cells: ReportCells
  private let needs = [VerificationStage.mutants.rawValue]

  init(result: MutationResult, cells: ReportCells) {
    self.result = result
    self.cells = cells
  }

  func write(into document: inout MarkdownDocument) {
    document.paragraph(
      """
      \(cells.count("mutants/all", result.mutants.count, needs: needs)) deliberate mistakes, each run through the whole \
      battery; \(cells.count("mutants/survivors", result.survivors.count, needs: needs)) survived. \
      \(smallest) Where a mutant has no bias, the checks of variance, of identities or of the sampler must catch it.
      """)
    document.paragraph(
      """
      The bias is the largest over the problems, relative to the gradient; the draws are the fewest after which a random \
      check rejected on any problem, "-" where only exact checks saw the mistake.
      """)
    var table = MarkdownTable([
      .init("mutant"), .init("of"), .init("what is wrong"), .init("exact relative bias", .right),
      .init("caught by"),
      .init("draws needed", .right),
    ])
    for mutant in result.mutants {
      let place = "mutants/\(mutant.name)"
      let bias = mutant.relativeBias.map { cells.exact("\(place)/exact relative bias", $0, needs: needs) }
      let draws = mutant.draws.map { cells.count("\(place)/draws", $0, held: .notHeld, needs: needs) }
      _ = cells.text("\(place)/outcome", mutant.isCaught ? "caught" : "not caught", needs: needs)
      let kinds = cells.text(
        "\(place)/caught by", mutant.caughtBy.map(\.rawValue).joined(separator: ", "), held: .notHeld,
        needs: needs)
      table.append([
        "\(code: mutant.name)", "\(code: mutant.base)", "\(mutant.fault)",
        "\(bias.map { NumberFormatting.significant($0) } ?? "-")",
        mutant.isCaught ? "\(kinds)" : "**not caught**", "\(draws.map(NumberFormatting.count) ?? "-")",
      ])
    }
    document.table(table)
  }

  /// The smallest biases that must be caught, in words.
  private var smallest: MarkdownText {
    let sentences = [
      result.smallestCaughtBias.map { caught -> String in
        let bias = cells.exact("mutants/smallest bias", caught, needs: needs)
        return "The smallest bias that must be caught is \(Self.percent(bias)) of the gradient."
      },
      result.smallestBiasCaughtByDrawing.map { caught -> String in
        let bias = cells.number(
          "mutants/smallest bias caught by drawing", caught, held: .notHeld, needs: needs)
        return "By drawing alone, the smallest one caught is \(Self.percent(bias))."
      },
    ]
    return MarkdownText(plain: sentences.compactMap { $0 }.joined(separator: " "))
  }

  private static func percent(_ share: Double) -> String { NumberFormatting.significant(share * 100) + " %" }

  /// Draws to detection against exact relative bias, for mutants with a bias; nil where sampling caught none of them.
  var figure: Figure? {
    let series = CheckKind.allCases.filter(\.isRandom).enumerated().compactMap {
      place, kind -> FigureSeries? in
      let points = result.mutants.filter { $0.drawsCheck == kind }.compactMap(Self.point)
      return points.isEmpty ? nil : FigureSeries(kind.rawValue, .points, .number(place), points)
    }
    guard !series.isEmpty else { return nil }
    return Figure(
      name: "verification-mutants",
      alternativeText: "Draws until a biased mutant is caught, against its exact relative bias",
      caption: """
        Draws until sampling caught each mutant (on the problem that needed fewest) against its exact relative bias (on the \
        problem where it is largest), by the check that caught it; mutants without bias are in the table only.
        """,
      panelsPerRow: 1,
      panels: [
        Figure.Panel(
          "", x: Figure.Axis("exact bias relative to the gradient", logarithmic: true),
          y: Figure.Axis("draws until caught", logarithmic: true), series: series)
      ])
  }

  private static func point(_ mutant: MutationResult.Report) -> FigureSeries.Point? {
    // What rounding leaves of an unbiased mutant is no bias.
    guard let bias = mutant.relativeBias, bias > 1e-9, let draws = mutant.draws else { return nil }
    return .init(bias, Double(draws))
  }
}
