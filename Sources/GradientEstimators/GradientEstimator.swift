public import ElementwiseKernels

/// An estimator of d/d(logits) E[f(z)] for independent discrete z, in two phases: draw samples, combine their values.
///
/// The estimator never calls the objective f. `draw` turns logits and noise into samples; anybody evaluates f on them,
/// in one batch; `combine` turns samples and values into the gradient. Noise is an argument, so the same code runs on
/// Philox streams (training), on any other generator (reference) and on cubature nodes (exact moments).
///
/// The target is the ascent direction of E[f], or of a multi-sample bound; every estimator of E[f] is linear in f. Binary samples are 0 or 1 with
/// P(z = 1) = sigmoid(logit); categorical samples are category indices, with P(z = c) = softmax(logits)_c.
public protocol GradientEstimator: Sendable {
  /// The name as typed on the command line, parameters included: `arm`, `loorf:4`.
  var name: String { get }

  /// What the estimator's gradient is the gradient of; the expectation of f by default.
  var target: GradientTarget { get }

  /// How many multi-sample bounds the evaluations make up, where the target is one: sample k of bound b is evaluation
  /// k x boundCount + b, and further evaluations serve the gradient alone. 1 by default.
  var boundCount: Int { get }

  /// Why the estimator's expectation is not the gradient of its target; nil, the default, for an unbiased one.
  var bias: String? { get }

  /// Whether the estimator takes such variables. Binary ones only by default; nothing else may be asked of it, or given
  /// to it, for variables that it does not support.
  func supports(_ variables: LatentVariables) -> Bool

  /// Evaluations of f for each row.
  func evaluations(variables: LatentVariables) -> Int

  /// How many of the evaluations, the first ones, have samples with the law of the latent variables; the others, a
  /// sample with a bit flipped for example, serve the gradient alone. Averages over z use these only. All by default.
  func representativeEvaluations(variables: LatentVariables) -> Int

  /// Uniform numbers that one row takes.
  func noisePerRow(variables: LatentVariables) -> Int

  /// The law of a row's noise, as independent blocks; `logits` are those of the row.
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock]

  /// An interval that contains the gradient with respect to `logits[coordinate]` for every noise, given that f takes
  /// values in `objective` only; from the estimator's formula, never from data.
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double>

  /// Samples [evaluations x rows x variables] from logits [rows x variables x logits per variable] and noise
  /// [rows x noisePerRow].
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>)

  /// The gradient [rows x variables x logits per variable] from the values [evaluations x rows] of f at the samples that `draw` made.
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>)

  /// What the estimator remembers from step to step (a running mean, for example); empty for most. Saved in checkpoints.
  ///
  /// Its length may depend on the variables; it is final once `prepare` or `observe` has been called.
  var state: [Double] { get set }

  /// Gives `state` the length that such variables need. Without it, the first `observe` does so; afterwards, for the same
  /// variables, it does nothing. What the estimator computes does not change.
  mutating func prepare(for variables: LatentVariables)

  /// Learns from a finished step: what `combine` was given. Called once for a step, after `combine`: a baseline that
  /// had seen the values it is subtracted from would bias the gradient.
  mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape
  )
}

extension GradientEstimator {
  public var target: GradientTarget { .expectation }
  public var bias: String? { nil }
  public var boundCount: Int { 1 }

  public func supports(_ variables: LatentVariables) -> Bool { variables.isBinary }

  public func representativeEvaluations(variables: LatentVariables) -> Int {
    evaluations(variables: variables)
  }

  public var state: [Double] {
    get { [] }
    set {}
  }

  public mutating func prepare(for variables: LatentVariables) {}

  public mutating func observe<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape
  ) {}
}
