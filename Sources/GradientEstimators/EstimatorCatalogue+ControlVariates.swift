/// The estimators of one layer of binary variables whose baselines and control variates are learnt along the way.
extension EstimatorCatalogue {
  static let nvil = Entry(
    pattern: "nvil", aliases: [],
    fullName: "NVIL: REINFORCE with a running and a logit-dependent baseline, without variance normalisation",
    citations: [
      Citation(
        authors: "Mnih, Gregor", title: "Neural Variational Inference and Learning in Belief Networks",
        venue: "ICML", year: 2014, place: "the centred signal with the input-dependent baseline")
    ],
    evaluations: "1",
    noiseLaw: "one uniform for each variable; the gradient is constant on either side of p",
    specialCases: ["at its first step, reinforce"], standardInstances: ["nvil"],
    make: { _ in NVIL() })

  static let rebar = Entry(
    pattern: "rebar", aliases: [], fullName: "REBAR",
    citations: [
      Citation(
        authors: "Tucker, Mnih, Maddison, Lawson, Sohl-Dickstein",
        title: "REBAR: Low-variance, unbiased gradient estimates for discrete latent variable models",
        venue: "NIPS", year: 2017, place: "the estimator for one layer", arXiv: "1703.07370")
    ],
    evaluations: "3, with 2 derivatives",
    noiseLaw:
      "two uniforms for each variable; the gradient is analytic in the first on either side of p, in the second throughout",
    specialCases: ["with eta = 0, reinforce"], standardInstances: ["rebar"],
    make: { _ in REBAR() })

  static let relax = Entry(
    pattern: "relax", aliases: [], fullName: "RELAX",
    citations: [
      Citation(
        authors: "Grathwohl, Choi, Wu, Roeder, Duvenaud",
        title:
          "Backpropagation through the Void: Optimizing control variates for black-box gradient estimation",
        venue: "ICLR", year: 2018, place: "the estimator for discrete variables", arXiv: "1711.00123")
    ],
    evaluations: "3, with 2 derivatives",
    noiseLaw:
      "two uniforms for each variable; the gradient is analytic in the first on either side of p, in the second throughout",
    specialCases: ["at its first step, rebar", "with eta = 0 and r = 0, reinforce"],
    standardInstances: ["relax"],
    make: { _ in RELAX() })

  static let doubleControlVariates = Entry(
    pattern: "double-cv:N", aliases: [], fullName: "double control variates",
    citations: [
      Citation(
        authors: "Titsias, Shi",
        title: "Double Control Variates for Gradient Estimation in Discrete Latent Variable Models",
        venue: "AISTATS", year: 2022, place: "the estimator for binary variables", arXiv: "2111.05300")
    ],
    evaluations: "N, with N derivatives",
    noiseLaw: "N uniforms for each variable; the gradient is constant on either side of p",
    specialCases: ["with alpha = 0, loorf:N"], standardInstances: ["double-cv:2", "double-cv:3"],
    parameters: [.samples], make: { DoubleControlVariates(samples: $0.count(0)) })

  static let rodeo = Entry(
    pattern: "rodeo:N", aliases: [],
    fullName: "RODEO with the Gibbs operator and learnt combinations of two fixed functions",
    citations: [
      Citation(
        authors: "Shi, Zhou, Hwang, Titsias, Mackey",
        title: "Gradient Estimation with Discrete Stein Operators",
        venue: "NeurIPS", year: 2022, place: "the estimator with the Gibbs operator", arXiv: "2202.09497")
    ],
    evaluations: "N, with N derivatives",
    noiseLaw: "N uniforms for each variable; the gradient is constant on either side of p",
    specialCases: ["with all coefficients 0, loorf:N"], standardInstances: ["rodeo:2", "rodeo:3"],
    parameters: [.samples], make: { RODEO(samples: $0.count(0)) })
}
