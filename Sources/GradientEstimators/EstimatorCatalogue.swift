/// Every estimator by its name: how it is made, where it was published, what it promises.
///
/// A new estimator is one file and one entry here; checks, benchmarks and reports go through the catalogue.
public enum EstimatorCatalogue {
  public struct Entry: Sendable {
    /// The name as typed; a trailing `:N` stands for a number of samples.
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
    let make: @Sendable (Int) -> any GradientEstimator

    /// The name without parameter.
    public var baseName: String { String(pattern.prefix { $0 != ":" }) }
    public var takesSampleCount: Bool { pattern.contains(":") }
  }

  /// The numbers of samples that `loorf:N` and `arms:N` take.
  public static let sampleCounts = 2...256

  /// All entries, simplest first.
  public static let entries: [Entry] = [reinforce, runningMean, ar, arm, disarm, loorf, arms]

  /// The instances that a verification runs, in the order of `entries`.
  public static var standardInstances: [any GradientEstimator] {
    entries.flatMap { entry in
      entry.standardInstances.compactMap { try? make($0) }
    }
  }

  /// The entry that a name, with or without parameter, or an alias belongs to.
  public static func entry(named name: String) -> Entry? {
    let base = String(name.prefix { $0 != ":" })
    return entries.first { $0.baseName == base || $0.aliases.contains(base) }
  }

  /// The estimator of a name as typed: `arm`, `loorf:4`.
  ///
  /// - Throws: `EstimatorNameError` with the nearest known name, by edit distance.
  public static func make(_ name: String) throws(EstimatorNameError) -> any GradientEstimator {
    guard let entry = entry(named: name) else {
      throw EstimatorNameError(name: name, reason: .unknown, suggestion: nearest(to: name))
    }
    let parameter = name.firstIndex(of: ":").map { String(name[name.index(after: $0)...]) }
    guard entry.takesSampleCount else {
      if let parameter {
        throw EstimatorNameError(
          name: name, reason: .unexpectedParameter(parameter), suggestion: entry.baseName)
      }
      return entry.make(0)
    }
    let suggestion = entry.baseName + ":4"
    guard let parameter else {
      throw EstimatorNameError(name: name, reason: .missingSampleCount, suggestion: suggestion)
    }
    guard parameter.allSatisfy({ ("0"..."9").contains($0) }), let samples = Int(parameter),
      sampleCounts.contains(samples)
    else {
      throw EstimatorNameError(name: name, reason: .badSampleCount(parameter), suggestion: suggestion)
    }
    return entry.make(samples)
  }

  /// The known name nearest to `name`, with the parameter as typed, or an example where one is missing.
  private static func nearest(to name: String) -> String {
    let base = name.prefix { $0 != ":" }.lowercased()
    let candidates = entries.flatMap { entry in
      ([entry.baseName] + entry.aliases).map { (name: $0, entry: entry) }
    }
    let hasParameter = name.contains(":")
    // Among equally near names, those that take a parameter if one was typed.
    func distance(_ candidate: (name: String, entry: Entry)) -> Int {
      2 * editDistance(base, candidate.name) + (candidate.entry.takesSampleCount == hasParameter ? 0 : 1)
    }
    let best = candidates.min { distance($0) < distance($1) }
    guard let best else { return "" }
    guard best.entry.takesSampleCount else { return best.name }
    let typed = name.firstIndex(of: ":").flatMap { Int(name[name.index(after: $0)...]) }
    return "\(best.name):\(typed.map { sampleCounts.contains($0) ? $0 : 4 } ?? 4)"
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
        venue: "ICML", year: 2014, place: "section 2.3, the input-independent baseline",
        arXiv: "1402.0030"),
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
    pattern: "disarm", aliases: ["u2g"], fullName: "DisARM, also U2G",
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
    evaluations: "2", isUnbiased: true,
    noiseLaw: "one uniform for each variable; the gradient is constant between p and 1 - p and outside",
    specialCases: ["E[arm | z1, z2] = disarm", "arms:2 = disarm"], standardInstances: ["disarm"],
    make: { _ in DisARM() })

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
        venue: "arXiv", year: 2014, place: "the leave-one-out control variate", arXiv: "1401.1022"),
    ],
    evaluations: "N", isUnbiased: true,
    noiseLaw: "N uniforms for each variable; the gradient is constant on either side of p in each",
    specialCases: ["arms:N with independent samples"],
    standardInstances: ["loorf:2", "loorf:3", "loorf:4"],
    make: { LOORF(samples: $0) })

  private static let arms = Entry(
    pattern: "arms:N", aliases: [], fullName: "ARMS with the Dirichlet copula",
    citations: [
      Citation(
        authors: "Dimitriev, Zhou",
        title: "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables",
        venue: "ICML", year: 2021, place: "Algorithm 1, Dirichlet copula", arXiv: "2105.14141")
    ],
    evaluations: "N", isUnbiased: true,
    noiseLaw:
      "N uniforms for each variable, through a Dirichlet copula; which samples take the variable's rarer value decides everything: at most 2^N cells",
    specialCases: ["arms:2 = disarm", "loorf:N with independent samples"],
    standardInstances: ["arms:2", "arms:3", "arms:4"],
    make: { ARMS(samples: $0) })
}
