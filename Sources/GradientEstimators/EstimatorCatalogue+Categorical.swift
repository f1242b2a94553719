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
}
