import ExactExpectations
import GradientEstimators
import Testing

@testable import Verification

@Suite("Formulas for estimators with derivatives")
struct DerivativeFormulaTests {
  private func agree(
    _ estimator: any GradientEstimator, _ problem: Problem, tolerance: Double = 1e-11
  ) throws -> Bool {
    let moments = try exactMoments(of: estimator, on: problem)
    let mean = try #require(MeanFormula.mean(of: estimator, on: problem))
    let size = moments.mean.reduce(1e-3) { max($0, $1.magnitude) }
    var agrees = zip(moments.mean, mean).allSatisfy { ($0 - $1).magnitude < tolerance * size }
    if let variance = VarianceFormula.variance(of: estimator, on: problem) {
      agrees =
        agrees && zip(moments.variance, variance).allSatisfy { ($0 - $1).magnitude < tolerance * (size + $1) }
    }
    return agrees
  }

  @Test(
    "Cubature of the production code agrees with adaptive quadrature over the logistic noise",
    arguments: [0.01, 0.5, 10])
  func bits(temperature: Double) throws {
    for logit in [-6, 0, 0.7] {
      for objective: Problem.Objective in [
        .table(values: [1.2, -0.4]), .quadratic(target: 0.499),
        .perceptron(weights: [[1.5], [-0.8]], biases: [-0.4, 0.3], outputs: [1.2, 2]),
      ] {
        let problem = try Problem(name: "one bit", latent: .binary(logits: [logit]), objective: objective)
        #expect(try agree(GumbelSoftmax(temperature: temperature), problem), "\(logit) \(objective)")
        #expect(try agree(StraightThroughGumbel(temperature: temperature), problem), "\(logit) \(objective)")
      }
    }
  }

  @Test("Three categories: exponential clocks agree with quadrature over the Gumbels' differences")
  func categories() throws {
    let problem = try #require(try Fixtures.problems(17).first)
    for estimator: any GradientEstimator in [
      GumbelSoftmax(temperature: 0.5), StraightThroughGumbel(temperature: 0.2),
    ] {
      let moments = try exactMoments(of: estimator, on: problem)
      let mean = try #require(MeanFormula.mean(of: estimator, on: problem))
      #expect(zip(moments.mean, mean).allSatisfy { ($0 - $1).magnitude < 1e-12 })
    }
  }

  @Test("A formula for another temperature does not agree: the comparison can fail")
  func disagreement() throws {
    let problem = try #require(try Fixtures.problems(15).first)
    let moments = try exactMoments(of: GumbelSoftmax(temperature: 0.5), on: problem)
    let other = try #require(MeanFormula.mean(of: GumbelSoftmax(temperature: 0.501), on: problem))
    #expect((moments.mean[0] - other[0]).magnitude > 1e-6)
  }

  @Test("Straight-through and MuProp agree with enumeration, on every problem that they take")
  func states() throws {
    for problem in try Problem.loadAll(in: Fixtures.folder) {
      for estimator in ["st", "st-identity", "st-hard", "muprop"].compactMap({
        try? EstimatorCatalogue.make($0)
      })
      where estimator.supports(problem.latentVariables) {
        #expect(try agree(estimator, problem), "\(estimator.name) on \(problem.name)")
      }
    }
  }

  @Test("Several bits: the formula puts the others' means in their place, and needs a multilinear f or a sum")
  func several() throws {
    let problems = try Fixtures.problems(8, 9, 16)
    let estimator = GumbelSoftmax(temperature: 0.5)
    #expect(MeanFormula.mean(of: estimator, on: problems[0]) != nil)
    #expect(MeanFormula.mean(of: estimator, on: problems[1]) != nil)
    #expect(MeanFormula.mean(of: estimator, on: problems[2]) == nil)
    #expect(MeanFormula.mean(of: StraightThroughGumbel(temperature: 0.5), on: problems[2]) != nil)
  }
}
