internal import ElementwiseKernels
internal import RealModule

/// The ratios of CARMS-G: r(c, c') = 1 / I(c, c'), I = J(c, c') / (p_c p_c') a two-dimensional integral.
///
/// E_1 and E_2, the antithetic exponential numbers of two samples, have the joint survival function
/// P(E_1 > x, E_2 > y) = max(0, exp(-x/m) + exp(-y/m) - 1)^m, m = n - 1. Sample 1 takes c at time s and sample 2 takes c' at
/// time t, all else being later; with P the largest of the p_k, q_k = p_k / P, a = exp(-P s/m) and b = exp(-P t/m),
///
///     I = (m/P)^2 double integral over a, b < 1 < a + b of
///         (B_c B_c')^(m-1) (product over the other k of B_k)^m a^(q_c - 1) b^(q_c' - 1),   B_k = a^(q_k) + b^(q_k) - 1 > 0.
///
/// The half a < b, and the other one by symmetry, is a = s / (1 + y), b = 1 - a y with s and y in (0, 1). The integrand is
/// analytic in y, and in s has fractional powers at 0: with l = m/P >= 1, s = x^(4/l) turns those into at least third
/// powers of x; y = t / (1 + k (1 - t)), k = (l - 1)/4, puts the nodes where the integrand is for large l, near 0. The product of
/// two Gauss-Legendre rules then has relative errors, found against four times as many nodes and against adaptive
/// quadrature, for n = 2 ... 256, C = 2 ... 256 and probabilities from 1e-300 to 1, below 1e-11 with 24 nodes each and below
/// 1e-7 with 12. For `Float` and up to 9 samples the elementary functions are those of single precision: below 5e-7.
struct RacePairs: ~Copyable, CategoryPairs {
  static var capacity: Int { CategorySet.capacity }

  private let samples: Int
  private var law = CategoricalLaw()
  private var categories = CategorySet()
  /// Nodes of either direction, as many as the scalar's precision needs.
  private var order = 0
  private var nodes = InlineArray<24, Double>(repeating: 0)
  private var weights = InlineArray<24, Double>(repeating: 0)
  /// p_k / P.
  private var shares = InlineArray<256, Double>(repeating: 0)
  /// y and its weight at each node, (1 + y)^(-q_k) [nodes x categories], s^(q_k) at one node.
  private var widths = InlineArray<24, Double>(repeating: 0)
  private var widthWeights = InlineArray<24, Double>(repeating: 0)
  private var widthPowers = InlineArray<6144, Double>(repeating: 0)
  private var lengthPowers = InlineArray<256, Double>(repeating: 0)
  /// b^(q_k) [nodes x categories] for one s, and the steps to it in single precision.
  private var powers = InlineArray<6144, Double>(repeating: 0)
  private var isSingle = false
  private var singleDrops = InlineArray<12, Float>(repeating: 0)
  private var singleLogarithms = InlineArray<12, Float>(repeating: 0)
  private var singleArguments = InlineArray<3072, Float>(repeating: 0)
  private var singlePowers = InlineArray<3072, Float>(repeating: 0)
  /// a^(q_k), b^(q_k) and B_k at one node.
  private var first = InlineArray<256, Double>(repeating: 0)
  private var second = InlineArray<256, Double>(repeating: 0)
  private var both = InlineArray<256, Double>(repeating: 0)
  /// I [capacity x capacity], of which those with row < column are used.
  private var integrals = InlineArray<64, Double>(repeating: 0)
  /// The logits that were loaded last, and their I by category, [capacity x capacity], with 0 for what was not asked for yet:
  /// rows that share their logits share the integrals. Kept for up to `capacity` categories.
  private var logits = InlineArray<256, Double>(repeating: 0)
  private var known = InlineArray<64, Double>(repeating: 0)

  /// Beyond, the powers B_k^m would raise the errors of single precision above its rounding.
  private static let largestSingleCount = 9

  private static let fine = GaussLegendreQuadrature<24>()
  private static let coarse = GaussLegendreQuadrature<12>()

  init(samples: Int) { self.samples = samples }

  mutating func load<Scalar: KernelScalar>(_ logits: Span<Scalar>) {
    categories.removeAll()
    guard !isLoaded(logits) else { return }
    for category in 0..<logits.count { self.logits[category] = Double(logits[category]) }
    known = InlineArray(repeating: 0)
    law.load(logits)
    let isFine = Scalar.significandBitCount > 23
    isSingle = !isFine && samples <= Self.largestSingleCount
    guard order != (isFine ? 24 : 12) else { return }
    order = isFine ? 24 : 12
    for place in 0..<order {
      nodes[place] = isFine ? Self.fine.nodes[place] : Self.coarse.nodes[place]
      weights[place] = isFine ? Self.fine.weights[place] : Self.coarse.weights[place]
    }
  }

  /// Whether these logits, in this precision, are those that were loaded last.
  private mutating func isLoaded<Scalar: KernelScalar>(_ logits: Span<Scalar>) -> Bool {
    guard order == (Scalar.significandBitCount > 23 ? 24 : 12), law.categories == logits.count else {
      return false
    }
    for category in 0..<logits.count where self.logits[category] != Double(logits[category]) { return false }
    return true
  }

  mutating func removeAll() { categories.removeAll() }

  mutating func insert(_ category: Int) { categories.insert(category) }

  mutating func ratio(_ category: Int, _ other: Int) -> Double {
    let (first, second) = (categories.place(of: category), categories.place(of: other))
    return 1 / integrals[min(first, second) * Self.capacity + max(first, second)]
  }

  /// - Complexity: one exponential for each of order^2 nodes and each category of the variable.
  mutating func update() {
    guard categories.count > 1, !recall() else { return }
    integrals = InlineArray(repeating: 0)
    var largest = law.probabilities[0]
    for category in 1..<law.categories { largest = max(largest, law.probabilities[category]) }
    for category in 0..<law.categories { shares[category] = law.probabilities[category] / largest }
    let scale = Double(samples - 1) / largest
    tabulateWidths(crowding: (scale - 1) / 4)
    for i in 0..<order {
      let x = nodes[i]
      let logS = 4 * Double.log(x) / scale
      let s = Double.exp(logS)
      for category in 0..<law.categories { lengthPowers[category] = .exp(shares[category] * logS) }
      // ds = s 4 / (scale x) dx, and scale^2 stands before the integral. da db = a^2 / s ds dy = a / (1 + y) ds dy, and the
      // integrand's 1/a takes the a away.
      let weight = weights[i] * 4 * scale * s / x
      fillPowers(length: s)
      for j in 0..<order {
        let a = s / (1 + widths[j])
        addNode(j, b: 1 - a * widths[j], weight: weight * widthWeights[j] / (1 + widths[j]))
      }
    }
    memorise()
  }

  /// Takes the integrals of all pairs from those found before, if all are.
  private mutating func recall() -> Bool {
    guard law.categories <= Self.capacity else { return false }
    for place in 0..<categories.count {
      for other in place + 1..<max(categories.count, place + 1) {
        let integral = known[categories[place] * Self.capacity + categories[other]]
        guard integral > 0 else { return false }
        integrals[place * Self.capacity + other] = integral
      }
    }
    return true
  }

  private mutating func memorise() {
    guard law.categories <= Self.capacity else { return }
    for place in 0..<categories.count {
      for other in place + 1..<max(categories.count, place + 1) {
        let integral = integrals[place * Self.capacity + other]
        known[categories[place] * Self.capacity + categories[other]] = integral
        known[categories[other] * Self.capacity + categories[place]] = integral
      }
    }
  }

  /// The nodes y with their weights dy/dt, and (1 + y)^(-q_k).
  private mutating func tabulateWidths(crowding: Double) {
    for j in 0..<order {
      let stretch = 1 + crowding * (1 - nodes[j])
      widths[j] = nodes[j] / stretch
      widthWeights[j] = weights[j] * (1 + crowding) / (stretch * stretch)
      let logarithm = Double.log(onePlus: widths[j])
      for category in 0..<law.categories {
        widthPowers[j * law.categories + category] = .exp(-shares[category] * logarithm)
      }
    }
  }

  /// b^(q_k) at the points of one length s and all widths.
  ///
  /// In single precision the errors of the vectorised functions, some 1e-7, are those of the result: the powers of B_k are
  /// low, and b >= 1/2.
  private mutating func fillPowers(length s: Double) {
    let categories = law.categories
    guard isSingle else {
      for j in 0..<order {
        let logarithm = Double.log(onePlus: -s * widths[j] / (1 + widths[j]))
        for category in 0..<categories {
          powers[j * categories + category] = .exp(shares[category] * logarithm)
        }
      }
      return
    }
    for j in 0..<order { singleDrops[j] = Float(-s * widths[j] / (1 + widths[j])) }
    var logarithmSpan = singleLogarithms.mutableSpan
    Float.logarithmOnePlus(singleDrops.span, into: &logarithmSpan)
    for j in 0..<order {
      for category in 0..<categories {
        singleArguments[j * categories + category] = Float(shares[category]) * singleLogarithms[j]
      }
    }
    let count = order * categories
    var powerSpan = singlePowers.mutableSpan
    var part = powerSpan._mutatingExtracting(0..<count)
    Float.exponential(singleArguments.span.extracting(0..<count), into: &part)
    for place in 0..<count { powers[place] = Double(singlePowers[place]) }
  }

  /// Adds the integrand of all pairs, less its 1/a, at a point of width j and at its mirror image.
  private mutating func addNode(_ j: Int, b: Double, weight: Double) {
    let start = j * law.categories
    var product = 1.0
    for category in 0..<law.categories {
      first[category] = lengthPowers[category] * widthPowers[start + category]
      second[category] = powers[start + category]
      both[category] = first[category] + (second[category] - 1)
      product *= both[category]
    }
    let common = weight * power(product) / b
    for place in 0..<categories.count {
      for otherPlace in place + 1..<max(categories.count, place + 1) {
        let (category, other) = (categories[place], categories[otherPlace])
        let mixed = first[category] * second[other] + first[other] * second[category]
        integrals[place * Self.capacity + otherPlace] += common * mixed / (both[category] * both[other])
      }
    }
  }

  /// x^(n-1): a few products are several times faster than the general power.
  private mutating func power(_ x: Double) -> Double {
    guard samples <= 9 else { return .pow(x, samples - 1) }
    var power = x
    for _ in 2..<samples { power *= x }
    return power
  }
}
