public import ElementwiseKernels

/// An estimator of the gradient of E[f(z_0, ..., z_T-1)] for layers of latent variables, the logits of each layer given by
/// the samples of the layer below: the two-phase protocol, layer by layer.
///
/// The estimator never calls f or a layer. Whoever drives it goes up through the layers: the layer's logits on every path
/// of the layer below, then `draw`; evaluates f at the paths of the last layer; and goes down: `combine` gives each
/// layer's gradient. Noise is an argument, as for `GradientEstimator`; samples are 0 or 1 whatever states a network gives
/// them, but for an estimator that relaxes them.
///
/// An estimator is one of binary variables, or one of variables of so many `categories`. Then logits, gradients and signals have C
/// numbers where [width] is written, one for each category of a variable, and so have the samples of an estimator that
/// `drawsPoints`; the samples of others are category indices.
///
/// An estimator that looks into the layers as well is a `BackwardLayeredEstimator`.
public protocol LayeredGradientEstimator: Sendable {
  /// The name as typed on the command line, parameters included.
  var name: String { get }

  /// Why the estimator's expectation is not the gradient; nil, the default, for an unbiased one.
  var bias: String? { get }

  /// Categories of each variable; nil, the default, for an estimator of binary variables.
  var categories: Int? { get }

  /// Whether samples of categorical variables are points of the simplex, unit vectors for states; false by default.
  var drawsPoints: Bool { get }

  /// Whether samples lie between 0 and 1, so that averages over them are those of another, relaxed network; false by
  /// default.
  var relaxesSamples: Bool { get }

  /// Paths and trunk for layers of these widths.
  func tree(widths: [Int]) -> PathTree

  /// Uniform numbers that one row takes at a layer.
  func noise(layer: Int, widths: [Int]) -> LayerNoise

  /// The law of a row's noise at a layer, given the row's logits there on every path of the layer below, [paths below x
  /// width]; independent blocks that together cover each of its `perRow` numbers once, own ones first.
  func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock]

  /// An interval that contains the gradient with respect to a layer's logit for every noise, given the layer's logits on
  /// the trunk, that f takes values in `objective` only, and that what comes down to this variable is at most `signal` in
  /// magnitude (0 for an estimator to which nothing does).
  func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double>

  /// A layer's samples [paths x rows x width] from its logits on the paths of the layer below, [paths below x rows x
  /// width], and noise ([rows x own], then [rows x continuing]).
  func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>)

  /// The gradient [rows x width] with respect to a layer's logits [rows x width] on the trunk of the layer below.
  ///
  /// Given are the layer's noise, as for `draw`, its samples [paths x rows x width], the values [evaluations x rows] of f at
  /// the paths of the last layer, and the signal [rows x width] that came down to this layer, empty for an estimator to
  /// which nothing does.
  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>)

  /// Weights [evaluations x rows] with which any function of the last layer's samples averages to an unbiased estimate
  /// of its mean: f itself, or the derivative of f by the parameters of an output layer. They sum to 1 in each row.
  ///
  /// Logits are the last layer's on the trunk of the layer below, [rows x width], samples [evaluations x rows x width].
  func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>)
}

extension LayeredGradientEstimator {
  public var bias: String? { nil }
  public var categories: Int? { nil }
  public var drawsPoints: Bool { false }
  public var relaxesSamples: Bool { false }
}

/// A layered estimator for networks with affine layers, logits = W x + b of the states x below, which it looks into: one
/// number for each unit, the signal, comes down from the head through the layers' weights.
///
/// Going down, the driver calls `start` before the last layer's `combine`, and `descend` after each layer's but the first's.
/// States x may be any affine function of the sample z (0 and 1, -1 and +1): only the step x(1) - x(0) matters. Of categorical
/// variables the layer above sees each component of the unit vectors so.
public protocol BackwardLayeredEstimator: LayeredGradientEstimator {
  /// Whether `start` reads the derivatives of f, and not only its values.
  var readsSlopes: Bool { get }

  /// The signal of the last layer, [rows x width], from the values [evaluations x rows] of f or, if `readsSlopes`, from
  /// its derivatives by the bits of the trunk's sample, [rows x width].
  func start<Scalar: KernelScalar>(
    values: Span<Scalar>, slopes: Span<Scalar>, shape: LayeredShape, signal: inout MutableSpan<Scalar>)

  /// The signal of the layer below, [rows x width below], from the signal and the gradient [rows x width] of a layer.
  ///
  /// Weights are the upper layer's, [width x width below]; `stateStep` is x(1) - x(0) of the states below, 1 for 0 and 1, 2
  /// for -1 and +1; logits and samples are the upper layer's on the trunk, [rows x width], `below` the lower layer's
  /// samples on the trunk, [rows x width below].
  func descend<Scalar: KernelScalar>(
    layer: Int, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>, samples: Span<Scalar>,
    below: Span<Scalar>, signal: Span<Scalar>, gradient: Span<Scalar>, shape: LayeredShape,
    into lower: inout MutableSpan<Scalar>)

  /// The largest magnitude of the last layer's signal for each of its variables, given the range of f and the largest
  /// magnitude of each of its slopes.
  func startBound(objective: ClosedRange<Double>, slopes: [Double]) -> [Double]

  /// The largest magnitude of the lower layer's signal for each of its variables, given those of the upper layer, whose
  /// weights have one row for each of its variables.
  func descentBound(signal: [Double], weights: [[Double]], stateStep: Double) -> [Double]
}
