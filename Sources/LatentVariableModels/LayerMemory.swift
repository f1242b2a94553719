internal import ElementwiseKernels
internal import GradientEstimators

/// One layer's buffers; paths are in the order of the tree unless said otherwise. The width is that of the logits: of categorical
/// variables C for each.
struct LayerMemory<Scalar: KernelScalar>: Sendable {
  let noiseCounts: LayerNoise
  /// [paths below x rows x width]
  var logits: [Scalar]
  /// [rows x own], then [rows x continuing]
  var noise: [Scalar]
  /// [paths x rows x width], or [paths x rows x variables] where samples are category indices.
  var samples: [Scalar]
  /// The objective's terms of this layer and those below, [paths x rows].
  var values: [Scalar]
  /// log q(z = 0) given each path below, [paths below x rows]; 0 for categorical variables, whose terms have all of log q(z).
  var logDensitiesOfZero: [Scalar]
  /// With respect to the logits on the trunk, ascending, [rows x width].
  var gradient: [Scalar]
  /// What comes down to this layer, [rows x width]; empty for an estimator to which nothing does.
  var signal: [Scalar]
  /// How much of each row's gradient each path is given, [paths x rows].
  var pathWeights: [Scalar]
  /// The same by position, for the positions that are learnt from.
  var rowWeights: [Scalar]
  let zeros: [UInt8]
}
