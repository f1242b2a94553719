internal import ElementwiseKernels
internal import RealModule

/// The law of a relaxed sample at a temperature t: y = softmax((logits + Gumbel noise) / t), for a bit
/// y = sigmoid((logit + logistic noise) / t); the hard sample is the category of the largest y.
///
/// A bit takes one uniform number u, y = sigmoid((logit - log(u / (1 - u))) / t): y > 1/2 where u < sigmoid(logit).
///
/// A categorical variable takes C numbers in place of C Gumbels. exp(-logit_c - Gumbel_c) are the arrival times of
/// independent exponential clocks with rates p = softmax(logits): the first to ring is category c with probability p_c,
/// at a time M of rate 1, independent of which, and the others ring X_k / p_k later, all X_k of rate 1. y depends on the
/// X_k / M only, and so on the shares of M and the X_k in their sum, a uniform point of the simplex. One number chooses
/// the first category as in every other sampler, C - 1 the shares. As a function of these y is smooth, where the
/// Gumbels' categories meet along slanted planes: exact integration follows.
struct ConcreteDistribution: Sendable {
  let temperature: Double

  /// Where, in units of the temperature, exact integration splits the logistic noise around the middle of y: y falls
  /// from 1 to 0 there, exponentially. Measured against adaptive quadrature, the five make means and second moments exact to
  /// 1e-12 for temperatures from 0.01 to 100 and logits up to 6, while f' varies no faster than y.
  private static let splits: [Double] = [-30, -5, 0, 5, 30]

  /// - Precondition: `temperature` is positive and finite.
  init(temperature: Double) {
    precondition(temperature > 0 && temperature.isFinite)
    self.temperature = temperature
  }

  /// Numbers of a row beyond one for each variable.
  func furtherNoise(variables: LatentVariables) -> Int {
    variables.isBinary ? 0 : variables.count * (variables.categories - 1)
  }

  /// For each variable the number that decides its hard sample, then for each categorical variable its C - 1 shares.
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    guard variables.isBinary else {
      let choices = IndependentSamples.noiseLaw(
        evaluations: 1, logits: logits, variables: variables, degree: 0)
      let shares = variables.count..<variables.count * variables.categories
      return choices + shares.map { NoiseBlock(indices: [$0], law: .smooth(breakpoints: [])) }
    }
    return logits.indices.map { variable in
      let breakpoints = Self.splits.map { Double.sigmoid(logits[variable] - $0 * temperature) }
      return NoiseBlock(indices: [variable], law: .smooth(breakpoints: breakpoints))
    }
  }

  /// y (1 - y) / t is at most 1 / (4t): for a bit times the derivative, for a category times its difference to the mean of
  /// the others.
  func gradientBounds(
    derivative: ClosedRange<Double>, variables: LatentVariables
  ) -> ClosedRange<Double> {
    let largest = 1 / (4 * temperature)
    guard variables.isBinary else {
      let reach = largest * (derivative.upperBound - derivative.lowerBound)
      return -reach...reach
    }
    return largest * min(derivative.lowerBound, 0)...largest * max(derivative.upperBound, 0)
  }

  /// Writes the points y of a batch, [rows x variables x logits per variable].
  ///
  /// - Complexity: for a bit two logarithms and one exponential; for a category five elementary functions.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, into points: inout MutableSpan<Scalar>
  ) {
    precondition(points.count == shape.logitCount)
    guard shape.isBinary else {
      var race = RelaxedRace()
      let categories = shape.logitsPerVariable
      for i in 0..<shape.sampleCount {
        race.load(variable: i, logits: logits, noise: noise, shape: shape, temperature: temperature)
        let weights = race.weights.span
        for category in 0..<categories { points[i * categories + category] = Scalar(weights[category]) }
      }
      return
    }
    precondition(noise.count == logits.count)
    var scaled = InlineArray<256, Scalar>(repeating: 0)
    for start in stride(from: 0, to: logits.count, by: scaled.count) {
      let places = start..<min(start + scaled.count, logits.count)
      scale(logits.extracting(places), noise: noise.extracting(places), into: &scaled)
      var part = points._mutatingExtracting(places)
      Scalar.sigmoid(scaled.span.extracting(0..<places.count), into: &part)
    }
  }

  /// Writes the derivative of y with respect to its own logit, y (1 - y) / t, times a vector, for a batch of bits.
  ///
  /// From the noise and not from y: 1 - y would be lost where y is nearly 1.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func multiplyByDerivative<Scalar: KernelScalar>(
    _ vector: Span<Scalar>, logits: Span<Scalar>, noise: Span<Scalar>, into product: inout MutableSpan<Scalar>
  ) {
    precondition(noise.count == logits.count && vector.count == logits.count && product.count == logits.count)
    let rate = Scalar(1 / temperature)
    var scaled = InlineArray<256, Scalar>(repeating: 0)
    for start in stride(from: 0, to: logits.count, by: scaled.count) {
      let places = start..<min(start + scaled.count, logits.count)
      scale(logits.extracting(places), noise: noise.extracting(places), into: &scaled)
      for i in places {
        product[i] = vector[i] * BernoulliVariance.of(logit: scaled[i - start]) * rate
      }
    }
  }

  /// (logit - log(u / (1 - u))) / t for at most 256 bits.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func scale<Scalar: KernelScalar>(
    _ logits: Span<Scalar>, noise: Span<Scalar>, into scaled: inout InlineArray<256, Scalar>
  ) {
    let count = noise.count
    var opposites = InlineArray<256, Scalar>(repeating: 0)
    for i in 0..<count { opposites[i] = -noise[i] }
    var complements = scaled.mutableSpan
    var complement = complements._mutatingExtracting(0..<count)
    Scalar.logarithmOnePlus(opposites.span.extracting(0..<count), into: &complement)
    var logarithms = opposites.mutableSpan
    var logarithm = logarithms._mutatingExtracting(0..<count)
    Scalar.logarithm(noise, into: &logarithm)
    for i in 0..<count { scaled[i] = (logits[i] + (scaled[i] - opposites[i])) * Scalar(1 / temperature) }
  }
}

/// The relaxed sample of one categorical variable. One value serves variable after variable of a batch.
struct RelaxedRace {
  private var law = CategoricalLaw()
  /// The category of the hard sample.
  private(set) var winner = 0
  /// y, with sum 1; the winner's is the largest.
  private(set) var weights = InlineArray<256, Double>(repeating: 0)

  /// The sample of a variable of a batch.
  ///
  /// y_k / y_w is (M / (M + X_k / p_k))^(1/t) = exp(-softplus(a) / t) with a = log(X_k / (M p_k)): no ratio overflows.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func load<Scalar: KernelScalar>(
    variable i: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, temperature: Double
  ) {
    let categories = shape.logitsPerVariable
    precondition(logits.count == shape.logitCount && noise.count == shape.sampleCount * categories)
    let (row, variable) = (i / shape.variables, i % shape.variables)
    let own = logits.extracting(i * categories..<(i + 1) * categories)
    let start = row * shape.variables * categories
    law.load(own)
    winner = CategoricalLaw.category(
      at: Double(noise[start + variable]), probabilities: law.probabilities.span.extracting(0..<categories),
      sums: law.sums.span)
    let first = start + shape.variables + variable * (categories - 1)
    race(logits: own, shares: noise.extracting(first..<first + categories - 1), temperature: temperature)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private mutating func race<Scalar: KernelScalar>(
    logits: Span<Scalar>, shares: Span<Scalar>, temperature: Double
  ) {
    let origin = Double(logits[winner]) - .log(law.probability(of: winner))
    var rest = 0.0
    var place = 0
    // The logarithm of the next share: a uniform point of a simplex of k + 1 parts has 1 - v^(1/k) in its first.
    func nextShare() -> Double {
      guard place < shares.count else { return rest }
      let kept = Double.log(Double(shares[place])) / Double(shares.count - place)
      let share = rest + .log(-.expMinusOne(kept))
      rest += kept
      place += 1
      return share
    }
    let firstArrival = nextShare()
    var total = 1.0
    for category in 0..<logits.count where category != winner {
      let delay = nextShare() - firstArrival - (Double(logits[category]) - origin)
      weights[category] = .exp(-.softplus(delay) / temperature)
      total += weights[category]
    }
    weights[winner] = 1
    for category in 0..<logits.count { weights[category] /= total }
  }
}
