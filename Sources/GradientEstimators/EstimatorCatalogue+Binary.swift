/// The estimators of one layer of binary variables, some of which take categorical ones too.
extension EstimatorCatalogue {
  static let williams = Citation(
    authors: "Williams",
    title: "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning",
    venue: "Machine Learning 8", year: 1992, place: "Theorem 1")

  private static func yinZhou(_ place: String) -> Citation {
    Citation(
      authors: "Yin, Zhou",
      title: "ARM: Augment-REINFORCE-Merge Gradient for Stochastic Binary Networks",
      venue: "ICLR", year: 2019, place: place, arXiv: "1807.11143")
  }

  static let reinforce = Entry(
    pattern: "reinforce", aliases: ["score-function"],
    fullName: "REINFORCE, the score-function estimator",
    citations: [williams], evaluations: "1",
    noiseLaw: "one uniform for each variable; the gradient is constant on either side of p",
    specialCases: ["E[ar | z] = reinforce"], standardInstances: ["reinforce"],
    make: { _ in REINFORCE() })

  static let runningMean = Entry(
    pattern: "reinforce-ema", aliases: ["reinforce-baseline"],
    fullName: "REINFORCE with a running-mean baseline",
    citations: [
      williams,
      Citation(
        authors: "Mnih, Gregor", title: "Neural Variational Inference and Learning in Belief Networks",
        venue: "ICML", year: 2014, place: "the input-independent baseline"),
    ],
    evaluations: "1",
    noiseLaw: "one uniform for each variable; the gradient is constant on either side of p",
    specialCases: ["at its first step, reinforce"], standardInstances: ["reinforce-ema"],
    make: { _ in RunningMeanREINFORCE() })

  static let ar = Entry(
    pattern: "ar", aliases: ["augment-reinforce"], fullName: "AR, augment-REINFORCE",
    citations: [yinZhou("section 2")], evaluations: "1",
    noiseLaw: "one uniform u for each variable; the gradient is linear in u on either side of p",
    specialCases: ["E[ar | z] = reinforce"], standardInstances: ["ar"],
    make: { _ in AR() })

  static let arm = Entry(
    pattern: "arm", aliases: [], fullName: "ARM, augment-REINFORCE-merge",
    citations: [yinZhou("Algorithm 1")], evaluations: "2",
    noiseLaw: "one uniform u for each variable; the gradient is linear in u between p and 1 - p and outside",
    specialCases: ["1/2 (ar at u + ar at 1 - u) = arm", "E[arm | z1, z2] = disarm"],
    standardInstances: ["arm"],
    make: { _ in ARM() })

  static let disarm = Entry(
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
    evaluations: "2 for each pair",
    noiseLaw:
      "one uniform for each pair and variable; the gradient is constant between p and 1 - p and outside",
    specialCases: ["E[arm | z1, z2] = disarm", "arms:2 = disarm", "Var disarm:n = Var disarm / n"],
    standardInstances: ["disarm", "disarm:2"],
    parameters: [.pairs], make: { DisARM(pairs: $0.count(0)) })

  static let loorf = Entry(
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
    evaluations: "N",
    noiseLaw: "N uniforms for each variable; the gradient is constant on either side of p in each",
    specialCases: ["arms:N and carms-i:N with independent samples"],
    standardInstances: ["loorf:2", "loorf:3", "loorf:4"],
    parameters: [.samples], make: { LOORF(samples: $0.count(0)) })

  private static func dimitrievZhou(_ place: String) -> Citation {
    Citation(
      authors: "Dimitriev, Zhou",
      title: "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables",
      venue: "ICML", year: 2021, place: place, arXiv: "2105.14141")
  }

  static let arms = Entry(
    pattern: "arms:N", aliases: [], fullName: "ARMS with the Dirichlet copula",
    citations: [dimitrievZhou("Algorithm 1, Dirichlet copula")], evaluations: "N",
    noiseLaw:
      "N uniforms for each variable, through a Dirichlet copula; which samples take the variable's rarer value decides everything: at most 2^N cells",
    specialCases: ["arms:2 = disarm", "loorf:N with independent samples"],
    standardInstances: ["arms:2", "arms:3", "arms:4"],
    parameters: [.samples], make: { ARMS(samples: $0.count(0)) })

  static let armsNormal = Entry(
    pattern: "arms-normal:N", aliases: ["arms-n"], fullName: "ARMS with the Gaussian copula",
    citations: [dimitrievZhou("the Gaussian copula")], evaluations: "N",
    noiseLaw:
      "N uniforms for each variable, through a Gaussian copula of correlation -1/(N-1); at most 2^N cells, enumerated up to N = 6",
    specialCases: ["arms-normal:2 has the law of disarm", "loorf:N with independent samples"],
    standardInstances: ["arms-normal:2", "arms-normal:3", "arms-normal:4"],
    parameters: [.samples], make: { ARMSNormal(samples: $0.count(0)) })

  static let localExpectationGradients = Entry(
    pattern: "leg", aliases: ["local-expectation-gradients"], fullName: "Local expectation gradients",
    citations: [
      Citation(
        authors: "Titsias, Lazaro-Gredilla",
        title: "Local Expectation Gradients for Black Box Variational Inference",
        venue: "NIPS", year: 2015, place: "the estimator for discrete variables")
    ],
    evaluations: "D + 1",
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

  static let bitflip1 = Entry(
    pattern: "bitflip-1", aliases: [], fullName: "bitflip-1",
    citations: [kunes("the bitflip-1 estimator")], evaluations: "2",
    noiseLaw:
      "one uniform for each variable, and one that chooses a variable; the gradient is constant on either side of p and between multiples of 1/D",
    specialCases: ["leg on one random coordinate, times D"], standardInstances: ["bitflip-1"],
    make: { _ in Bitflip1() })

  static let ugc = Entry(
    pattern: "ugc", aliases: [], fullName: "UGC, unbiased gradient variance clipping",
    citations: [kunes("the UGC estimator")], evaluations: "3",
    noiseLaw:
      "one uniform for each variable, and one that chooses a variable; the gradient is constant between p and 1 - p, outside, and between multiples of 1/D",
    specialCases: [
      "bitflip-1 in the coordinates with min(p, 1 - p) < 1/(2D)", "disarm in the others",
      "Var ugc <= Var disarm where f is monotone in each variable",
    ],
    standardInstances: ["ugc"],
    make: { _ in UGC() })
}
