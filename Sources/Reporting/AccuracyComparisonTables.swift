/// The part of a report on gradient accuracy that sets published values beside ours.
struct AccuracyComparisonTables {
  let comparison: AccuracyComparison
  let tables: AccuracyTables

  func write(into document: inout MarkdownDocument) {
    let published = comparison.published
    document.heading(2, "Beside the published values")
    document.paragraph(
      """
      Published: \(published.source). How they were read: \(published.reading). The network is the one that they belong to: its \
      exact expected loss and gradient norms are those of the published weights, to all digits that were computed from them.
      """)
    document.paragraph(rule)
    tables.writeComparison(into: &document, decimals: published.decimals)
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
}
