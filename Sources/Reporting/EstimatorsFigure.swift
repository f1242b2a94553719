internal import Verification

extension EstimatorsReport {
  /// Which kinds of check reach which estimator, and which have mutants; nil without estimators.
  var checkFigure: Figure? {
    // The axis points upwards, the catalogue reads downwards.
    let rows = Array(descriptions.reversed())
    guard !rows.isEmpty else { return nil }
    return Figure(
      name: "estimators-checks",
      alternativeText: "A point for each kind of check that the battery makes of each estimator",
      caption: """
        A point where the battery makes this kind of check of an estimator on at least one problem or network, and in the last \
        column where mutants of it must be found.
        """,
      panelsPerRow: 1,
      panels: [
        Figure.Panel(
          "", x: .named("", checkKinds.map(\.rawValue) + ["mutants"]), y: .named("", rows.map(\.name)),
          series: [
            FigureSeries("unbiased", .points, .blue, checkPoints(of: rows) { $0.isUnbiased }),
            FigureSeries("biased", .points, .vermilion, checkPoints(of: rows) { !$0.isUnbiased }),
          ])
      ])
  }

  private func checkPoints(
    of rows: [EstimatorDescription], where isMeant: (EstimatorDescription) -> Bool
  ) -> [FigureSeries.Point] {
    rows.enumerated().filter { isMeant($0.element) }.flatMap { row, description in
      let made = checkKinds.map { kind in description.checks.contains { $0.kind == kind && $0.problems > 0 } }
      return (made + [!description.mutants.isEmpty]).enumerated().filter(\.element)
        .map { FigureSeries.Point(Double($0.offset), Double(row)) }
    }
  }
}
