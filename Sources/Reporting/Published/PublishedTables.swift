/// The part of a report on runs that sets published values beside ours.
struct PublishedTables {
  let comparison: PublishedComparison
  let curves: LearningCurves
  /// Where every number is kept on its way into the text.
  let cells: ReportCells

  func write(into document: inout MarkdownDocument) {
    document.heading(2, "Beside published values")
    guard !comparison.rows.isEmpty else {
      document.paragraph("No published value was seen for any protocol and estimator of these runs.")
      writeOthers(into: &document)
      writeSources(into: &document)
      return
    }
    document.paragraph(
      """
      Ours: at the last mark, or at the parameters with the lowest validation bound where the protocol selects by it; mean over \
      seeds ± half-width of the 95 % t-interval, negative bound or objective in nats. Published: \
      as printed, of the sources below. Reproduced: our interval contains the published value and is no wider than the source's \
      margin. Equivalent: two one-sided t-tests at 5 % put the difference inside of the margin. Better and worse: our whole \
      interval is on that side.
      """)
    var table = MarkdownTable([
      .init("protocol"), .init("estimator"), .init("ours", .right), .init("published", .right),
      .init("benchmark of the source"), .init("verdict"), .init("source"),
    ])
    for row in comparison.rows { table.append(text(of: row)) }
    document.table(table)
    writeOthers(into: &document)
    writeSources(into: &document)
    writeUnseen(into: &document)
  }

  private var sources: [PublishedValues] {
    (comparison.rows.map(\.source) + comparison.others.map(\.source)).reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  private func writeSources(into document: inout MarkdownDocument) {
    guard !sources.isEmpty else { return }
    document.list(sources.enumerated().map { number, source in text(of: source, number: number + 1) })
  }

  private func text(of row: PublishedComparison.Row) -> [MarkdownText] {
    let place = "published/\(row.protocolName)/\(row.estimator)/\(row.value.benchmark), \(row.value.place)"
    let needs = curves.runs(of: row.protocolName, estimator: row.estimator).map(\.name)
    let verdict = cells.text("\(place)/verdict", row.verdict.description, held: .notHeld, needs: needs)
    let number = (sources.firstIndex(of: row.source) ?? 0) + 1
    return [
      "\(row.protocolName)", "\(code: row.estimator)", "\(row.ours?.text(decimals: 2) ?? "")",
      "\(NumberFormatting.fixed(row.value.value, decimals: row.value.decimals))", "\(row.value.benchmark)",
      "\(verdict)", "\(number): \(row.value.place)",
    ]
  }

  private func writeOthers(into document: inout MarkdownDocument) {
    guard !comparison.others.isEmpty else { return }
    document.paragraph("Published for the same benchmarks, by estimators of which there are no runs here:")
    document.list(
      comparison.others.map { other in
        let number = (sources.firstIndex(of: other.source) ?? 0) + 1
        let value = NumberFormatting.fixed(other.value.value, decimals: other.value.decimals)
        return "\(other.protocolName): \(value), \(other.value.place) of source \(number)"
      })
  }

  private func text(of source: PublishedValues, number: Int) -> MarkdownText {
    let kind: MarkdownText =
      source.sourceKind == .secondary ? " **A secondary source**, not the paper itself." : ""
    return """
      \(number): \(source.paper). Read in: \(source.source) (transcribed \(source.transcribed)).\(kind) Margin of equivalence: \
      \(NumberFormatting.significant(source.margin, digits: 2)) nats.
      """
  }

  private func writeUnseen(into document: inout MarkdownDocument) {
    guard !comparison.unseen.isEmpty else { return }
    let names = comparison.unseen.map { "\($0.protocolName), \($0.estimator)" }
    document.paragraph("No published value was seen for: \(names.joined(separator: "; ")).")
  }
}
