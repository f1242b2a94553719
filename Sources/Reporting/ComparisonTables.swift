/// The part of a learning-curve report that compares estimators: differences paired by seed, what may be claimed of them, and,
/// where seeds are many, robust summaries.
struct ComparisonTables {
  let curves: LearningCurves
  let family: ComparisonFamily
  /// Where every number is kept on its way into the text.
  let cells: ReportCells

  /// From so many seeds on, interquartile means and probabilities of improvement are given.
  static let manySeeds = 10

  init(curves: LearningCurves, cells: ReportCells) {
    self.curves = curves
    self.cells = cells
    family = Self.family(of: curves)
  }

  /// Every pair of estimators on every protocol, by the evaluated bound at the last mark.
  static func family(of curves: LearningCurves) -> ComparisonFamily {
    ComparisonFamily(
      curves.protocols.flatMap { name -> [PairedComparison] in
        guard let step = curves.marks(of: name).last else { return [] }
        let estimators = curves.estimators(of: name)
        return estimators.enumerated().flatMap { place, first in
          estimators.dropFirst(place + 1).map { second in
            PairedComparison(
              place: name, first: first, second: second, curves.bounds(name, first, at: step),
              curves.bounds(name, second, at: step))
          }
        }
      })
  }

  func write(into document: inout MarkdownDocument) {
    document.heading(2, "Comparisons")
    document.paragraph(
      """
      Differences of \(curves.boundName)s at the last mark, paired by seed: runs of one seed share initialisation and order of the \
      data. Estimators are compared at equal steps, whatever a step costs them. The ± is the half-width of the 95 % t-interval for the mean difference, without adjustment.
      """)
    document.paragraph(MarkdownText(plain: family.rule))
    writeClaims(into: &document)
    for name in curves.protocols { writeTable(of: name, into: &document) }
    writeManySeeds(into: &document)
  }

  private func writeClaims(into document: inout MarkdownDocument) {
    let claimed = family.comparisons.indices.filter { family.claim($0) != .noDifferenceShown }
    guard !family.comparisons.isEmpty else { return }
    guard !claimed.isEmpty else {
      document.paragraph("**No difference between estimators is shown by these runs.**")
      return
    }
    document.list(
      claimed.map { index in
        let comparison = family.comparisons[index]
        let place = "claims/\(comparison.place)/\(comparison.first) - \(comparison.second)"
        return "**\(cells.text(place, family.sentence(index), held: .notHeld, needs: needs(comparison)))**"
      })
  }

  private func writeTable(of name: String, into document: inout MarkdownDocument) {
    let indices = family.comparisons.indices.filter { family.comparisons[$0].place == name }
    guard !indices.isEmpty, let step = curves.marks(of: name).last else { return }
    document.heading(3, "\(name), \(NumberFormatting.count(step)) steps")
    var table = MarkdownTable([
      .init("first minus second"), .init("by seed", .right), .init("mean ± half-width", .right),
      .init("p", .right), .init("adjusted p", .right), .init("claim"),
    ])
    for index in indices { table.append(row(index, step: step)) }
    document.table(table)
  }

  private func row(_ index: Int, step: Int) -> [MarkdownText] {
    let comparison = family.comparisons[index]
    let pair: MarkdownText = "\(code: comparison.first) - \(code: comparison.second)"
    guard let test = comparison.test, let adjusted = family.adjusted[index] else {
      return [pair, "", "", "", "", "no seed has both"]
    }
    let place = "comparisons/\(comparison.place)/step \(step)/\(comparison.first) - \(comparison.second)"
    let needs = needs(comparison)
    func kept(_ name: String, _ value: Double) -> Double {
      cells.number("\(place)/\(name)", value, held: .notHeld, needs: needs)
    }
    let summary = SeedSummary(comparison.differences)
    let differences = zip(comparison.seeds, comparison.differences).map { kept("seed \($0)", $1) }
    _ = kept("mean", summary.mean)
    if let halfWidth = summary.halfWidth { _ = kept("half-width", halfWidth) }
    let claim = cells.text("\(place)/claim", claimText(index), held: .notHeld, needs: needs)
    return [
      pair, "\(differences.map { NumberFormatting.signed($0, decimals: 2) }.joined(separator: ", "))",
      "\(summary.text(decimals: 2))", "\(NumberFormatting.significant(kept("p", test.pValue), digits: 2))",
      "\(NumberFormatting.significant(kept("adjusted p", adjusted), digits: 2))", "\(claim)",
    ]
  }

  private func claimText(_ index: Int) -> String {
    switch family.claim(index) {
    case .beats(let winner, let loser): "\(winner) beats \(loser)"
    case .noDifferenceShown: "no difference shown"
    }
  }

  private func needs(_ comparison: PairedComparison) -> [String] {
    [comparison.first, comparison.second].flatMap {
      curves.runs(of: comparison.place, estimator: $0).map(\.name)
    }
  }

  // MARK: Many seeds

  /// The values of an estimator at a protocol's last mark, where it has many seeds.
  private func values(_ name: String, _ estimator: String) -> [UInt64: Double]? {
    guard let step = curves.marks(of: name).last else { return nil }
    let values = curves.bounds(name, estimator, at: step)
    return values.count >= Self.manySeeds ? values : nil
  }

  private func writeManySeeds(into document: inout MarkdownDocument) {
    let means = interquartileRows()
    guard !means.isEmpty else { return }
    document.heading(3, "Over many seeds")
    document.paragraph(
      """
      Interquartile mean: the mean without the lowest and the highest quarter of the seeds' \(curves.boundName)s. Probability of \
      improvement: that a run of the first estimator has a lower \(curves.boundName) than one of the second, the mean over protocols. \
      In brackets 95 % percentile intervals of a bootstrap that draws seeds within each protocol (2,000 resamples); they are \
      approximate, and descriptive: the claims above rest on the sign-flip test alone.
      """)
    var table = MarkdownTable([
      .init("protocol"), .init("estimator"), .init("seeds", .right), .init("interquartile mean", .right),
    ])
    for row in means { table.append(row) }
    document.table(table)
    let improvements = improvementRows(firstIndex: means.count)
    guard !improvements.isEmpty else { return }
    var pairs = MarkdownTable([
      .init("first"), .init("second"), .init("protocols", .right),
      .init("probability of improvement", .right),
    ])
    for row in improvements { pairs.append(row) }
    document.table(pairs)
  }

  private func interquartileRows() -> [[MarkdownText]] {
    var rows: [[MarkdownText]] = []
    for name in curves.protocols {
      for estimator in curves.estimators(of: name) {
        guard let values = values(name, estimator) else { continue }
        let list = values.sorted { $0.key < $1.key }.map(\.value)
        let interval = StratifiedBootstrap().interval(seedsOfStrata: [list.count], index: rows.count) {
          drawn in
          interquartileMean(drawn[0].map { list[$0] })
        }
        let mean = cells.number(
          "interquartile mean/\(name)/\(estimator)", interquartileMean(list), held: .notHeld,
          needs: curves.runs(of: name, estimator: estimator).map(\.name))
        rows.append([
          "\(name)", "\(code: estimator)", "\(list.count)", "\(Self.text(mean, interval))",
        ])
      }
    }
    return rows
  }

  private func improvementRows(firstIndex: Int) -> [[MarkdownText]] {
    var rows: [[MarkdownText]] = []
    let estimators = curves.allEstimators
    for (place, first) in estimators.enumerated() {
      for second in estimators.dropFirst(place + 1) {
        let strata = curves.protocols.compactMap { stratum($0, first, second) }
        guard !strata.isEmpty else { continue }
        let interval = StratifiedBootstrap().interval(
          seedsOfStrata: strata.map(\.first.count), index: firstIndex + rows.count
        ) { drawn in
          probabilityOfImprovement(
            zip(strata, drawn).map { stratum, places in
              (places.map { stratum.first[$0] }, places.map { stratum.second[$0] })
            })
        }
        let share = cells.number(
          "probability of improvement/\(first) - \(second)", probabilityOfImprovement(strata), held: .notHeld)
        rows.append([
          "\(code: first)", "\(code: second)", "\(strata.count)", "\(Self.text(share, interval))",
        ])
      }
    }
    return rows
  }

  /// The values of two estimators on the seeds that both have, where these are many.
  private func stratum(
    _ name: String, _ first: String, _ second: String
  ) -> (first: [Double], second: [Double])? {
    guard let left = values(name, first), let right = values(name, second) else { return nil }
    let seeds = left.keys.filter { right[$0] != nil }.sorted()
    guard seeds.count >= Self.manySeeds else { return nil }
    return (seeds.compactMap { left[$0] }, seeds.compactMap { right[$0] })
  }

  private static func text(_ value: Double, _ interval: ClosedRange<Double>) -> String {
    let texts = [value, interval.lowerBound, interval.upperBound].map {
      NumberFormatting.fixed($0, decimals: 2)
    }
    return "\(texts[0]) (\(texts[1]) to \(texts[2]))"
  }
}
