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
    var document = MarkdownDocument()
    document.heading(1, "What the published code computes")
    document.paragraph("**\(verdict)**")
    context.provenance(level: .sameInstructionSet, seeds: []).write(into: &document)
    document.paragraph(
      """
      Each formula below was read in published code and differs from its estimator. It is written here as a variant of the \
      production estimator and integrated over all of its noise: the bias has no sampling error. The relative bias is \
      |E[g] - gradient| / |gradient| in the Euclidean norm over a problem's logits.
      """)
    document.heading(2, "The smallest and the largest relative bias")
    document.table(summary)
    for name in names { writeBiases(of: name, into: &document) }
    let holds = names.allSatisfy { name in
      biases.contains { $0.mutant == name && ($0.relativeBias ?? 0) > Self.rounding }
    }
    return VerificationReport.Written(
      file: try folder.write(document.text, to: "released-code.md"), holds: holds, verdict: verdict)
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

  private var summary: MarkdownTable {
    var table = MarkdownTable([
      .init("formula"), .init("estimator"), .init("smallest", .right), .init("largest", .right),
      .init("problems integrated", .right),
    ])
    for name in names {
      let own = biases.filter { $0.mutant == name }
      let found = own.compactMap(\.relativeBias)
      table.append([
        "\(code: name)", "\(code: own[0].base)", "\(Self.text(found.min()))", "\(Self.text(found.max()))",
        "\(found.count) of \(own.count)",
      ])
    }
    return table
  }

  private func writeBiases(of name: String, into document: inout MarkdownDocument) {
    let own = biases.filter { $0.mutant == name }
    document.heading(2, "\(name)")
    document.paragraph("For \(code: own[0].base): \(own[0].fault). Read in: \(own[0].place).")
    var table = MarkdownTable([
      .init("problem"), .init("relative bias", .right), .init("largest bias of a coordinate", .right),
    ])
    for bias in own {
      table.append([
        "\(bias.problem)", "\(Self.text(bias.relativeBias))", "\(Self.text(bias.largestBias))",
      ])
    }
    document.table(table)
  }

  private static func text(_ bias: Double?) -> String {
    guard let bias else { return "out of reach" }
    return bias > rounding ? NumberFormatting.significant(bias) : "0 (rounding)"
  }
}
