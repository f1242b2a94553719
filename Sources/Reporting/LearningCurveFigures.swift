internal import Training

/// The figures of a learning-curve report: evaluated bound and training objective against steps and against time.
struct LearningCurveFigures: Sendable {
  let curves: LearningCurves
  /// Start of the names of the figures' files.
  let stem: String

  var figures: [Figure] {
    let names = curves.protocols.filter { !curves.runs(of: $0).isEmpty }
    guard !names.isEmpty else { return [] }
    return [
      Figure(
        name: stem + "-test-bound",
        alternativeText:
          "\(curves.boundTitle) against training steps and against training time, for each estimator",
        caption: """
          \(curves.boundTitle) against steps (left) and against time spent in training steps (right): mean over seeds as a line, \
          range over seeds as error bars.\(referenceCaption) Lower is better; the vertical axis leaves out the steepest part at \
          the start. \(clockCaption)
          """,
        panels: names.flatMap { [boundPanel($0, time: false), boundPanel($0, time: true)] }),
      Figure(
        name: stem + "-training",
        alternativeText:
          "Training negative ELBO against training steps and against training time, for each estimator",
        caption: """
          Training negative ELBO against steps (left) and against time spent in training steps (right), means over \
          windows of steps: mean over seeds as a line, range over seeds as a band. The vertical axis leaves \
          out the steepest part at the start. \(clockCaption)
          """,
        panels: names.flatMap { [trainingPanel($0, time: false), trainingPanel($0, time: true)] }),
    ]
  }

  private var clockCaption: MarkdownText {
    "Time is that of the clock, which whatever else ran on the machine has lengthened."
  }

  private var referenceCaption: MarkdownText {
    curves.reference == nil ? "" : " Open circles: the means of the independent implementation."
  }

  private func boundPanel(_ name: String, time: Bool) -> Figure.Panel {
    var series: [FigureSeries] = curves.estimators(of: name).flatMap { estimator -> [FigureSeries] in
      let runs = curves.runs(of: name, estimator: estimator)
      let points = points(runs, steps: runs.flatMap { $0.evaluations.map(\.step) }, time: time) {
        run, step in
        run.bound(at: step)?.bound
      }
      guard !points.isEmpty else { return [] }
      return [
        FigureSeries("", .line, colour(estimator), points),
        FigureSeries(estimator, .errorBars, colour(estimator), Self.marked(points)),
      ]
    }
    if let reference = curves.reference, !time {
      series += reference.curves.filter { $0.protocol == name }.map {
        FigureSeries("", .openPoints, colour($0.estimator), Self.points($0))
      }
      series.append(FigureSeries("independent implementation", .openPoints, .grey, []))
    }
    return Figure.Panel(
      name, x: horizontal(time: time),
      y: Figure.Axis("\(curves.boundName(of: name)) (nats)", range: Self.range(series)),
      series: series)
  }

  /// Those of many points that get a mark, the last among them: marks side by side would hide the line.
  private static func marked(_ points: [FigureSeries.Point]) -> [FigureSeries.Point] {
    let every = (points.count + 23) / 24
    return points.indices.filter { (points.count - 1 - $0).isMultiple(of: every) }.map { points[$0] }
  }

  private static func points(_ curve: ReferenceCurves.Curve) -> [FigureSeries.Point] {
    curve.marks.compactMap { mark in
      let values = mark.testBound.compactMap { $0 }
      return values.isEmpty ? nil : .init(Double(mark.steps) / 1000, SeedSummary(values).mean)
    }
  }

  private func trainingPanel(_ name: String, time: Bool) -> Figure.Panel {
    let series = curves.estimators(of: name).flatMap { estimator in
      let runs = curves.runs(of: name, estimator: estimator)
      let points = points(runs, steps: runs.flatMap { $0.training.map(\.step) }, time: time) {
        run, step in
        run.training.last { $0.step == step }?.negativeELBO
      }
      return [
        FigureSeries("", .band, colour(estimator), points),
        FigureSeries(estimator, .line, colour(estimator), points),
      ]
    }
    return Figure.Panel(
      name, x: horizontal(time: time),
      y: Figure.Axis("training negative ELBO (nats)", range: Self.range(series)), series: series)
  }

  private func colour(_ estimator: String) -> FigureColour {
    .number(curves.allEstimators.firstIndex(of: estimator) ?? 0)
  }

  private func horizontal(time: Bool) -> Figure.Axis {
    Figure.Axis(time ? "time in training steps (\(timeUnit.name))" : "steps (thousands)")
  }

  /// Seconds where no run took over two minutes.
  private var timeUnit: (name: String, seconds: Double) {
    let longest = curves.runs.map { $0.timing.reduce(0) { $0 + $1.trainingSeconds } }.max() ?? 0
    return longest < 120 ? ("seconds", 1) : ("minutes", 60)
  }

  /// Mean and range over the runs that have a value, at each step that any of them has.
  private func points(
    _ runs: [RecordedRun], steps: [Int], time: Bool, value: (RecordedRun, Int) -> Double?
  ) -> [FigureSeries.Point] {
    Set(steps).sorted().compactMap { step in
      let having = runs.compactMap { run in value(run, step).map { (run, $0) } }
      let values = having.map(\.1)
      guard let low = values.min(), let high = values.max() else { return nil }
      let mean = SeedSummary(values).mean
      guard time else { return .init(Double(step) / 1000, mean, low: low, high: high) }
      let seconds = having.compactMap { $0.0.trainingSeconds(upTo: step) }
      guard seconds.count == having.count else { return nil }
      return .init(SeedSummary(seconds).mean / timeUnit.seconds, mean, low: low, high: high)
    }
  }

  /// From the smallest value to the largest one of the last nine tenths, so that the first steps do not flatten the rest.
  private static func range(_ series: [FigureSeries]) -> ClosedRange<Double>? {
    let points = series.flatMap(\.points)
    guard let end = points.map(\.x).max(), let low = points.map(\.low).min(),
      let high = points.filter({ $0.x >= end / 10 }).map(\.high).max(), low < high
    else { return nil }
    let margin = (high - low) / 20
    return low - margin...high + margin
  }
}
