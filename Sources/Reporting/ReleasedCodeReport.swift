internal import ExactExpectations
package import Verification

/// What the published code computes: the exact bias of each formula that differs from its estimator, on each problem.
package struct ReleasedCodeReport: Sendable {
  let biases: [ReleasedCodeBias]

  package init(biases: [ReleasedCodeBias]) { self.biases = biases }

  /// Writes `released-code.md` into the context's folder.
  ///
  /// - Throws: `ReportingError.unwritable`.
  package func write(context: ReportContext) throws(ReportingError) -> VerificationReport.Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let cells = ReportCells()
    var provenance = context.provenance(level: .sameInstructionSet, seeds: [])
    provenance.report = Self.fileName
    var document = MarkdownDocument()
    document.heading(1, "What the published code computes")
    document.paragraph("**\(cells.text("verdict", verdict, held: .notHeld))**")
    _ = cells.text("outcome", holds ? "holds" : "fails")
    provenance.write(into: &document)
    ReproducibilityChecklist(facts, provenance: provenance, licence: context.licence).write(into: &document)
    document.paragraph(
      """
      Each formula below was read in published code and differs from its estimator. It is written here as a variant of the \
      production estimator and integrated over all of its noise: the bias has no sampling error. The relative bias is \
      |E[g] - gradient| / |gradient| in the Euclidean norm over a problem's logits.
      """)
    document.heading(2, "The smallest and the largest relative bias")
    document.table(summary(cells))
    if let figure { document.figure(try folder.draw(figure)) }
    for name in names { writeBiases(of: name, into: &document, cells: cells) }
    let file = try context.write(
      document, to: Self.fileName, in: folder, cells: cells, recipe: .releasedCode(problems: problems),
      provenance: provenance)
    return VerificationReport.Written(file: file, holds: holds, verdict: verdict)
  }

  private static let fileName = "released-code.md"

  private var holds: Bool {
    names.allSatisfy { name in
      let found = biases.filter { $0.mutant == name }.compactMap(\.relativeBias)
      return found.isEmpty || found.contains { $0 > Self.rounding }
    }
  }

  private var problems: [String] {
    biases.map(\.problem).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private var facts: ReproducibilityChecklist.Facts {
    ReproducibilityChecklist.Facts(
      researchType: "numerical verification: exact integration", estimators: biases.map(\.base),
      splits: "not applicable: no data set",
      setup: "\(names.count) formulas on \(problems.count) problems",
      errorBars: "none: numbers are exact", tuningBudget: "not applicable: nothing is tuned",
      failedRuns: "\(biases.count { $0.relativeBias == nil }) of \(biases.count) integrations out of reach",
      noSeeds: "none: nothing is drawn")
  }

  /// A smaller relative bias is rounding.
  private static let rounding = 1e-10

  private var names: [String] {
    biases.map(\.mutant).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private var verdict: String {
    let biased = names.filter { name in
      biases.contains { $0.mutant == name && ($0.relativeBias ?? 0) > Self.rounding }
    }
    return
      "\(biased.count) of \(names.count) formulas of published code are biased on at least one standard problem"
  }

  /// The relative bias of each formula on each problem where it is more than rounding; nil where none is.
  private var figure: Figure? {
    let series = names.enumerated().compactMap { index, name -> FigureSeries? in
      let points = problems.enumerated().compactMap { place, problem -> FigureSeries.Point? in
        let bias = biases.first { $0.mutant == name && $0.problem == problem }?.relativeBias
        return bias.flatMap { $0 > Self.rounding ? FigureSeries.Point(Double(place + 1), $0) : nil }
      }
      // Once the colours repeat, open marks tell the series apart.
      let mark: FigureSeries.Mark = index < FigureColour.count ? .points : .openPoints
      return points.isEmpty ? nil : FigureSeries(name, mark, .number(index), points)
    }
    guard !series.isEmpty else { return nil }
    return Figure(
      name: "released-code-bias",
      alternativeText:
        "Exact relative bias of each formula of published code on each problem where it is biased",
      caption: """
        Exact relative bias of each formula on the problems, in the order of the tables below; where a formula has no point it is \
        unbiased or out of reach of exact integration.
        """,
      panelsPerRow: 1,
      panels: [
        Figure.Panel(
          "", x: Figure.Axis("problem", range: 0...Double(problems.count + 1)),
          y: Figure.Axis("relative bias", logarithmic: true), series: series)
      ])
  }

  private func summary(_ cells: ReportCells) -> MarkdownTable {
    var table = MarkdownTable([
      .init("formula"), .init("estimator"), .init("smallest", .right), .init("largest", .right),
      .init("problems integrated", .right),
    ])
    for name in names {
      let own = biases.filter { $0.mutant == name }
      let found = own.compactMap(\.relativeBias)
      table.append([
        "\(code: name)", "\(code: own[0].base)",
        "\(Self.text(found.min(), cells, "summary/\(name)/smallest relative bias"))",
        "\(Self.text(found.max(), cells, "summary/\(name)/largest relative bias"))",
        "\(cells.count("summary/\(name)/problems integrated", found.count)) of \(own.count)",
      ])
    }
    return table
  }

  private func writeBiases(of name: String, into document: inout MarkdownDocument, cells: ReportCells) {
    let own = biases.filter { $0.mutant == name }
    document.heading(2, "\(name)")
    document.paragraph("For \(code: own[0].base): \(own[0].fault). Read in: \(own[0].place).")
    var table = MarkdownTable([
      .init("problem"), .init("relative bias", .right), .init("largest bias of a coordinate", .right),
    ])
    for bias in own {
      table.append([
        "\(bias.problem)", "\(Self.text(bias.relativeBias, cells, "\(name)/\(bias.problem)/relative bias"))",
        "\(Self.text(bias.largestBias, cells, "\(name)/\(bias.problem)/largest bias"))",
      ])
    }
    document.table(table)
  }

  private static func text(_ bias: Double?, _ cells: ReportCells, _ name: String) -> String {
    guard let bias = bias.map({ cells.exact(name, $0) }) else { return "out of reach" }
    return bias > rounding ? NumberFormatting.significant(bias) : "0 (rounding)"
  }
}
