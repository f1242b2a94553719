/// The estimators of multi-sample bounds.
extension EstimatorCatalogue {
  static let vimco = Entry(
    pattern: "vimco:K", aliases: [], fullName: "VIMCO",
    citations: [
      Citation(
        authors: "Mnih, Rezende", title: "Variational Inference for Monte Carlo Objectives", venue: "ICML",
        year: 2016, place: "the VIMCO estimator with the geometric mean")
    ],
    evaluations: "K",
    noiseLaw: "K uniforms for each variable; the gradient is constant on either side of p in each",
    specialCases: ["its target is the gradient of the K-sample bound"],
    standardInstances: ["vimco:2", "vimco:3"],
    parameters: [.boundSamples], make: { VIMCO(samples: $0.count(0)) })

  static let localDisARM = Entry(
    pattern: "local-disarm:K", aliases: [], fullName: "Local DisARM for multi-sample bounds",
    citations: [
      Citation(
        authors: "Dong, Mnih, Tucker",
        title: "DisARM: An Antithetic Gradient Estimator for Binary Latent Variables",
        venue: "NeurIPS", year: 2020, place: "the extension to multi-sample objectives", arXiv: "2006.10680")
    ],
    evaluations: "2 K",
    noiseLaw:
      "one uniform for each pair and variable; the gradient is constant between p and 1 - p and outside",
    specialCases: ["its target is the gradient of the K-sample bound"],
    standardInstances: ["local-disarm:2"],
    parameters: [.boundPairs], make: { LocalDisARM(samples: $0.count(0)) })

  static let localARMS = Entry(
    pattern: "local-arms:K,N", aliases: [], fullName: "Local ARMS for multi-sample bounds",
    citations: [
      Citation(
        authors: "Dimitriev, Zhou",
        title: "ARMS: Antithetic-REINFORCE-Multi-Sample Gradient for Binary Variables",
        venue: "ICML", year: 2021, place: "the multi-sample objective", arXiv: "2105.14141")
    ],
    evaluations: "K + N",
    noiseLaw:
      "K uniforms for each variable, split at p, and N through a Dirichlet copula: at most 2^N cells",
    specialCases: ["its target is the gradient of the K-sample bound"],
    standardInstances: ["local-arms:2,2", "local-arms:2,3"],
    parameters: [.boundSamples, .samples],
    make: { LocalARMS(samples: $0.count(0), antitheticSamples: $0.count(1)) })
}
