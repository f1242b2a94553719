/// The estimators that use the derivative of the objective.
extension EstimatorCatalogue {
  static let muprop = Entry(
    pattern: "muprop", aliases: [], fullName: "MuProp",
    citations: [
      Citation(
        authors: "Gu, Levine, Sutskever, Mnih",
        title: "MuProp: Unbiased Backpropagation for Stochastic Neural Networks",
        venue: "ICLR", year: 2016, place: "the estimator for one layer", arXiv: "1511.05176")
    ],
    evaluations: "2, and the derivative at one",
    noiseLaw: "one uniform for each variable; the gradient is constant on either side of p",
    specialCases: ["the exact gradient where f is affine in all variables together"],
    standardInstances: ["muprop"],
    make: { _ in MuProp() })

  private static let bengio = Citation(
    authors: "Bengio, Leonard, Courville",
    title: "Estimating or Propagating Gradients Through Stochastic Neurons for Conditional Computation",
    venue: "arXiv", year: 2013, place: "the straight-through estimator")

  private static let straightThroughNoise =
    "one uniform for each variable; the gradient is constant on either side of p"

  static let straightThrough = Entry(
    pattern: "st", aliases: ["straight-through"],
    fullName: "Straight-through with the derivative of the mean",
    citations: [bengio], evaluations: "1, and its derivative", noiseLaw: straightThroughNoise,
    specialCases: ["leg, and unbiased, where f is affine in each variable"], standardInstances: ["st"],
    make: { _ in StraightThrough(.mean) })

  static let straightThroughIdentity = Entry(
    pattern: "st-identity", aliases: [], fullName: "Straight-through, the identity",
    citations: [bengio], evaluations: "1, and its derivative", noiseLaw: straightThroughNoise,
    specialCases: ["st over p (1 - p)"], standardInstances: ["st-identity"],
    make: { _ in StraightThrough(.identity) })

  static let straightThroughHard = Entry(
    pattern: "st-hard", aliases: [], fullName: "Straight-through with the hard tanh",
    citations: [
      Citation(
        authors: "Courbariaux, Hubara, Soudry, El-Yaniv, Bengio",
        title:
          "Binarized Neural Networks: Training Deep Neural Networks with Weights and Activations Constrained to +1 or -1",
        venue: "arXiv", year: 2016, place: "the gradient through the sign function")
    ],
    evaluations: "1, and its derivative", noiseLaw: straightThroughNoise,
    specialCases: ["st-identity where |logit| <= 1, 0 elsewhere"], standardInstances: ["st-hard"],
    make: { _ in StraightThrough(.hardTanh) })

  private static func jang(_ place: String) -> Citation {
    Citation(
      authors: "Jang, Gu, Poole", title: "Categorical Reparameterization with Gumbel-Softmax",
      venue: "ICLR", year: 2017, place: place, arXiv: "1611.01144")
  }

  private static let relaxedNoise =
    "one uniform for each variable, C - 1 more for each categorical one; the gradient is a smooth function of them on either side of what decides the hard sample"

  static let gumbelSoftmax = Entry(
    pattern: "gumbel:TAU", aliases: ["gumbel-softmax", "concrete"],
    fullName: "Gumbel-softmax, also Concrete; for bits Gumbel-sigmoid",
    citations: [
      jang("the Gumbel-softmax estimator"),
      Citation(
        authors: "Maddison, Mnih, Teh",
        title: "The Concrete Distribution: A Continuous Relaxation of Discrete Random Variables",
        venue: "ICLR", year: 2017, place: "the binary and the categorical Concrete law", arXiv: "1611.00712"),
    ],
    evaluations: "1, and its derivative", noiseLaw: relaxedNoise,
    specialCases: ["st-gumbel:TAU where f is affine in all variables together"],
    standardInstances: ["gumbel:0.5", "gumbel:1"],
    parameters: [.temperature], make: { GumbelSoftmax(temperature: $0.real(0)) },
    layered: { DeepConcrete(temperature: $0.real(0)) },
    layeredCategorical: { DeepCategorical(GumbelSoftmax(temperature: $0.real(0)), categories: $1) })

  static let straightThroughGumbel = Entry(
    pattern: "st-gumbel:TAU", aliases: ["st-gumbel-softmax"],
    fullName: "Straight-through Gumbel-softmax",
    citations: [jang("the straight-through Gumbel-softmax estimator")],
    evaluations: "1, and its derivative", noiseLaw: relaxedNoise,
    specialCases: ["gumbel:TAU where f is affine in all variables together"],
    standardInstances: ["st-gumbel:0.5"],
    parameters: [.temperature], make: { StraightThroughGumbel(temperature: $0.real(0)) },
    layered: { DeepStraightThroughGumbel(temperature: $0.real(0)) },
    layeredCategorical: { DeepCategorical(StraightThroughGumbel(temperature: $0.real(0)), categories: $1) })
}
