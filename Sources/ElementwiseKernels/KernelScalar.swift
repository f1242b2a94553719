public import Numerics

/// A floating-point type for which the elementwise kernels exist: `Float` (training) and `Double` (exact checks).
///
/// Everything numerical in Armature is generic over this protocol. Hot generic functions carry
/// `@specialized(where Scalar == Float)` and `@specialized(where Scalar == Double)`, because a generic function that
/// is reached through a witness table runs unspecialised otherwise, some five hundred times slower.
///
/// `Double` uses the plain Swift of each kernel's file; `Float` the vectorised C of `CKernels`, whose results have the
/// same bits with AVX2, with AVX-512 and without, and whatever the length of the array. An elementary function of `Float` is within 3
/// units in the last place, the exponential and the logarithm within 1. Every kernel traps if the lengths that its
/// precondition names do not fit.
public protocol KernelScalar: Real, BinaryFloatingPoint, SIMDScalar, Sendable, Codable
where RawSignificand: FixedWidthInteger {
  // MARK: Elementary functions (ElementaryFunctions.swift)

  /// y = 1 / (1 + exp(-x)), finite for every x.
  ///
  /// - Precondition: `x.count == y.count`.
  /// - Complexity: `x.count` exponentials.
  static func sigmoid(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = log(1 + exp(x)), without overflow.
  ///
  /// - Precondition: `x.count == y.count`.
  static func softplus(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = log(1 / (1 + exp(-x))) = -softplus(-x), without overflow.
  ///
  /// - Precondition: `x.count == y.count`.
  static func logSigmoid(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = exp(x).
  ///
  /// - Precondition: `x.count == y.count`.
  static func exponential(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = log(x), natural logarithm.
  ///
  /// - Precondition: `x.count == y.count`.
  static func logarithm(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = log(1 + x), with full relative precision for small x.
  ///
  /// - Precondition: `x.count == y.count`.
  static func logarithmOnePlus(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  /// y = tanh(x).
  ///
  /// - Precondition: `x.count == y.count`.
  static func hyperbolicTangent(_ x: Span<Self>, into y: inout MutableSpan<Self>)

  // MARK: Bernoulli law (Bernoulli.swift)

  /// z = 1 where u < sigmoid(logit), 0 elsewhere.
  ///
  /// - Precondition: the three lengths are equal.
  static func bernoulliSample(
    logits: Span<Self>, uniforms: Span<Self>, into samples: inout MutableSpan<Self>)

  /// z = 1 where u < p, 0 elsewhere, as bytes.
  ///
  /// - Precondition: the three lengths are equal.
  static func bernoulliBits(
    probabilities: Span<Self>, uniforms: Span<Self>, into bits: inout MutableSpan<UInt8>)

  /// sums[r] = sum over d of values[r, d] where bits[r, d] is 1.
  ///
  /// `bits` is [rows x n], bytes 0 and 1; `values` is [rows x n], or [n] for all rows.
  ///
  /// - Precondition: `sums.count == rows`, `bits.count` is a multiple of it, and `values` has one of the two lengths.
  static func maskedSums(
    bits: Span<UInt8>, values: Span<Self>, rows: Int, into sums: inout MutableSpan<Self>)

  /// log p(x | logits) of each row: sum over d of x_d l_d - softplus(l_d).
  ///
  /// `logits` and `targets` are [rows x n], row-major; targets are 0 or 1, or probabilities (then the result is the
  /// negative cross-entropy); `logLikelihoods` is [rows], in nats.
  ///
  /// - Precondition: `logLikelihoods.count == rows`, `logits.count == targets.count`, a multiple of `rows`.
  /// - Complexity: `logits.count` exponentials. The order of summation depends on n only.
  static func bernoulliLogLikelihood(
    logits: Span<Self>, targets: Span<Self>, rows: Int, into logLikelihoods: inout MutableSpan<Self>)

  /// log p(x | logits) of each row for targets kept as bytes 0 and 1, [rows x n], or [n] for all rows; the same bits as for
  /// `Self` targets.
  ///
  /// - Precondition: `logLikelihoods.count == rows`, `logits.count` is a multiple of it, and `targets` has one of the two
  ///   lengths.
  static func bernoulliLogLikelihood(
    logits: Span<Self>, targets: Span<UInt8>, rows: Int, into logLikelihoods: inout MutableSpan<Self>)

  /// The gradient of sum over rows of rowScales[r] log p(x_r | logits_r) with respect to the logits:
  /// rowScales[r] (x_d - sigmoid(l_d)).
  ///
  /// `logits`, `targets` and `gradient` are [rows x n], row-major; `rowScales` is [rows], the weight of each row's
  /// log-likelihood in the objective; `gradient` is overwritten.
  ///
  /// - Precondition: `logits`, `targets` and `gradient` are equally long, a multiple of `rowScales.count`.
  static func bernoulliLogLikelihoodGradient(
    logits: Span<Self>, targets: Span<Self>, rowScales: Span<Self>, into gradient: inout MutableSpan<Self>)

  /// The gradient of sum over rows of rowScales[r] log p(x_r | logits_r) for targets kept as bytes 0 and 1.
  ///
  /// - Precondition: as for targets of type `Self`.
  static func bernoulliLogLikelihoodGradient(
    logits: Span<Self>, targets: Span<UInt8>, rowScales: Span<Self>, into gradient: inout MutableSpan<Self>)

  // MARK: Linear algebra of one pass (VectorOperations.swift)

  /// y += factor x.
  ///
  /// - Precondition: `x.count == y.count`.
  static func addScaled(_ x: Span<Self>, by factor: Self, to y: inout MutableSpan<Self>)

  /// y *= factor.
  static func scale(_ y: inout MutableSpan<Self>, by factor: Self)

  /// sums[c] += sum over rows of matrix[r, c] for these columns c (the gradient of a bias), in the order of the rows.
  ///
  /// - Precondition: the matrix is [rows x sums.count].
  static func addColumnSums(
    of matrix: Span<Self>, rows: Int, columns: Range<Int>, to sums: inout MutableSpan<Self>)

  /// sums += factor sum_r weights[r] row r of the matrix (a layer's centres), in the order of the rows.
  ///
  /// - Precondition: the matrix is [weights.count x sums.count].
  static func addWeightedRows(
    of matrix: Span<Self>, weights: Span<Self>, factor: Self, to sums: inout MutableSpan<Self>)

  /// y = leakyReLU(y + x) in some columns of matrices whose rows have `width` numbers; a slope of 1 leaves the rectifier out.
  ///
  /// - Precondition: `x.count == y.count`, a multiple of the width.
  static func addRectified(
    _ x: Span<Self>, slope: Self, width: Int, columns: Range<Int>, to y: inout MutableSpan<Self>)

  // MARK: Products with bits (BinaryProducts.swift)

  /// The outputs [rows x outputs] of a dense layer and a leaky rectifier that is given bits, or what a part of them adds:
  /// y = leakyReLU(base + scale sum_i bit_i weight_i), i in the part, as a sum of the weights' rows over the ones.
  ///
  /// `weight` is [inputs x outputs], row-major, `base` [outputs]; a slope of 1 leaves the rectifier out. The order of summation
  /// for a row depends on its bits only.
  ///
  /// - Precondition: the lengths fit the rows and columns of the bits.
  /// - Complexity: ones x outputs additions.
  static func binaryForward(
    _ bits: borrowing BitLists, part: InputPart, weight: Span<Self>, base: Span<Self>, scale: Self,
    slope: Self, into outputs: inout MutableSpan<Self>)

  /// The same for bits of which about half are ones.
  ///
  /// - Precondition: as for lists.
  /// - Complexity: (rows + 16) x inputs / 4 x outputs additions.
  static func binaryForward(
    _ bits: borrowing BitCodes, part: InputPart, weight: Span<Self>, base: Span<Self>, scale: Self,
    slope: Self, into outputs: inout MutableSpan<Self>)

  /// The gradient with respect to the weights of some inputs of a layer whose inputs are scale (bit - centre),
  /// [inputs x outputs], put into or added to `gradient`: scale (sum of outputGradient over the examples where the input is one - centre columnSums).
  ///
  /// Row i of `bits` are the examples in which input i is one; `outputGradient` is [examples x outputs], before the
  /// rectifier, and `columnSums` its sums over the examples.
  ///
  /// - Precondition: the lengths fit the rows and columns of the bits; `centres` are those of all inputs, or none.
  /// - Complexity: ones x outputs additions.
  static func binaryWeightGradient(
    _ bits: borrowing BitLists, inputs: Range<Int>, outputGradient: Span<Self>, columnSums: Span<Self>,
    scale: Self, centres: Span<Self>, adding: Bool, into gradient: inout MutableSpan<Self>)

  /// The same for bits of which about half are ones.
  ///
  /// - Precondition: as for lists.
  /// - Complexity: (inputs + 16) x examples / 4 x outputs additions.
  static func binaryWeightGradient(
    _ bits: borrowing BitCodes, inputs: Range<Int>, outputGradient: Span<Self>, columnSums: Span<Self>,
    scale: Self, centres: Span<Self>, adding: Bool, into gradient: inout MutableSpan<Self>)

  // MARK: Optimiser (Adam.swift)

  /// One step of Adam, descending: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
  /// p -= stepSize m / (sqrt(v) + epsilon).
  ///
  /// Bias correction is the caller's: stepSize = rate sqrt(1 - beta2^t) / (1 - beta1^t) at step t = 1, 2, ...
  /// Then `epsilon` is the paper's epsilon-hat, as in TensorFlow; for the epsilon of Algorithm 1, as in PyTorch, pass
  /// epsilon sqrt(1 - beta2^t).
  ///
  /// - Precondition: the four lengths are equal.
  ///
  /// Source: Kingma, Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, section 2, last paragraph.
  static func adamUpdate(
    parameters: inout MutableSpan<Self>, firstMoment: inout MutableSpan<Self>,
    secondMoment: inout MutableSpan<Self>, gradient: Span<Self>, stepSize: Self, beta1: Self, beta2: Self,
    epsilon: Self)

  // MARK: Uniform numbers (PhiloxUniforms.swift)

  /// A uniform number in the open interval (0, 1): (k + 1/2) 2^-b with k the top b bits of the words; b = 23 for
  /// `Float` (first word only), 52 for `Double`.
  static func openUniform(_ high: UInt32, _ low: UInt32) -> Self

  /// 32-bit words of the generator that one uniform number takes: 1 for `Float`, 2 for `Double`.
  static var wordsPerUniform: Int { get }

  /// Uniform numbers in (0, 1), [rows x perRow], from Philox 4x32-10: block b of row r has the counter
  /// `counter` + (b, r, 0, 0), each word modulo 2^32, and each row starts a new block.
  ///
  /// - Precondition: `uniforms.count == rows * perRow`.
  /// - Complexity: one Philox block for each 4 `Float` or 2 `Double` numbers, rows rounded up to whole blocks.
  static func fillPhiloxUniforms(
    key: SIMD2<UInt32>, counter: SIMD4<UInt32>, rows: Int, perRow: Int, into uniforms: inout MutableSpan<Self>
  )
}

extension Float: KernelScalar {}

extension Double: KernelScalar {}
