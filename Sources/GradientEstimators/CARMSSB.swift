public import ElementwiseKernels
internal import RealModule

/// Stick-breaking CARMS: g = 1/(n (n-1)) sum over pairs i < j of r(z_i, z_j) (f(z_i) - f(z_j)) (1[z_i = c] - 1[z_j = c]).
///
/// The categories, in ascending order of probability, are sticks: stick k, reached if none before it was taken, is taken
/// with probability pi_k <= 1/2. For each stick the n samples have uniforms of a Dirichlet copula of their own, u_1 ... u_n,
/// and sample i takes the stick iff u_i < pi_k. r(c, c') = p_c p_c' / J(c, c') is exact: with m the earlier of the two
/// sticks and Phi_k = P(u_1 < pi_k, u_2 < pi_k) = max(0, 2 pi_k^(1/(n-1)) - 1)^(n-1),
///
///     r = pi_m (1 - pi_m) / (pi_m - Phi_m) times the product over k < m of (1 - pi_k)^2 / (1 - 2 pi_k + Phi_k).
///
/// Because the order ascends, pi_k <= 1/3 before m, so no denominator is near 0, nothing is clipped or added, and r is at
/// most 2. Unbiased. For C = 2 it is ARMS, with independent samples (r = 1) LOORF; for n = 2 it has the law of DisARM-IW.
///
/// A row's noise is [variables x sticks x samples]. The noise law is enumerated up to 4096 joint values of a variable's
/// samples; beyond, exact moments are refused.
///
/// - Complexity: n logarithms and a root for each stick that any sample reaches; one exponential for each logit; in
///   `combine`, a root and a power for each stick.
///
/// Source: Dimitriev, Zhou, "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator", NeurIPS 2021, the
/// stick-breaking variant, in the pair form.
public struct CARMSSB: GradientEstimator {
  let copula: DirichletCopula

  /// Samples n of each row.
  public var samples: Int { copula.samples }

  /// - Precondition: `samples >= 2`.
  public init(samples: Int) {
    copula = DirichletCopula(samples: samples)
  }

  public var name: String { "carms-sb:\(samples)" }

  /// Categorical variables only.
  public func supports(_ variables: LatentVariables) -> Bool { !variables.isBinary }

  public func evaluations(variables: LatentVariables) -> Int { samples }

  public func noisePerRow(variables: LatentVariables) -> Int {
    variables.count * (variables.categories - 1) * samples
  }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let categories = variables.categories
    let size = (categories - 1) * samples
    return (0..<variables.count).map { variable in
      var decisions = BinaryDecisions(.sticks)
      decisions.load(logits.span.extracting(variable * categories..<(variable + 1) * categories))
      let places = (0..<categories).map { decisions.place(of: $0) }
      let sticks = (0..<categories - 1).map { node in
        let (taken, passed) = decisions.probabilities(of: node)
        return Double.log(taken / passed)
      }
      return NoiseBlock(
        indices: Array(variable * size..<(variable + 1) * size),
        law: JointCells.law(samples: samples, categories: categories) { values in
          cell(values.map { places[$0] }, sticks: sticks)
        })
    }
  }

  /// The samples' sticks as a cell: for each stick, those that take it among those that reach it.
  private func cell(_ places: [Int], sticks: [Double]) -> NoiseBlock.Cell? {
    var probability = 1.0
    var noise: [Double] = []
    for (stick, logit) in sticks.enumerated() {
      let reaching = samples(where: { places[$0] >= stick })
      let taking = samples(where: { places[$0] == stick })
      guard let cell = copula.cell(rare: taking, among: reaching, logit: logit) else { return nil }
      probability *= cell.probability
      noise += cell.noise
    }
    return NoiseBlock.Cell(probability: probability, noise: noise)
  }

  /// A bit mask of samples.
  private func samples(where isMember: (Int) -> Bool) -> Int {
    (0..<samples).reduce(0) { isMember($1) ? $0 | 1 << $1 : $0 }
  }

  /// The objective's range times floor(n^2/4) / (n (n-1)) and the largest r of the category.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let categories = variables.categories
    let start = coordinate / categories * categories
    var pairs = StickPairs(copula: copula)
    pairs.load(logits.span.extracting(start..<start + categories))
    pairs.update()
    let category = coordinate % categories
    let ratios = (0..<categories).filter { $0 != category }.map { pairs.ratio(category, $0) }
    return PairForm.bounds(objective: objective, evaluations: samples, ratios: ratios)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    let size = (categories - 1) * self.samples
    precondition(!shape.isBinary && logits.count == shape.logitCount && noise.count == count * size)
    precondition(samples.count == self.samples * count)
    var decisions = BinaryDecisions(.sticks)
    for i in 0..<count {
      decisions.load(logits.extracting(i * categories..<(i + 1) * categories))
      let last = Scalar(decisions.category(at: categories - 1))
      for sample in 0..<self.samples { samples[sample * count + i] = -1 }
      var undecided = self.samples
      for stick in 0..<categories - 1 where undecided > 0 {
        let uniforms = noise.extracting(
          i * size + stick * self.samples..<i * size + (stick + 1) * self.samples)
        let limit = copula.limit(probability: decisions.probabilities(of: stick).left, uniforms: uniforms)
        let category = Scalar(decisions.category(at: stick))
        for sample in 0..<self.samples where samples[sample * count + i] < 0 {
          guard Double.log(Double(uniforms[sample])) < limit else { continue }
          samples[sample * count + i] = category
          undecided -= 1
        }
      }
      for sample in 0..<self.samples where samples[sample * count + i] < 0 {
        samples[sample * count + i] = last
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    var pairs = StickPairs(copula: copula)
    PairForm.combine(
      &pairs, evaluations: self.samples, logits: logits, samples: samples, values: values, shape: shape,
      into: &gradient)
  }
}

/// The ratios of stick-breaking CARMS: one for each stick, as the earlier of the two.
struct StickPairs: ~Copyable, CategoryPairs {
  static var capacity: Int { .max }

  private let copula: DirichletCopula
  private var decisions = BinaryDecisions(.sticks)
  private var ratios = InlineArray<256, Double>(repeating: 0)

  init(copula: DirichletCopula) { self.copula = copula }

  mutating func load<Scalar: KernelScalar>(_ logits: Span<Scalar>) { decisions.load(logits) }

  mutating func removeAll() {}

  mutating func insert(_ category: Int) {}

  mutating func update() {
    var passedByBoth = 1.0
    for stick in 0..<decisions.categories - 1 {
      let (taken, passed) = decisions.probabilities(of: stick)
      let given = copula.probabilityRareGivenRare(taken)
      ratios[stick] = passedByBoth * passed / (1 - given)
      // 1 - 2 pi + Phi, Phi = pi P(rare | rare)
      passedByBoth *= passed * passed / (passed - taken + taken * given)
    }
  }

  mutating func ratio(_ category: Int, _ other: Int) -> Double {
    ratios[min(decisions.place(of: category), decisions.place(of: other))]
  }
}

extension DirichletCopula {
  /// P(u_2 < e | u_1 < e) = max(0, 2 - e^(-1/(n-1)))^(n-1).
  func probabilityRareGivenRare(_ probability: Double) -> Double {
    raised(2 - 1 / root(probability))
  }

  /// The number below which log u of a sample says that it is rare: (1 - e^(1/(n-1))) sum log u.
  func limit<Scalar: KernelScalar>(probability: Double, uniforms: Span<Scalar>) -> Double {
    var sum = 0.0
    for sample in 0..<uniforms.count { sum += .log(Double(uniforms[sample])) }
    return (1 - root(probability)) * sum
  }
}
