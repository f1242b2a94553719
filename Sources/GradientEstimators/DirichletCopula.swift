package import ElementwiseKernels
internal import Numerics

/// The Dirichlet copula: n antithetic Bernoulli samples of each variable.
///
/// E_i are independent standard exponentials, d_i = E_i / sum E, and each u_i = (1 - d_i)^(n-1) is uniform. Of the two
/// values of a variable the *rare* one has probability e = sigmoid(-|logit|), and sample i takes it iff u_i < e, that
/// is iff d_i > 1 - e^(1/(n-1)). For logit >= 0 the rare value is 0 (the inverted copula), so rare values repel at
/// either end.
///
/// Source: Dimitriev, Zhou, "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables", ICML 2021,
/// section 3 and appendix on the Dirichlet copula.
package struct DirichletCopula: Sendable {
  package let samples: Int

  /// - Precondition: `samples >= 2`.
  package init(samples: Int) {
    precondition(samples >= 2, "antithetic samples come at least in pairs")
    self.samples = samples
  }

  /// Variables that one pass of the bulk kernels holds on the stack.
  private static var chunk: Int { 256 }

  // MARK: Drawing

  /// Draws all samples [samples x rows x variables]; a row's noise is `precedingNoise` numbers that are for others, then
  /// [samples x variables], log u = -E.
  ///
  /// - Complexity: one logarithm for each sample, one softplus and one exponential for each logit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, precedingNoise: Int = 0, shape: LatentShape,
    into output: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    precondition(shape.isBinary && logits.count == count && output.count == samples * count)
    precondition(noise.count == shape.rows * precedingNoise + samples * count)
    fillWithLogarithms(of: noise, from: precedingNoise, shape: shape, into: &output)
    var start = 0
    while start < count {
      let end = min(start + Self.chunk, count)
      compare(start..<end, logits: logits, count: count, &output)
      start = end
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func fillWithLogarithms<Scalar: KernelScalar>(
    of noise: Span<Scalar>, from preceding: Int, shape: LatentShape, into output: inout MutableSpan<Scalar>
  ) {
    let perRow = preceding + samples * shape.variables
    for row in 0..<shape.rows {
      for sample in 0..<samples {
        let uniform = row * perRow + preceding + sample * shape.variables
        let place = (sample * shape.rows + row) * shape.variables
        var part = output._mutatingExtracting(place..<place + shape.variables)
        Scalar.logarithm(noise.extracting(uniform..<uniform + shape.variables), into: &part)
      }
    }
  }

  /// Replaces log u by the sample, for some of the variables: d_i > t iff log u_i < t sum log u.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func compare<Scalar: KernelScalar>(
    _ range: Range<Int>, logits: Span<Scalar>, count: Int, _ output: inout MutableSpan<Scalar>
  ) {
    let part = logits.extracting(range)
    var root = InlineArray<256, Scalar>(repeating: 0)
    var sum = InlineArray<256, Scalar>(repeating: 0)
    var rootSpan = root.mutableSpan
    var roots = rootSpan._mutatingExtracting(0..<range.count)
    fillWithRoots(&roots, of: part, exponent: -1)
    var sumSpan = sum.mutableSpan
    var limits = sumSpan._mutatingExtracting(0..<range.count)
    for sample in 0..<samples {
      let start = sample * count + range.lowerBound
      Scalar.addScaled(output.span.extracting(start..<start + range.count), by: 1, to: &limits)
    }
    for i in 0..<limits.count { limits[i] *= 1 - roots[i] }
    for sample in 0..<samples {
      let start = sample * count + range.lowerBound
      var drawn = output._mutatingExtracting(start..<start + range.count)
      Self.compare(&drawn, limits: limits.span, logits: part)
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func compare<Scalar: KernelScalar>(
    _ logarithms: inout MutableSpan<Scalar>, limits: Span<Scalar>, logits: Span<Scalar>
  ) {
    precondition(limits.count == logarithms.count && logits.count == logarithms.count)
    for i in 0..<logarithms.count {
      let isRare: Scalar = logarithms[i] < limits[i] ? 1 : 0
      logarithms[i] = logits[i] < 0 ? isRare : 1 - isRare
    }
  }

  /// e^(-exponent/(n-1)) of each logit, at most exp(1) so that nothing overflows.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func fillWithRoots<Scalar: KernelScalar>(
    _ roots: inout MutableSpan<Scalar>, of logits: Span<Scalar>, exponent: Scalar
  ) {
    precondition(roots.count == logits.count && roots.count <= Self.chunk)
    var scratch = InlineArray<256, Scalar>(repeating: 0)
    var scratchSpan = scratch.mutableSpan
    var argument = scratchSpan._mutatingExtracting(0..<roots.count)
    for i in 0..<roots.count { argument[i] = logits[i].magnitude }
    Scalar.softplus(argument.span, into: &roots)
    let scale = exponent / Scalar(samples - 1)
    for i in 0..<roots.count { argument[i] = min(scale * roots[i], 1) }
    Scalar.exponential(argument.span, into: &roots)
  }

  // MARK: Removing the correlation's bias

  /// Multiplies each gradient by 1 / (1 - rho) of its logit.
  ///
  /// - Complexity: one sigmoid, one softplus and one exponential for each logit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func debias<Scalar: KernelScalar>(_ gradient: inout MutableSpan<Scalar>, logits: Span<Scalar>) {
    precondition(gradient.count == logits.count)
    var start = 0
    while start < logits.count {
      let end = min(start + Self.chunk, logits.count)
      var part = gradient._mutatingExtracting(start..<end)
      debiasChunk(&part, logits: logits.extracting(start..<end))
      start = end
    }
  }

  /// Multiplies by (1 - e) / (1 - max(0, 2 - e^(-1/(n-1)))^(n-1)); the denominator is at least 1/2.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func debiasChunk<Scalar: KernelScalar>(_ gradient: inout MutableSpan<Scalar>, logits: Span<Scalar>)
  {
    precondition(gradient.count == logits.count && gradient.count <= Self.chunk)
    var root = InlineArray<256, Scalar>(repeating: 0)
    var common = InlineArray<256, Scalar>(repeating: 0)
    var rootSpan = root.mutableSpan
    var base = rootSpan._mutatingExtracting(0..<gradient.count)
    fillWithRoots(&base, of: logits, exponent: 1)
    for i in 0..<base.count { base[i] = max(2 - base[i], 0) }
    var commonSpan = common.mutableSpan
    var power = commonSpan._mutatingExtracting(0..<gradient.count)
    power.update(repeating: 1)
    for _ in 1..<samples {
      for i in 0..<power.count { power[i] *= base[i] }
    }
    Scalar.sigmoid(logits, into: &base)
    for i in 0..<gradient.count {
      gradient[i] *= max(base[i], 1 - base[i]) / (1 - power[i])
    }
  }

  /// 1 / (1 - rho), rho the correlation of two samples of a variable.
  package func debiasFactor(logit: Double) -> Double {
    var factor = [1.0]
    var output = factor.mutableSpan
    debiasChunk(&output, logits: [logit].span)
    return factor[0]
  }

  // MARK: The exact law

  /// P(z_i = z_j = 1) for two samples i != j.
  package func pairProbability(logit: Double) -> Double {
    let bothRare = probabilityAllRare(2, logit: logit)
    guard logit >= 0 else { return bothRare }
    return .sigmoid(logit) - .sigmoid(-logit) + bothRare
  }

  /// P(k given samples all take the rare value) = max(0, 1 - k (1 - e^(1/(n-1))))^(n-1).
  package func probabilityAllRare(_ k: Int, logit: Double) -> Double {
    switch k {
    case 0: return 1
    case 1: return .sigmoid(-logit.magnitude)
    default: return .pow(max(0, 1 - Double(k) * threshold(logit: logit)), samples - 1)
    }
  }

  /// 1 - e^(1/(n-1)): the share of the sum above which a sample is rare.
  private func threshold(logit: Double) -> Double {
    -.expMinusOne(-.softplus(logit.magnitude) / Double(samples - 1))
  }

  /// The joint law of a variable's samples as at most 2^n cells, each with one member of the noise.
  ///
  /// Which samples are rare decides everything; a cell's probability follows by inclusion and exclusion over supersets.
  ///
  /// - Complexity: 2^n cells of n terms.
  package func cells(logit: Double) -> [NoiseBlock.Cell] {
    let byCount = (0...samples).map { probabilityExactlyRare($0, logit: logit) }
    return (0..<1 << samples).compactMap { mask in
      let rare = mask.nonzeroBitCount
      guard byCount[rare] > 0 else { return nil }
      return NoiseBlock.Cell(probability: byCount[rare], noise: noise(rare: mask, logit: logit))
    }
  }

  /// P(of some samples, all n unless `count` says how many, k given ones are rare and the others are not).
  func probabilityExactlyRare(_ k: Int, of count: Int? = nil, logit: Double) -> Double {
    let others = (count ?? samples) - k
    var probability = 0.0
    var magnitude = 0.0
    var binomial = 1.0
    for extra in 0...others {
      let term = binomial * probabilityAllRare(k + extra, logit: logit)
      probability += extra.isMultiple(of: 2) ? term : -term
      magnitude += term
      binomial *= Double(others - extra) / Double(extra + 1)
    }
    // Where the terms cancel, rounding leaves a few 1e-16 of their magnitude of either sign.
    return probability > 1e-15 * magnitude ? probability : 0
  }

  /// The event that of the samples of one bit mask exactly those of another are rare, with its likeliest member; nil if
  /// it is impossible.
  func cell(rare: Int, among mask: Int, logit: Double) -> NoiseBlock.Cell? {
    let (count, total) = (rare.nonzeroBitCount, mask.nonzeroBitCount)
    let probability = probabilityExactlyRare(count, of: total, logit: logit)
    guard probability > 0 else { return nil }
    var free = (0..<samples).filter { mask >> $0 & 1 == 0 }
    let extra = (0...free.count).max {
      probabilityExactlyRare(count + $0, logit: logit) < probabilityExactlyRare(count + $1, logit: logit)
    }
    free.removeLast(free.count - (extra ?? 0))
    let all = free.reduce(rare) { $0 | 1 << $1 }
    return NoiseBlock.Cell(probability: probability, noise: noise(rare: all, logit: logit))
  }

  /// A noise vector whose rare samples are exactly those of `mask`: equal shares within each of the two groups.
  ///
  /// A rare share lies between its lower limit (the threshold, or what the others cannot take) and 1/k; the midpoint
  /// keeps both groups away from their limits.
  private func noise(rare mask: Int, logit: Double) -> [Double] {
    let rare = Double(mask.nonzeroBitCount)
    let common = Double(samples) - rare
    guard rare > 0 && common > 0 else { return [Double](repeating: 0.5, count: samples) }
    let limit = threshold(logit: logit)
    let rareShare = (max(limit, (1 - common * limit) / rare) + 1 / rare) / 2
    let commonShare = (1 - rare * rareShare) / common
    let total = 30.0
    return (0..<samples).map { sample in
      .exp(-total * (mask >> sample & 1 == 1 ? rareShare : commonShare))
    }
  }
}
