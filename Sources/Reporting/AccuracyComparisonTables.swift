/// The part of a report on gradient accuracy that sets published values beside ours.
struct AccuracyComparisonTables {
  let comparison: AccuracyComparison

  func write(into document: inout MarkdownDocument) {
    let published = comparison.published
    document.heading(2, "Beside the published values")
    document.paragraph(
      """
      Published: \(published.source). How they were read: \(published.reading). The network is the one that they belong to: its \
      exact expected loss and gradient norms are those of the published weights, to all digits that were computed from them.
      """)
    document.paragraph(rule)
    document.table(summary)
    for estimator in published.estimators {
      let cells = comparison.cells.filter { $0.estimator == estimator }
      let agreeing = cells.count { $0.verdict == .agrees }
      document.details("\(code: estimator): \(agreeing) of \(cells.count) agree") { $0.table(table(cells)) }
    }
  }

  private var rule: MarkdownText {
    let published = comparison.published
    let cells = comparison.cells.count
    let rate = NumberFormatting.significant(comparison.falseAlarmRate, digits: 1)
    let perCell = NumberFormatting.scientific(comparison.falseAlarmRate / Double(cells), digits: 2)
    let samples = NumberFormatting.count(published.samples)
    return """
      Rule: a cell agrees if ours and the published value differ by at most the allowed difference. That is what two \
      independent runs of the same estimator, ours and one of \(samples) samples, exceed with probability \(perCell) = \
      \(rate) / \(cells) cells, plus \(NumberFormatting.significant(published.rounding, digits: 1)) for the rounding of the \
      published value; digitising adds nothing at this precision. So the probability that a study by right estimators has any \
      cell that differs is about \(rate) at most (union bound over the cells). With at least \
      \(RunDifferenceLaw.blocksForNormalLaw) blocks on both sides (M up to 100) a run's value is the mean over its blocks, \
      whose variance is estimated from our blocks, and the difference is normal; the relative RMSE goes through its square. With \
      fewer blocks (20 for M = 1,000, 2 for M = 9,000) the law is simulated: blocks are built from our means of \
      short consecutive blocks, drawn with replacement, and all pairs of resampled runs are compared. Estimators without noise \
      are allowed the rounding only. Approximate are the normal law, and the resampled law's centre, which is our run's and not \
      the true one; that makes the law a little too wide for unbiased estimators at the largest M.
      """
  }

  private var summary: MarkdownTable {
    var table = MarkdownTable([
      .init("estimator"), .init("quantity"), .init("cells", .right), .init("agree", .right),
      .init("differ", .right), .init("missing", .right), .init("largest difference / allowed", .right),
    ])
    for estimator in comparison.published.estimators {
      for quantity in AccuracyQuantity.allCases {
        let cells = comparison.cells.filter { $0.estimator == estimator && $0.quantity == quantity }
        let ratios = cells.compactMap { cell in
          cell.allowed.flatMap { allowed in cell.difference.map { abs($0) / allowed } }
        }
        let counts = [AccuracyComparison.Verdict.agrees, .differs, .missing].map { verdict in
          "\(cells.count { $0.verdict == verdict })"
        }
        table.append(
          ["\(code: estimator)", "\(quantity.title)", "\(cells.count)"] + counts.map { "\($0)" } + [
            "\(ratios.max().map { NumberFormatting.fixed($0, decimals: 2) } ?? "")"
          ])
      }
    }
    return table
  }

  private func table(_ cells: [AccuracyComparison.Cell]) -> MarkdownTable {
    let decimals = comparison.published.decimals
    var table = MarkdownTable([
      .init("quantity"), .init("layer"), .init("M", .right), .init("published", .right),
      .init("ours", .right),
      .init("difference", .right), .init("allowed", .right), .init("verdict"),
    ])
    for cell in cells {
      let numbers = [
        cell.ours.map { NumberFormatting.fixed($0, decimals: decimals + 1) },
        cell.difference.map { NumberFormatting.signed($0, decimals: decimals + 1) },
        cell.allowed.map { NumberFormatting.fixed($0, decimals: decimals + 1) },
      ]
      table.append(
        [
          "\(cell.quantity.title)", "\(cell.layer)", "\(NumberFormatting.count(cell.size))",
          "\(NumberFormatting.fixed(cell.published, decimals: decimals))",
        ] + numbers.map { "\($0 ?? "")" } + [
          cell.verdict == .differs ? "**differs**" : "\(cell.verdict.rawValue)"
        ])
    }
    return table
  }
}
