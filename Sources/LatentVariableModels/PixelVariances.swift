internal import ElementwiseKernels
internal import NeuralNetworks
internal import Numerics

/// The learned variances of a Gaussian likelihood: s_i = max(log(1 + exp(v_i)), 0.001) for pixel i, v_i from -1/2.
///
/// log p(x | m) = -1/2 sum_i (log(2 pi s_i) + (x_i - m_i)^2 / s_i).
///
/// Source: Shi, Zhou, Hwang, Titsias, Mackey, "Gradient Estimation with Discrete Stein Operators", NeurIPS 2022, released code,
/// networks.py, `obs_var_base` and `get_loss`.
struct PixelVariances<Scalar: KernelScalar>: Sendable {
  private static var start: Scalar { -0.5 }
  private static var least: Scalar { 0.001 }

  /// v, [pixels].
  private(set) var base: [Scalar]
  /// The gradient of the last step's loss with respect to v, [pixels].
  private(set) var gradient: [Scalar]
  private var optimiser: Adam<Scalar>
  /// Descent with momentum in the place of Adam, whose first moment is then the velocity.
  private let momentum: MomentumStep<Scalar>?
  /// s, [pixels].
  private(set) var variances: [Scalar]
  /// 1 / s, [pixels].
  private(set) var precisions: [Scalar]
  /// log s, [pixels].
  private var logarithms: [Scalar]
  /// ds / dv, [pixels]: sigmoid(v), and 0 where s is held at its least.
  private var slopes: [Scalar]
  /// -1/2 sum log(2 pi s).
  private(set) var logNormaliser: Scalar = 0

  init(pixels: Int, settings: OptimisationSettings) {
    let adam = settings.adam(of: .decoder)
    base = Array(repeating: Self.start, count: pixels)
    gradient = Array(repeating: 0, count: pixels)
    variances = gradient
    precisions = gradient
    logarithms = gradient
    slopes = gradient
    optimiser = Adam(
      parameterCount: pixels, learningRate: settings.learningRate, beta1: adam.beta1, beta2: adam.beta2,
      epsilon: adam.epsilon)
    momentum = settings.momentum.map { MomentumStep(learningRate: settings.learningRate, momentum: $0) }
    followBase()
  }

  /// Finds all that follows from v, by the kernels, whose results have the same bits on every machine.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private mutating func followBase() {
    let base = base
    Self.fill(&variances) { Scalar.softplus(base.span, into: &$0) }
    Self.fill(&slopes) { Scalar.sigmoid(base.span, into: &$0) }
    for pixel in base.indices {
      if variances[pixel] <= Self.least { slopes[pixel] = 0 }
      variances[pixel] = max(variances[pixel], Self.least)
      precisions[pixel] = 1 / variances[pixel]
    }
    let variances = variances
    Self.fill(&logarithms) { Scalar.logarithm(variances.span, into: &$0) }
    let sum = logarithms.reduce(Scalar(base.count) * Scalar(Double.log(2 * .pi))) { $0 + $1 }
    logNormaliser = -sum / 2
  }

  private static func fill(_ array: inout [Scalar], _ write: (inout MutableSpan<Scalar>) -> Void) {
    var target = array.mutableSpan
    write(&target)
  }

  /// log p(x | m) of each row: `means` is [rows x pixels], `numbers` x the same, or [pixels] for all rows.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func logLikelihoods(
    means: Span<Scalar>, of numbers: Span<Scalar>, into logLikelihoods: inout MutableSpan<Scalar>
  ) {
    let pixels = precisions.count
    precondition(means.count == logLikelihoods.count * pixels)
    precondition(numbers.count == means.count || numbers.count == pixels)
    let precisions = precisions.span
    let step = numbers.count == means.count ? pixels : 0
    for row in logLikelihoods.indices {
      var sum: Scalar = 0
      for pixel in 0..<pixels {
        let deviation = numbers[row * step + pixel] - means[row * pixels + pixel]
        sum += deviation * deviation * precisions[pixel]
      }
      logLikelihoods[row] = logNormaliser - sum / 2
    }
  }

  /// The gradient of sum_r rowScales[r] log p(x_r | m_r) with respect to the means, rowScales[r] (x - m) / s; all [rows x pixels].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func meanGradient(
    means: Span<Scalar>, of numbers: Span<Scalar>, rowScales: Span<Scalar>,
    into gradient: inout MutableSpan<Scalar>
  ) {
    let pixels = precisions.count
    precondition(means.count == rowScales.count * pixels && numbers.count == means.count)
    precondition(gradient.count == means.count)
    let precisions = precisions.span
    for row in rowScales.indices {
      for place in row * pixels..<(row + 1) * pixels {
        gradient[place] = rowScales[row] * (numbers[place] - means[place]) * precisions[place - row * pixels]
      }
    }
  }

  /// Adds the gradient of sum_r rowScales[r] log p(x_r | m_r) with respect to the variances,
  /// rowScales[r] ((x - m)^2 / s - 1) / (2 s), [pixels].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func addVarianceGradient(
    means: Span<Scalar>, of numbers: Span<Scalar>, rowScales: Span<Scalar>,
    to gradient: inout MutableSpan<Scalar>
  ) {
    let pixels = precisions.count
    precondition(means.count == rowScales.count * pixels && numbers.count == means.count)
    precondition(gradient.count == pixels)
    let precisions = precisions.span
    for row in rowScales.indices {
      let first = row * pixels
      for pixel in 0..<pixels {
        let deviation = numbers[first + pixel] - means[first + pixel]
        let precision = precisions[pixel]
        gradient[pixel] += rowScales[row] * (deviation * deviation * precision - 1) * (precision / 2)
      }
    }
  }

  /// Moves v one step down the gradient of the loss.
  ///
  /// - Parameter shards: parts of the batch with their gradients with respect to the variances, which are added up in this order.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func descend(_ shards: [BatchShard<Scalar>]) {
    for pixel in gradient.indices {
      let sum = shards.reduce(0) { $0 + $1.varianceGradient[pixel] }
      gradient[pixel] = sum * slopes[pixel]
    }
    let step = optimiser.startStep()
    var firstMoment = exchange(&optimiser.firstMoment, with: [])
    var secondMoment = exchange(&optimiser.secondMoment, with: [])
    var first = firstMoment.mutableSpan
    var second = secondMoment.mutableSpan
    let (momentum, gradient) = (momentum, gradient)
    var parameters = base.mutableSpan
    if let momentum {
      momentum.descend(&parameters, velocity: &first, gradient: gradient.span)
    } else {
      step.descend(&parameters, firstMoment: &first, secondMoment: &second, gradient: gradient.span)
    }
    optimiser.firstMoment = exchange(&firstMoment, with: [])
    optimiser.secondMoment = exchange(&secondMoment, with: [])
    followBase()
  }
}

extension PixelVariances {
  /// `variances.base`, also with `.adam.m` and `.adam.v`, and `variances.adam.steps`.
  func tensors() -> [NamedTensor] {
    let parts = [
      ("variances.base", base), ("variances.base.adam.m", optimiser.firstMoment),
      ("variances.base.adam.v", optimiser.secondMoment),
    ]
    return parts.map { NamedTensor(name: $0, shape: [$1.count], values: savedValues($1[...])) }
      + [NamedTensor(name: "variances.adam.steps", shape: [1], values: .double([Double(optimiser.steps)]))]
  }

  /// Takes the numbers of tensors that match those of `tensors`.
  ///
  /// - Throws: `ModelError.wrongTensor` for one whose numbers are not possible.
  mutating func restore(_ tensors: some Collection<NamedTensor>) throws(ModelError) {
    for tensor in tensors {
      let values = tensor.values.doubles
      switch tensor.name {
      case "variances.base": base = values.map { Scalar($0) }
      case "variances.base.adam.m": optimiser.firstMoment = values.map { Scalar($0) }
      case "variances.base.adam.v": optimiser.secondMoment = values.map { Scalar($0) }
      default:
        guard isCount(values[0]) else {
          throw .wrongTensor(name: tensor.name, found: "\(values)", expected: "a count of steps")
        }
        optimiser.steps = Int(values[0])
      }
    }
    followBase()
  }
}
