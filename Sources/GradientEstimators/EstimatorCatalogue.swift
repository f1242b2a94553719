/// Every estimator by its name: how it is made, where it was published, what it promises.
///
/// A new estimator is one file and one entry here; checks, benchmarks and reports go through the catalogue.
public enum EstimatorCatalogue {
  public struct Entry: Sendable {
    /// The name as typed; a trailing `:N` stands for a number of samples, `[:PAIRS]` for a number of pairs that may be
    /// left out.
    public let pattern: String
    /// Other names of the same estimator, without parameter.
    public let aliases: [String]
    public let fullName: String
    public let citations: [Citation]
    /// Evaluations of the objective for each row.
    public let evaluations: String
    public let isUnbiased: Bool
    /// The law of a row's noise, in words.
    public let noiseLaw: String
    /// Other estimators that this one equals or is tied to by a theorem.
    public let specialCases: [String]
    /// The instances that a verification runs, as typed.
    public let standardInstances: [String]
    /// What follows the name after a colon; nil if nothing may.
    public var parameter: Parameter?
    let make: @Sendable (Int) -> any GradientEstimator

    /// Whether the estimator takes binary and whether it takes categorical variables, in words.
    public var setting: String {
      let estimator = make(parameter?.example ?? 0)
      let binary = estimator.supports(.binary(1))
      let categorical = estimator.supports(.categorical(1, categories: 3))
      return binary ? (categorical ? "binary and categorical" : "binary") : "categorical"
    }

    /// The name without parameter.
    public var baseName: String { String(pattern.prefix { $0 != ":" && $0 != "[" }) }
  }

  /// A whole number that an estimator's name takes after a colon.
  public struct Parameter: Hashable, Sendable {
    /// What it counts, in the plural.
    public let unit: String
    public let allowed: ClosedRange<Int>
    /// The number that a name without parameter stands for, if it may be left out.
    public let whenMissing: Int?
    /// The number that messages propose.
    let example: Int

    static let samples = Parameter(unit: "samples", allowed: 2...256, whenMissing: nil, example: 4)
    static let pairs = Parameter(unit: "pairs", allowed: 1...128, whenMissing: 1, example: 2)
  }

  /// All entries, simplest first.
  public static let entries: [Entry] = [
    reinforce, runningMean, ar, arm, disarm, loorf, arms, armsNormal, localExpectationGradients, bitflip1,
    ugc, carmsI,
  ]

  /// The instances that a verification runs, in the order of `entries`.
  public static var standardInstances: [any GradientEstimator] {
    entries.flatMap { entry in
      entry.standardInstances.compactMap { try? make($0) }
    }
  }

  /// The standard instances that take such variables.
  public static func standardInstances(
    supporting variables: LatentVariables
  ) -> [any GradientEstimator] {
    standardInstances.filter { $0.supports(variables) }
  }

  /// The entry that a name, with or without parameter, or an alias belongs to.
  public static func entry(named name: String) -> Entry? {
    let base = String(name.prefix { $0 != ":" })
    return entries.first { $0.baseName == base || $0.aliases.contains(base) }
  }

  /// The estimator of a name as typed: `arm`, `loorf:4`, `disarm`, `disarm:2`.
  ///
  /// - Throws: `EstimatorNameError` with the nearest known name, by edit distance.
  public static func make(_ name: String) throws(EstimatorNameError) -> any GradientEstimator {
    guard let entry = entry(named: name) else {
      throw EstimatorNameError(name: name, reason: .unknown, suggestion: nearest(to: name))
    }
    let typed = name.firstIndex(of: ":").map { String(name[name.index(after: $0)...]) }
    guard let parameter = entry.parameter else {
      if let typed {
        throw EstimatorNameError(name: name, reason: .unexpectedParameter(typed), suggestion: entry.baseName)
      }
      return entry.make(0)
    }
    let suggestion = "\(entry.baseName):\(parameter.example)"
    guard let typed else {
      if let number = parameter.whenMissing { return entry.make(number) }
      throw EstimatorNameError(name: name, reason: .missingNumber(parameter), suggestion: suggestion)
    }
    guard typed.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(typed),
      parameter.allowed.contains(number)
    else {
      throw EstimatorNameError(name: name, reason: .badNumber(typed, parameter), suggestion: suggestion)
    }
    return entry.make(number)
  }

  /// The known name nearest to `name`, with the parameter as typed, or an example where one is missing.
  private static func nearest(to name: String) -> String {
    let base = name.prefix { $0 != ":" }.lowercased()
    let candidates = entries.flatMap { entry in
      ([entry.baseName] + entry.aliases).map { (name: $0, entry: entry) }
    }
    let hasParameter = name.contains(":")
    // Among equally near names, those that take a parameter if one was typed, none if none was.
    func distance(_ candidate: (name: String, entry: Entry)) -> Int {
      let parameter = candidate.entry.parameter
      let fits = hasParameter ? parameter != nil : parameter == nil || parameter?.whenMissing != nil
      return 2 * editDistance(base, candidate.name) + (fits ? 0 : 1)
    }
    let best = candidates.min { distance($0) < distance($1) }
    guard let best else { return "" }
    guard let parameter = best.entry.parameter, hasParameter || parameter.whenMissing == nil else {
      return best.name
    }
    let typed = name.firstIndex(of: ":").flatMap { Int(name[name.index(after: $0)...]) }
    let number = typed.flatMap { parameter.allowed.contains($0) ? $0 : nil } ?? parameter.example
    return "\(best.name):\(number)"
  }
}

// MARK: The entries

extension EstimatorCatalogue {
  private static let williams = Citation(
    authors: "Williams",
    title: "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning",
    venue: "Machine Learning 8", year: 1992, place: "Theorem 1")

  private static func yinZhou(_ place: String) -> Citation {
    Citation(
      authors: "Yin, Zhou",
      title: "ARM: Augment-REINFORCE-Merge Gradient for Stochastic Binary Networks",
      venue: "ICLR", year: 2019, place: place, arXiv: "1807.11143")
  }

  private static let reinforce = Entry(
    pattern: "reinforce", aliases: ["score-function"],
    fullName: "REINFORCE, the score-function estimator",
    citations: [williams], evaluations: "1", isUnbiased: true,
    noiseLaw: "one uniform for each variable; the gradient is constant on either side of p",
    specialCases: ["E[ar | z] = reinforce"], standardInstances: ["reinforce"],
    make: { _ in REINFORCE() })

  private static let runningMean = Entry(
    pattern: "reinforce-ema", aliases: ["reinforce-baseline"],
    fullName: "REINFORCE with a running-mean baseline",
    citations: [
      williams,
      Citation(
        authors: "Mnih, Gregor", title: "Neural Variational Inference and Learning in Belief Networks",
        venue: "ICML", year: 2014, place: "the input-independent baseline"),
    ],
    evaluations: "1", isUnbiased: true,
    noiseLaw: "one uniform for each variable; the gradient is constant on either side of p",
    specialCases: ["at its first step, reinforce"], standardInstances: ["reinforce-ema"],
    make: { _ in RunningMeanREINFORCE() })

  private static let ar = Entry(
    pattern: "ar", aliases: ["augment-reinforce"], fullName: "AR, augment-REINFORCE",
    citations: [yinZhou("section 2")], evaluations: "1", isUnbiased: true,
    noiseLaw: "one uniform u for each variable; the gradient is linear in u on either side of p",
    specialCases: ["E[ar | z] = reinforce"], standardInstances: ["ar"],
    make: { _ in AR() })

  private static let arm = Entry(
    pattern: "arm", aliases: [], fullName: "ARM, augment-REINFORCE-merge",
    citations: [yinZhou("Algorithm 1")], evaluations: "2", isUnbiased: true,
    noiseLaw: "one uniform u for each variable; the gradient is linear in u between p and 1 - p and outside",
    specialCases: ["1/2 (ar at u + ar at 1 - u) = arm", "E[arm | z1, z2] = disarm"],
    standardInstances: ["arm"],
    make: { _ in ARM() })

  private static let disarm = Entry(
    pattern: "disarm[:PAIRS]", aliases: ["u2g"], fullName: "DisARM, also U2G",
    citations: [
      Citation(
        authors: "Dong, Mnih, Tucker",
        title: "DisARM: An Antithetic Gradient Estimator for Binary Latent Variables",
        venue: "NeurIPS", year: 2020, place: "section 3", arXiv: "2006.10680"),
      Citation(
        authors: "Yin, Ho, Yan, Qian, Zhou",
        title: "Probabilistic Best Subset Selection via Gradient-Based Optimization",
        venue: "arXiv", year: 2020, place: "the U2G estimator", arXiv: "2006.06448"),
    ],
    evaluations: "2 for each pair", isUnbiased: true,
    noiseLaw:
      "one uniform for each pair and variable; the gradient is constant between p and 1 - p and outside",
    specialCases: ["E[arm | z1, z2] = disarm", "arms:2 = disarm", "Var disarm:n = Var disarm / n"],
    standardInstances: ["disarm", "disarm:2"],
    parameter: .pairs, make: { DisARM(pairs: $0) })

  private static let loorf = Entry(
    pattern: "loorf:N", aliases: ["rloo", "reinforce-loo"],
    fullName: "LOORF, REINFORCE with a leave-one-out baseline",
    citations: [
      Citation(
        authors: "Kool, van Hoof, Welling", title: "Buy 4 REINFORCE Samples, Get a Baseline for Free!",
        venue: "ICLR workshop Deep RL Meets Structured Prediction", year: 2019,
        place: "the estimator with n samples"),
      Citation(
        authors: "Salimans, Knowles",
        title:
          "On Using Control Variates with Stochastic Approximation for Variational Bayes and its Connection to Stochastic Linear Regression",
        venue: "arXiv", year: 2014, place: "the leave-one-out control variate"),
    ],
    evaluations: "N", isUnbiased: true,
    noiseLaw: "N uniforms for each variable; the gradient is constant on either side of p in each",
    specialCases: ["arms:N and carms-i:N with independent samples"],
    standardInstances: ["loorf:2", "loorf:3", "loorf:4"],
    parameter: .samples, make: { LOORF(samples: $0) })

  private static func dimitrievZhou(_ place: String) -> Citation {
    Citation(
      authors: "Dimitriev, Zhou",
      title: "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables",
      venue: "ICML", year: 2021, place: place, arXiv: "2105.14141")
  }

  private static let arms = Entry(
    pattern: "arms:N", aliases: [], fullName: "ARMS with the Dirichlet copula",
    citations: [dimitrievZhou("Algorithm 1, Dirichlet copula")], evaluations: "N", isUnbiased: true,
    noiseLaw:
      "N uniforms for each variable, through a Dirichlet copula; which samples take the variable's rarer value decides everything: at most 2^N cells",
    specialCases: ["arms:2 = disarm", "loorf:N with independent samples"],
    standardInstances: ["arms:2", "arms:3", "arms:4"],
    parameter: .samples, make: { ARMS(samples: $0) })

  private static let armsNormal = Entry(
    pattern: "arms-normal:N", aliases: ["arms-n"], fullName: "ARMS with the Gaussian copula",
    citations: [dimitrievZhou("the Gaussian copula")], evaluations: "N", isUnbiased: true,
    noiseLaw:
      "N uniforms for each variable, through a Gaussian copula of correlation -1/(N-1); at most 2^N cells, enumerated up to N = 6",
    specialCases: ["arms-normal:2 has the law of disarm", "loorf:N with independent samples"],
    standardInstances: ["arms-normal:2", "arms-normal:3", "arms-normal:4"],
    parameter: .samples, make: { ARMSNormal(samples: $0) })

  private static let localExpectationGradients = Entry(
    pattern: "leg", aliases: ["local-expectation-gradients"], fullName: "Local expectation gradients",
    citations: [
      Citation(
        authors: "Titsias, Lazaro-Gredilla",
        title: "Local Expectation Gradients for Black Box Variational Inference",
        venue: "NIPS", year: 2015, place: "the estimator for discrete variables")
    ],
    evaluations: "D + 1", isUnbiased: true,
    noiseLaw: "one uniform for each variable; the gradient is constant on either side of p",
    specialCases: ["with one variable, the exact gradient", "the mean of bitflip-1 over its choice = leg"],
    standardInstances: ["leg"],
    make: { _ in LocalExpectationGradients() })

  private static func kunes(_ place: String) -> Citation {
    Citation(
      authors: "Kunes, Yin, Land, Haviv, Pe'er, Tavare",
      title: "Gradient Estimation for Binary Latent Variables via Gradient Variance Clipping",
      venue: "AAAI", year: 2023, place: place, arXiv: "2208.06124")
  }

  private static let bitflip1 = Entry(
    pattern: "bitflip-1", aliases: [], fullName: "bitflip-1",
    citations: [kunes("the bitflip-1 estimator")], evaluations: "2", isUnbiased: true,
    noiseLaw:
      "one uniform for each variable, and one that chooses a variable; the gradient is constant on either side of p and between multiples of 1/D",
    specialCases: ["leg on one random coordinate, times D"], standardInstances: ["bitflip-1"],
    make: { _ in Bitflip1() })

  private static let ugc = Entry(
    pattern: "ugc", aliases: [], fullName: "UGC, unbiased gradient variance clipping",
    citations: [kunes("the UGC estimator")], evaluations: "3", isUnbiased: true,
    noiseLaw:
      "one uniform for each variable, and one that chooses a variable; the gradient is constant between p and 1 - p, outside, and between multiples of 1/D",
    specialCases: [
      "bitflip-1 in the coordinates with min(p, 1 - p) < 1/(2D)", "disarm in the others",
      "Var ugc <= Var disarm where f is monotone in each variable",
    ],
    standardInstances: ["ugc"],
    make: { _ in UGC() })

  private static let carmsI = Entry(
    pattern: "carms-i:N", aliases: ["carms"],
    fullName: "CARMS with the Dirichlet copula and inverse CDF sampling",
    citations: [
      Citation(
        authors: "Dimitriev, Zhou",
        title: "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator",
        venue: "NeurIPS", year: 2021, place: "CARMS-I, in the pair form", arXiv: "2110.14002")
    ],
    evaluations: "N", isUnbiased: true,
    noiseLaw:
      "N uniforms for each variable, through a Dirichlet copula, and one that chooses the categories' order; at most C^N cells, enumerated up to 4096",
    specialCases: ["with two categories, arms:N", "loorf:N with independent samples"],
    standardInstances: ["carms-i:2", "carms-i:3"],
    parameter: .samples, make: { CARMSI(samples: $0) })
}
