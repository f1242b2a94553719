import ElementwiseKernels
import GradientEstimators
import RealModule
import Testing

@testable import ExactExpectations

@Suite("Exact moments of biased estimators")
struct BiasedEstimatorTests {
  @Test(
    "Straight-through with the mean proxy is unbiased on every table, and biased on every perceptron")
  func straightThroughOnTables() throws {
    for problem in try Fixtures.problems() + Fixtures.categoricalProblems() {
      let moments = try exactMoments(of: StraightThrough(), on: problem)
      switch problem.objective {
      case .table: #expect(moments.relativeBias < 1e-12, "\(problem.name)")
      case .perceptron: #expect(moments.relativeBias > 0.01, "\(problem.name)")
      // At p = 1/2 the derivative's mean is the difference, by symmetry.
      case .quadratic: continue
      }
    }
  }

  @Test(
    "The quadratic (z - t)^2: straight-through has the mean 2 (p - t) times its proxy",
    arguments: [-3, -0.8, 0.3])
  func quadratic(logit: Double) throws {
    let target = 0.499
    let problem = try Problem(
      name: "toy", latent: .binary(logits: [logit]), objective: .quadratic(target: target))
    let p = Double.sigmoid(logit)
    let proxies: [(StraightThrough.Proxy, Double)] = [
      (.mean, p * (1 - p)), (.identity, 1), (.hardTanh, abs(logit) <= 1 ? 1 : 0),
    ]
    for (proxy, factor) in proxies {
      let moments = try exactMoments(of: StraightThrough(proxy), on: problem)
      #expect((moments.gradient[0] - (1 - 2 * target) * p * (1 - p)).magnitude < 1e-15)
      #expect((moments.mean[0] - 2 * (p - target) * factor).magnitude < 1e-15)
      #expect((moments.variance[0] - 4 * p * (1 - p) * factor * factor).magnitude < 1e-14)
      let error = (moments.bias[0] * moments.bias[0] + moments.variance[0]).squareRoot()
      #expect((moments.rootMeanSquaredError[0] - error).magnitude < 1e-15)
    }
  }

  @Test(
    "Gumbel-sigmoid at temperature 1 has a closed form where f is affine",
    arguments: [-6, -1.5, 0.3, 2, 6])
  func closedForm(logit: Double) throws {
    let problem = try Problem(
      name: "affine", latent: .binary(logits: [logit]), objective: .table(values: [0, 1]))
    // E[y] = a (a - 1 - log a) / (a - 1)^2 with a = exp(logit); its derivative with respect to log a.
    let a = Double.exp(logit)
    let numerator = a * (a - 1 - logit)
    let slope = (2 * a - 2 - logit) / ((a - 1) * (a - 1)) - 2 * numerator / ((a - 1) * (a - 1) * (a - 1))
    for estimator: any GradientEstimator in [
      GumbelSoftmax(temperature: 1), StraightThroughGumbel(temperature: 1),
    ] {
      let moments = try exactMoments(of: estimator, on: problem)
      #expect((moments.mean[0] / (a * slope) - 1).magnitude < 1e-11)
    }
  }

  @Test("Two categories and a bit of the same odds have the same moments", arguments: [0.1, 0.5, 1, 4])
  func twoCategories(temperature: Double) throws {
    let bit = try Problem(name: "bit", latent: .binary(logits: [0.8]), objective: .quadratic(target: 0.3))
    let category = try Problem(
      name: "category", latent: .categorical(categories: 2, logits: [[-0.5, 0.3]]),
      objective: .quadratic(target: 0.3))
    for estimator: any GradientEstimator in [
      GumbelSoftmax(temperature: temperature), StraightThroughGumbel(temperature: temperature),
      StraightThrough(),
    ] {
      let first = try exactMoments(of: estimator, on: bit)
      let second = try exactMoments(of: estimator, on: category)
      #expect((second.mean[1] - first.mean[0]).magnitude < 1e-12)
      #expect((second.mean[0] + first.mean[0]).magnitude < 1e-12)
      #expect((second.variance[1] - first.variance[0]).magnitude < 1e-10)
    }
  }

  @Test("The bias of Gumbel-sigmoid falls towards temperature 0 while its variance rises")
  func temperature() throws {
    let problem = try #require(try Fixtures.problems().first { $0.name.contains("not affine") })
    let moments = try [0.01, 0.03, 0.1].map {
      try exactMoments(of: GumbelSoftmax(temperature: $0), on: problem)
    }
    #expect(
      moments[0].relativeBias < moments[1].relativeBias && moments[1].relativeBias < moments[2].relativeBias)
    #expect(moments[0].variance[0] > 2 * moments[1].variance[0])
    #expect(moments[1].variance[0] > 2 * moments[2].variance[0])
  }

  @Test("The hard sample's law is exact even where the moments are out of reach")
  func sampleLaw() throws {
    let problem = try #require(try Fixtures.categoricalProblems().first { $0.variables == 3 })
    let estimator = StraightThroughGumbel(temperature: 0.5)
    #expect(throws: ExactExpectationError.self) { try exactMoments(of: estimator, on: problem) }
    let expected = try sampleLaws(of: REINFORCE(), on: problem, variableSets: [[0, 1, 2]])[0]
    let found = try sampleLaws(of: estimator, on: problem, variableSets: [[0, 1, 2]])[0]
    #expect(zip(found.probabilities, expected.probabilities).allSatisfy { ($0 - $1).magnitude < 1e-15 })
  }
}
