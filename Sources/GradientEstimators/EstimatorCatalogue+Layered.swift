/// The estimators of networks: forms for several layers of those for one, and those that look into the layers.
extension EstimatorCatalogue {
  private static let shekhovtsov = Citation(
    authors: "Shekhovtsov, Yanush, Flach",
    title: "Path Sample-Analytic Gradient Estimators for Stochastic Binary Networks",
    venue: "NeurIPS", year: 2020, place: "Algorithm 1, in its backward form", arXiv: "2006.03143")

  static let psa = Entry(
    pattern: "psa", aliases: ["path-sample-analytic"],
    fullName: "PSA, path sample-analytic",
    citations: [shekhovtsov], evaluations: "1 + units of the last layer",
    noiseLaw: "one uniform for each unit; the gradient is constant on either side of p",
    specialCases: [
      "with one layer, leg", "unbiased where all layers above have one unit",
      "deep-st after one more linearisation",
    ],
    standardInstances: [], layered: { _ in PSA() })

  static let deepStraightThrough = Entry(
    pattern: "deep-st", aliases: ["deep-straight-through"],
    fullName: "Deep straight-through",
    citations: [
      Citation(
        authors: "Bengio, Leonard, Courville",
        title: "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional Computation",
        venue: "arXiv", year: 2013, place: "the straight-through estimator, with the mean's derivative"),
      Citation(
        authors: "Shekhovtsov, Yanush, Flach",
        title: "Path Sample-Analytic Gradient Estimators for Stochastic Binary Networks",
        venue: "NeurIPS", year: 2020, place: "straight-through as a further linearisation",
        arXiv: "2006.03143"),
    ],
    evaluations: "1 and its derivative",
    noiseLaw: "one uniform for each unit; the gradient is constant on either side of p",
    specialCases: ["with one layer and f multilinear, leg"],
    standardInstances: [], layered: { _ in DeepStraightThrough() },
    layeredCategorical: { DeepCategorical(StraightThrough(), categories: $1, name: "deep-st") })

  static let meanField = Entry(
    pattern: "tanh", aliases: ["mean-field"],
    fullName: "Mean field: each sample replaced by its mean",
    citations: [
      Citation(
        authors: "Shekhovtsov, Yanush, Flach",
        title: "Path Sample-Analytic Gradient Estimators for Stochastic Binary Networks",
        venue: "NeurIPS", year: 2020, place: "the deterministic method that PSA is compared with, tanh",
        arXiv: "2006.03143")
    ],
    evaluations: "1 and its derivative, at means",
    noiseLaw: "none",
    specialCases: ["deep-st at the means in place of samples", "no variance"],
    standardInstances: [], layered: { _ in MeanField() })

  /// The estimators of networks that a verification runs.
  public static var standardLayeredInstances: [any LayeredGradientEstimator] {
    [
      "reinforce", "ar", "arm", "arm+skip-equal", "disarm", "disarm+shared-noise", "loorf:2", "leg", "psa",
      "deep-st", "gumbel:0.5", "st-gumbel:0.5", "tanh",
    ].compactMap { try? makeLayered($0) }
  }

  /// The estimator of a name as typed, for networks of several layers: `arm`, `psa`, `disarm:2`.
  ///
  /// An estimator for one layer takes its form for several, `LayeredBranching`, if it has one; its options follow a plus
  /// sign each: `arm+skip-equal`, `disarm+shared-noise`, `arm+shared-noise+skip-equal`.
  ///
  /// - Parameters:
  ///   - name: as typed.
  ///   - categories: those of each variable; nil for binary variables.
  /// - Returns: the estimator for layers of such variables.
  /// - Throws: `EstimatorNameError` with the nearest known name, by edit distance.
  public static func makeLayered(
    _ name: String, categories: Int? = nil
  ) throws(EstimatorNameError) -> any LayeredGradientEstimator {
    let parts = name.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
    guard let entry = entry(named: parts[0]) else {
      throw EstimatorNameError(name: name, reason: .unknown, suggestion: nearest(to: parts[0]))
    }
    let arguments = try arguments(of: parts[0], entry: entry)
    let options = Array(parts.dropFirst())
    if let layered = entry.layered {
      if let option = options.first {
        throw EstimatorNameError(name: name, reason: .unknownOption(option), suggestion: "it has none")
      }
      guard let categories else { return layered(arguments) }
      guard let layered = entry.layeredCategorical else { throw noNetworks(name, categories: categories) }
      return layered(arguments, categories)
    }
    guard let base = entry.make?(arguments), base.extendsToLayers(of: categories) else {
      throw noNetworks(name, categories: categories)
    }
    let variables = LatentVariables(count: 1, logitsPerVariable: categories ?? 1)
    let known = base.evaluations(variables: variables) == 1 ? [] : ["shared-noise", "skip-equal"]
    for option in options where !known.contains(option) {
      let suggestion =
        known.isEmpty ? "it has none" : "expected \(known.map { "+\($0)" }.joined(separator: " or "))"
      throw EstimatorNameError(name: name, reason: .unknownOption(option), suggestion: suggestion)
    }
    return branching(
      base, categories: categories, sharesNoise: options.contains("shared-noise"),
      skipsEqual: options.contains("skip-equal"))
  }

  private static func branching(
    _ base: some GradientEstimator, categories: Int?, sharesNoise: Bool, skipsEqual: Bool
  ) -> any LayeredGradientEstimator {
    LayeredBranching(base, categories: categories, sharesNoise: sharesNoise, skipsEqual: skipsEqual)
  }

  private static func noNetworks(_ name: String, categories: Int?) -> EstimatorNameError {
    guard let categories else {
      return EstimatorNameError(name: name, reason: .noNetworks, suggestion: "disarm")
    }
    return EstimatorNameError(
      name: name, reason: .noCategoricalNetworks(categories), suggestion: "loorf:4")
  }
}
