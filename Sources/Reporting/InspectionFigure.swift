internal import Foundation

/// The figure of gradient variances: a panel for each protocol, the models on one axis, the estimators as marks.
struct InspectionFigure: Sendable {
  let curves: LearningCurves
  /// Protocols with inspected runs, at least one.
  let names: [String]
  let stem: String

  var figure: Figure {
    Figure(
      name: stem + "-gradient-variance",
      alternativeText: "Gradient variance of each estimator at the models that each estimator trained",
      caption: """
        Gradient variance of each estimator (marks) at the models that each estimator has trained (horizontal): mean over seeds, with the \
        range over seeds as error bars. The vertical axis is logarithmic.
        """,
      panelsPerRow: 1, panels: names.map(panel))
  }

  private func rows(_ name: String) -> [InspectedVariances.Row] {
    InspectedVariances(runs: curves.runs(of: name)).rows.filter { $0.layer == nil }
  }

  /// The estimators in the order that fixes their colours: those that trained first, as in the other figures, then the others
  /// that are measured; only those measured if there are not colours for all.
  private var estimators: [String] {
    let measured = Set(names.flatMap(rows).map(\.estimator)).sorted()
    let trained = curves.allEstimators
    let all = trained + measured.filter { !trained.contains($0) }
    return all.count <= FigureColour.count ? all : all.filter(measured.contains)
  }

  private func panel(_ name: String) -> Figure.Panel {
    let rows = rows(name)
    let models = rows.map { Self.model($0, among: rows) }
    let places = models.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let shown = Set(rows.map(\.estimator))
    let order = estimators.filter(shown.contains)
    let series = order.enumerated().map { number, estimator in
      let points = zip(rows, models).compactMap { row, model -> FigureSeries.Point? in
        guard row.estimator == estimator, let place = places.firstIndex(of: model) else { return nil }
        let values = Array(row.values.values)
        guard let low = values.min(), let high = values.max(), low > 0, let mean = row.values.summary?.mean
        else { return nil }
        // Side by side, so that marks of like height do not cover each other.
        let shift = 0.5 * ((Double(number) + 0.5) / Double(order.count) - 0.5)
        return FigureSeries.Point(Double(place) + shift, mean, low: low, high: high)
      }
      return FigureSeries(
        estimator, .errorBars, .number(estimators.firstIndex(of: estimator) ?? 0), points)
    }
    return Figure.Panel(
      name,
      x: .named("model trained by", places),
      y: Figure.Axis("gradient variance", logarithmic: true, range: Self.decades(series)), series: series)
  }

  /// The estimator that trained a model, with the step where models of several steps are shown.
  private static func model(_ row: InspectedVariances.Row, among rows: [InspectedVariances.Row]) -> String {
    let steps = Set(rows.filter { $0.trainedBy == row.trainedBy }.map(\.step))
    return steps.count > 1 ? "\(row.trainedBy), \(NumberFormatting.count(row.step))" : row.trainedBy
  }

  /// Whole decades, so that the axis has at least two labels.
  private static func decades(_ series: [FigureSeries]) -> ClosedRange<Double>? {
    let points = series.flatMap(\.points)
    guard let low = points.map(\.low).min(), let high = points.map(\.high).max() else { return nil }
    let first = log10(low).rounded(.down)
    return pow(10, first)...pow(10, max(log10(high).rounded(.up), first + 1))
  }
}
