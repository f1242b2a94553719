/// The tables of a study of gradient accuracy that come from its result alone.
struct AccuracyTables {
  let result: AccuracyResult
  /// Where every number is kept on its way into the text.
  let cells: ReportCells

  /// M of the tables' columns.
  private var sizes: [Int] { [1, 10, 100, 1000, 9000].filter { $0 <= result.gradientSamples } }

  func writeExact(into document: inout MarkdownDocument) {
    var table = MarkdownTable([.init("quantity"), .init("exact value", .right)])
    let loss = cells.exact("exact/expected loss", result.expectedLoss)
    table.append(["expected loss", "\(NumberFormatting.significant(loss, digits: 10))"])
    for (layer, norm) in result.gradientNorms.enumerated() {
      let kept = cells.exact("exact/norm of the gradient/layer \(layer)", norm)
      table.append([
        "norm of the gradient, \(AccuracyReport.layerTitle(layer, of: result.gradientNorms.count))",
        "\(NumberFormatting.scientific(kept, digits: 6))",
      ])
    }
    document.table(table)
  }

  func write(into document: inout MarkdownDocument) {
    document.heading(2, "Mean cosine similarity")
    document.paragraph("Mean over blocks, in brackets the 15 % and 85 % quantiles.")
    writeTable(of: .cosine, into: &document) { row, kept in
      let texts = [kept, row.cosineLow, row.cosineHigh].map { NumberFormatting.fixed($0, decimals: 3) }
      return "\(texts[0]) (\(texts[1]) to \(texts[2]))"
    }
    document.heading(2, "Relative RMSE")
    writeTable(of: .relativeRMSE, into: &document) { _, kept in NumberFormatting.fixed(kept, decimals: 4) }
  }

  private func writeTable(
    of quantity: AccuracyQuantity, into document: inout MarkdownDocument,
    text: (AccuracyResult.Row, Double) -> String
  ) {
    var table = MarkdownTable(
      [.init("layer"), .init("estimator")] + sizes.map { .init("M = \(NumberFormatting.count($0))", .right) })
    for layer in result.gradientNorms.indices {
      for estimator in result.estimators {
        let rows = result.rows(of: estimator, layer: layer)
        table.append(
          ["\(layer)", "\(code: estimator)"]
            + sizes.map { size in
              let row = rows.first { $0.samples == size }
              return "\(row.map { text($0, kept(quantity, $0)) } ?? "")"
            })
      }
    }
    document.table(table)
  }

  private func kept(_ quantity: AccuracyQuantity, _ row: AccuracyResult.Row) -> Double {
    cells.number(
      "\(quantity.title)/\(row.estimator)/layer \(row.layer)/M = \(row.samples)",
      quantity == .cosine ? row.cosine : row.relativeRMSE, held: .notHeld)
  }

  // MARK: Beside published values

  func writeComparison(into document: inout MarkdownDocument, decimals: Int) {
    guard let comparison = result.comparison else { return }
    document.table(summary(comparison))
    for estimator in Set(comparison.cells.map(\.estimator)).sorted() {
      let own = comparison.cells.filter { $0.estimator == estimator }
      let agreeing = own.count { $0.verdict == .agrees }
      document.details("\(code: estimator): \(agreeing) of \(own.count) agree") {
        $0.table(table(own, decimals: decimals))
      }
    }
  }

  private func summary(_ comparison: AccuracyResult.Comparison) -> MarkdownTable {
    var table = MarkdownTable([
      .init("estimator"), .init("quantity"), .init("cells", .right), .init("agree", .right),
      .init("differ", .right), .init("missing", .right), .init("largest difference / allowed", .right),
    ])
    for estimator in Set(comparison.cells.map(\.estimator)).sorted() {
      for quantity in AccuracyQuantity.allCases {
        let own = comparison.cells.filter { $0.estimator == estimator && $0.quantity == quantity }
        let ratios = own.compactMap { cell in
          cell.allowedDifference.flatMap { allowed in cell.difference.map { abs($0) / allowed } }
        }
        let counts = [AccuracyComparison.Verdict.agrees, .differs, .missing].map { verdict in
          cells.count(
            "published/\(estimator)/\(quantity.title)/\(verdict.rawValue)",
            own.count { $0.verdict == verdict }, held: .notHeld)
        }
        table.append(
          ["\(code: estimator)", "\(quantity.title)", "\(own.count)"] + counts.map { "\($0)" } + [
            "\(ratios.max().map { NumberFormatting.fixed($0, decimals: 2) } ?? "")"
          ])
      }
    }
    return table
  }

  private func table(_ own: [AccuracyResult.PublishedCell], decimals: Int) -> MarkdownTable {
    var table = MarkdownTable([
      .init("quantity"), .init("layer"), .init("M", .right), .init("published", .right),
      .init("ours", .right),
      .init("difference", .right), .init("allowed", .right), .init("verdict"),
    ])
    for cell in own {
      let numbers = [
        cell.ours.map { NumberFormatting.fixed($0, decimals: decimals + 1) },
        cell.difference.map { NumberFormatting.signed($0, decimals: decimals + 1) },
        cell.allowedDifference.map { NumberFormatting.fixed($0, decimals: decimals + 1) },
      ]
      table.append(
        [
          "\(cell.quantity.title)", "\(cell.layer)", "\(NumberFormatting.count(cell.samples))",
          "\(NumberFormatting.fixed(cell.published, decimals: decimals))",
        ] + numbers.map { "\($0 ?? "")" } + [
          cell.verdict == .differs ? "**differs**" : "\(cell.verdict.rawValue)"
        ])
    }
    return table
  }
}

extension AccuracyResult {
  /// In the order in which they were studied.
  var estimators: [String] {
    rows.map(\.estimator).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// By M.
  func rows(of estimator: String, layer: Int) -> [Row] {
    rows.filter { $0.estimator == estimator && $0.layer == layer }
  }
}

extension AccuracyResult.PublishedCell {
  var difference: Double? { ours.map { $0 - published } }
}
