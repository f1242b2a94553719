/// The estimators of categorical variables.
extension EstimatorCatalogue {
  static let carmsI = Entry(
    pattern: "carms-i:N", aliases: ["carms"],
    fullName: "CARMS with the Dirichlet copula and inverse CDF sampling",
    citations: [
      Citation(
        authors: "Dimitriev, Zhou",
        title: "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator",
        venue: "NeurIPS", year: 2021, place: "CARMS-I, in the pair form", arXiv: "2110.14002")
    ],
    evaluations: "N",
    noiseLaw:
      "N uniforms for each variable, through a Dirichlet copula, and one that chooses the categories' order; at most C^N cells, enumerated up to 4096",
    specialCases: ["with two categories, arms:N", "loorf:N with independent samples"],
    standardInstances: ["carms-i:2", "carms-i:3"],
    parameters: [.samples], make: { CARMSI(samples: $0.count(0)) })

  private static func yinYueZhou(_ place: String) -> Citation {
    Citation(
      authors: "Yin, Yue, Zhou",
      title:
        "ARSM: Augment-REINFORCE-Swap-Merge Estimator for Gradient Backpropagation Through Categorical Variables",
      venue: "ICML", year: 2019, place: place, arXiv: "1905.01413")
  }

  static let ars = Entry(
    pattern: "ars", aliases: [], fullName: "ARS, augment-REINFORCE-swap",
    citations: [yinYueZhou("the ARS estimator")], evaluations: "C",
    noiseLaw:
      "for each variable a Dirichlet vector, made of C uniforms, and one uniform that chooses the reference category; linear within convex pieces of the simplex, enumerated up to C = 4 for one variable, C = 3 for several",
    specialCases: ["its mean over the reference category is arsm", "Var arsm <= Var ars"],
    standardInstances: ["ars"], make: { _ in ARS() })

  static let arsm = Entry(
    pattern: "arsm", aliases: [], fullName: "ARSM, augment-REINFORCE-swap-merge",
    citations: [yinYueZhou("the ARSM estimator")], evaluations: "C (C - 1) / 2 + 1",
    noiseLaw:
      "for each variable a Dirichlet vector, made of C uniforms; linear within convex pieces of the simplex, enumerated up to C = 4 for one variable, C = 3 for several",
    specialCases: ["with two categories, arm at the difference of the logits"],
    standardInstances: ["arsm"], make: { _ in ARSM() })

  static let unorderedSet = Entry(
    pattern: "unord:K", aliases: ["unordered-set"], fullName: "UNORD, the unordered-set estimator",
    citations: [
      Citation(
        authors: "Kool, van Hoof, Welling",
        title: "Estimating Gradients for Discrete Random Variables by Sampling without Replacement",
        venue: "ICLR", year: 2020, place: "the unordered set policy gradient estimator with baseline",
        arXiv: "2002.06043")
    ],
    evaluations: "K",
    noiseLaw:
      "K uniforms for each variable, through drawing K joint states without replacement; one cell for each sequence of states, enumerated up to 16384",
    specialCases: ["with all joint states in the set, the exact gradient"],
    standardInstances: ["unord:2", "unord:3"],
    parameters: [.setStates], make: { UnorderedSet(states: $0.count(0)) })
}
