extension DrawBenchmarkReport {
  /// Draws per second of each estimator at each size, with other tools' figures; nil without measurements.
  func rateFigure(beside peers: PeerThroughput) -> Figure? {
    // The axis points upwards, the table reads downwards.
    let rows = Array(names.reversed())
    guard !rows.isEmpty else { return nil }
    let sizes = Set(measurements.draws.map(\.variables)).sorted()
    let series = sizes.enumerated().flatMap { index, size -> [FigureSeries] in
      let own = measurements.draws.filter { $0.variables == size }.map { ($0.estimator, $0.drawsPerSecond) }
      let others = peers.rows.filter { $0.variables == size }.map { ($0.estimator, $0.drawsPerSecond) }
      return [
        FigureSeries("D = \(size)", .points, .number(index), Self.points(own, rows)),
        FigureSeries("other tools, D = \(size)", .openPoints, .number(index), Self.points(others, rows)),
      ]
    }
    return Figure(
      name: "benchmarks-draws",
      alternativeText: "Gradient draws per second of each estimator, by the number of variables",
      caption: """
        Gradient draws per second of processor time on one core: the medians of the table above. Open circles are other tools' figures, \
        measured on another day.
        """,
      panelsPerRow: 1,
      panels: [
        Figure.Panel(
          "", x: Figure.Axis("draws per second", logarithmic: true), y: .named("", rows),
          series: series.filter { !$0.points.isEmpty })
      ])
  }

  private static func points(
    _ rates: [(estimator: String, perSecond: Double)], _ rows: [String]
  ) -> [FigureSeries.Point] {
    rates.compactMap { rate in
      rows.firstIndex(of: rate.estimator).map { FigureSeries.Point(rate.perSecond, Double($0)) }
    }
  }
}
