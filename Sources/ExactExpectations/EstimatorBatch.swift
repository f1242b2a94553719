package import ElementwiseKernels
package import GradientEstimators

/// A batch of one estimator on one problem: noise in, samples, values and gradient out; all buffers are reused.
///
/// Every row repeats the problem's logits. This is the path that training takes: draw, evaluate, combine. An estimator of
/// a multi-sample bound gets log weights as values; one that uses derivatives gets points in place of samples.
package struct EstimatorBatch<Scalar: KernelScalar> {
  package var estimator: any GradientEstimator
  package let problem: Problem
  package let shape: LatentShape
  package let evaluations: Int
  package let noisePerRow: Int
  private let logits: [Scalar]
  /// The problem whose objective is evaluated.
  private let evaluated: Problem
  private let usesDerivatives: Bool
  /// [rows x noisePerRow]
  package var noise: [Scalar]
  /// [evaluations x rows x variables], or points [evaluations x rows x logits per row]
  package private(set) var samples: [Scalar]
  /// [evaluations x rows]
  package private(set) var values: [Scalar]
  /// [evaluations x rows x logits per row], or empty
  private var derivatives: [Scalar] = []
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
    evaluated = problem.evaluated(for: estimator.target)
    usesDerivatives = estimator is any DifferentiableGradientEstimator
    let sampleCount = usesDerivatives ? shape.logitCount : shape.sampleCount
    samples = [Scalar](repeating: 0, count: evaluations * sampleCount)
    if usesDerivatives { derivatives = samples }
    values = [Scalar](repeating: 0, count: evaluations * rows)
    gradient = [Scalar](repeating: 0, count: shape.logitCount)
  }

  /// Fills samples, values and gradient from the noise.
  package mutating func run() {
    draw()
    evaluate()
    var buffer = Self.take(&gradient)
    var output = buffer.mutableSpan
    if let differentiable = estimator as? any DifferentiableGradientEstimator {
      differentiable.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
        derivatives: derivatives.span, shape: shape, gradient: &output)
    } else {
      estimator.combine(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
        gradient: &output)
    }
    gradient = buffer
  }

  /// Fills the samples from the noise.
  package mutating func draw() {
    var buffer = Self.take(&samples)
    var output = buffer.mutableSpan
    estimator.draw(logits: logits.span, noise: noise.span, shape: shape, samples: &output)
    samples = buffer
  }

  /// Lets the estimator learn from this batch.
  package mutating func observe() {
    var learner = estimator
    if var differentiable = learner as? any DifferentiableGradientEstimator {
      differentiable.observe(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
        derivatives: derivatives.span, shape: shape)
      learner = differentiable
    } else {
      learner.observe(
        logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape)
    }
    estimator = learner
  }

  private mutating func evaluate() {
    var buffer = Self.take(&values)
    var output = buffer.mutableSpan
    if usesDerivatives {
      var slopes = Self.take(&derivatives)
      var derivative = slopes.mutableSpan
      problem.differentiate(points: samples.span, values: &output, derivatives: &derivative)
      derivatives = slopes
    } else {
      evaluated.values(samples: samples.span, shape: shape, into: &output)
    }
    values = buffer
  }

  /// The samples that have the law of the latent variables as states, where points are drawn [representative evaluations x
  /// rows x variables]; all samples elsewhere.
  package var states: [Scalar] {
    guard usesDerivatives else { return samples }
    let representative = estimator.representativeEvaluations(variables: problem.latentVariables)
    let width = problem.latentVariables.logitsPerVariable
    let count = representative * shape.sampleCount
    guard width > 1 else { return Array(samples[..<count]) }
    return (0..<count).map { place in
      let vector = samples[place * width..<(place + 1) * width]
      return Scalar(vector.indices.max { vector[$0] < vector[$1] }.map { $0 - place * width } ?? 0)
    }
  }

  /// Moves a buffer out, so that it can be written while the others are read.
  private static func take(_ buffer: inout [Scalar]) -> [Scalar] {
    var taken: [Scalar] = []
    swap(&taken, &buffer)
    return taken
  }
}
