package import ElementwiseKernels
package import GradientEstimators

/// A batch of one estimator on one problem: noise in, samples, values and gradient out; all buffers are reused.
///
/// Every row repeats the problem's logits. This is the path that training takes: draw, evaluate, combine.
package struct EstimatorBatch<Scalar: KernelScalar> {
  package var estimator: any GradientEstimator
  package let problem: Problem
  package let shape: LatentShape
  package let evaluations: Int
  package let noisePerRow: Int
  private let logits: [Scalar]
  /// [rows x noisePerRow]
  package var noise: [Scalar]
  /// [evaluations x rows x variables]
  package private(set) var samples: [Scalar]
  /// [evaluations x rows]
  package private(set) var values: [Scalar]
  /// [rows x logits per row]
  package private(set) var gradient: [Scalar]

  package init(estimator: any GradientEstimator, problem: Problem, rows: Int) {
    self.estimator = estimator
    self.problem = problem
    shape = problem.shape(rows: rows)
    evaluations = estimator.evaluations(variables: problem.latentVariables)
    noisePerRow = estimator.noisePerRow(variables: problem.latentVariables)
    let row = problem.logits.map { Scalar($0) }
    logits = (0..<rows).flatMap { _ in row }
    noise = [Scalar](repeating: 0.5, count: rows * noisePerRow)
    samples = [Scalar](repeating: 0, count: evaluations * shape.sampleCount)
    values = [Scalar](repeating: 0, count: evaluations * rows)
    gradient = [Scalar](repeating: 0, count: shape.logitCount)
  }

  /// Fills samples, values and gradient from the noise.
  package mutating func run() {
    draw()
    evaluate()
    var buffer = Self.take(&gradient)
    var output = buffer.mutableSpan
    estimator.combine(
      logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
      gradient: &output)
    gradient = buffer
  }

  /// Fills the samples from the noise.
  package mutating func draw() {
    var buffer = Self.take(&samples)
    var output = buffer.mutableSpan
    estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &output)
    samples = buffer
  }

  /// Lets the estimator learn from the values of this batch.
  package mutating func observe() {
    let finished = values
    estimator.observe(values: finished.span)
  }

  private mutating func evaluate() {
    var buffer = Self.take(&values)
    var output = buffer.mutableSpan
    problem.values(samples: samples.span, shape: shape, into: &output)
    values = buffer
  }

  /// Moves a buffer out, so that it can be written while the others are read.
  private static func take(_ buffer: inout [Scalar]) -> [Scalar] {
    var taken: [Scalar] = []
    swap(&taken, &buffer)
    return taken
  }
}
