internal import ExactExpectations
internal import GradientEstimators
internal import RandomStreams

/// Gradient ascent of E[f(z)] on the logits of a few latent variables, each step along the mean of some draws of an estimator.
struct ToyAscent: Sendable {
  /// The problem at each point of the way: latent variables with these logits, and the objective.
  let problem: @Sendable (_ logits: [Double]) throws(ProblemError) -> Problem
  let start: [Double]
  var stepSize = 1.0
  /// Draws behind each step.
  var repetitions = 1

  /// The logits before the first and after each of the steps along the exact gradient, at most so many; ascent ends early
  /// where `isDone`.
  func exact(
    steps: Int, isDone: ([Double]) -> Bool = { _ in false }
  ) throws(ProblemError) -> [[Double]] {
    try path(steps: steps, isDone: isDone) { problem, _ in exactGradient(of: problem) }
  }

  /// The same by an estimator; `firstRow` is where the trajectory's own random numbers begin, one row for each repetition.
  /// `observe` is told each step, and the gradients of its draws [repetitions x logits].
  func sampled(
    by estimator: any GradientEstimator, seed: UInt64, firstRow: Int, steps: Int,
    isDone: ([Double]) -> Bool = { _ in false }
  ) throws(ProblemError) -> [[Double]] {
    var state = estimator
    let rows = firstRow..<firstRow + repetitions
    return try path(steps: steps, isDone: isDone) { problem, step in
      var batch = EstimatorBatch<Double>(estimator: state, problem: problem, rows: repetitions)
      let perRow = batch.noisePerRow
      var noise = batch.noise.mutableSpan
      RandomStream(seed: seed, purpose: .toyStudy, step: UInt64(step))
        .fillUniforms(rows: rows, perRow: perRow, into: &noise)
      batch.run()
      batch.observe()
      state = batch.estimator
      return Self.mean(batch.gradient, rows: repetitions)
    }
  }

  private func path(
    steps: Int, isDone: ([Double]) -> Bool, gradient: (Problem, Int) -> [Double]
  ) throws(ProblemError) -> [[Double]] {
    var logits = start
    var path = [logits]
    path.reserveCapacity(steps + 1)
    for step in 0..<steps where !isDone(logits) {
      let gradient = gradient(try problem(logits), step)
      for i in logits.indices { logits[i] += stepSize * gradient[i] }
      path.append(logits)
    }
    return path
  }

  private static func mean(_ gradients: [Double], rows: Int) -> [Double] {
    let width = gradients.count / rows
    return (0..<width).map { coordinate in
      (0..<rows).reduce(0) { $0 + gradients[$1 * width + coordinate] } / Double(rows)
    }
  }
}

extension ToyAscent {
  /// Ascent of E[(z - target)^2] over one Bernoulli variable.
  static func bernoulli(target: Double, startLogit: Double = 0, stepSize: Double = 1) -> ToyAscent {
    ToyAscent(
      problem: { logits throws(ProblemError) in
        try Problem(
          name: "toy", latent: .binary(logits: logits), objective: .quadratic(target: target))
      }, start: [startLogit], stepSize: stepSize)
  }
}
