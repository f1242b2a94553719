/// The coupled estimators of categorical variables.
extension EstimatorCatalogue {
  private static func carms(_ place: String) -> Citation {
    Citation(
      authors: "Dimitriev, Zhou",
      title: "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator",
      venue: "NeurIPS", year: 2021, place: place, arXiv: "2110.14002")
  }

  private static func dongMnihTucker(_ place: String) -> Citation {
    Citation(
      authors: "Dong, Mnih, Tucker", title: "Coupled Gradient Estimators for Discrete Latent Variables",
      venue: "NeurIPS", year: 2021, place: place, arXiv: "2106.08056")
  }

  static let carmsG = Entry(
    pattern: "carms-g:N", aliases: ["carms-gumbel"],
    fullName: "CARMS with the Dirichlet copula and Gumbel sampling",
    citations: [carms("CARMS-G, in the pair form, its joint probabilities by quadrature")],
    evaluations: "N",
    noiseLaw:
      "N uniforms for each variable and category, through a Dirichlet copula each; at most C^N cells, integrated for N = 2 and 3 up to 4096",
    specialCases: ["loorf:N with independent samples"],
    standardInstances: ["carms-g:2"],
    parameters: [.samples], make: { CARMSG(samples: $0.count(0)) })

  static let carmsSB = Entry(
    pattern: "carms-sb:N", aliases: ["carms-stick-breaking"],
    fullName: "CARMS with the Dirichlet copula and stick breaking",
    citations: [carms("the stick-breaking variant, in the pair form")],
    evaluations: "N",
    noiseLaw:
      "N uniforms for each variable and stick, through a Dirichlet copula each; at most C^N cells, enumerated up to 4096",
    specialCases: [
      "with two categories, arms:N", "carms-sb:2 has the law of disarm-iw",
      "loorf:N with independent samples",
    ],
    standardInstances: ["carms-sb:2", "carms-sb:3"],
    parameters: [.samples], make: { CARMSSB(samples: $0.count(0)) })

  static let disarmIW = Entry(
    pattern: "disarm-iw", aliases: [], fullName: "DisARM-IW, importance-weighted, over ascending sticks",
    citations: [dongMnihTucker("the importance-weighted estimator")], evaluations: "2",
    noiseLaw:
      "one uniform for each variable and stick; the gradient is constant between pi and 1 - pi and outside",
    specialCases: ["with two categories, disarm", "carms-sb:2 has its law"],
    standardInstances: ["disarm-iw"],
    make: { _ in DisARMIW() })

  static let disarmSB = Entry(
    pattern: "disarm-sb", aliases: [], fullName: "DisARM-SB, over ascending sticks",
    citations: [dongMnihTucker("the stick-breaking estimator")], evaluations: "2",
    noiseLaw:
      "one uniform for each variable and stick; the gradient is constant between pi and 1 - pi and outside",
    specialCases: ["with two categories, disarm"], standardInstances: ["disarm-sb"],
    make: { _ in DisARMSB() })

  static let disarmTree = Entry(
    pattern: "disarm-tree", aliases: [], fullName: "DisARM-Tree, over a balanced binary tree",
    citations: [dongMnihTucker("the estimator with a binary tree")], evaluations: "2",
    noiseLaw:
      "one uniform for each variable and node; the gradient is constant between p and 1 - p and outside",
    specialCases: ["with two categories, disarm"], standardInstances: ["disarm-tree"],
    make: { _ in DisARMTree() })
}
