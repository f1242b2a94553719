import ElementwiseKernels
import GradientEstimators
import RandomStreams
import RealModule
import Testing

@testable import ExactExpectations

@Suite("Exact moments of learnt control variates")
struct ControlVariateMomentsTests {
  @Test("NVIL, double control variates and RODEO are unbiased whatever they have learnt")
  func learned() throws {
    for problem in try Fixtures.problems() {
      let weights = (0..<problem.variables).map { $0.isMultiple(of: 2) ? 0.7 : -1.9 }
      let states: [(any GradientEstimator, [Double])] = [
        (NVIL(), [0.4, 7, -5, 6] + weights),
        (DoubleControlVariates(samples: 2), [-1.3, 1]), (DoubleControlVariates(samples: 3), [2, 1]),
        (RODEO(samples: 2), [1.5, 1, -0.7, 1, -1.1, 1, 0.9, 1, 0.8]),
        (RODEO(samples: 3), [-2, 1, 0.7, 1, 1.3, 1, -2, 1, 0.2]),
      ]
      for (plain, state) in states where problem.variables < 4 || plain is NVIL {
        var estimator = plain
        estimator.state = state
        let moments = try exactMoments(of: estimator, on: problem)
        #expect(moments.relativeBias < 1e-10, "\(estimator.name) on \(problem.name): \(moments.bias)")
      }
    }
  }

  @Test("REBAR and RELAX are unbiased at every temperature and scale, with a network or without")
  func relaxed() throws {
    for (number, logTemperature, scale) in [(2, -9.0, 0.8), (15, -1.2, -2), (4, -0.1, 1.4)] {
      let problem = try Problem.loadAll(in: Fixtures.folder)[number - 1]
      // The second step of a pair; -9 stands for the lowest temperature, 0.1.
      let state = [scale, 1, logTemperature, 1]
      var rebar = REBAR()
      rebar.state = state
      var relax = RELAX()
      let outputs: [Double] = (0..<8).map { 0.25 - Double($0) / 16 }
      let parameters: [Double] = outputs + (8..<24).map { (place: Int) in 2 * .sin(Double(3 * place)) }
      relax.state = state + [2.3, 1] + parameters + [Double](repeating: 0, count: 48)
      for estimator: any GradientEstimator in [rebar, relax] {
        let moments = try exactMoments(of: estimator, on: problem)
        #expect(moments.relativeBias < 1e-10, "\(estimator.name) on \(problem.name): \(moments.bias)")
      }
    }
  }

  @Test(
    "Learning makes the exact variance smaller: each estimator on a problem where it must",
    arguments: [
      // The share of the variance that may be left.
      ("nvil", 2, 0.1), ("double-cv:2", 16, 0.7), ("double-cv:3", 16, 0.7), ("rodeo:2", 8, 0.9),
      ("rodeo:3", 8, 0.9),
    ])
  func learning(name: String, number: Int, share: Double) throws {
    let problem = try Problem.loadAll(in: Fixtures.folder)[number - 1]
    let estimator = try EstimatorCatalogue.make(name)
    let before = try totalVariance(of: estimator, on: problem)
    let after = try totalVariance(of: taught(estimator, on: problem, steps: 300), on: problem)
    #expect(after < share * before, "\(before) before, \(after) after")
  }

  @Test("Learning makes the exact variance of REBAR and RELAX smaller, from REINFORCE on")
  func relaxedLearning() throws {
    let problem = try Problem.loadAll(in: Fixtures.folder)[14]
    let before = try totalVariance(of: REINFORCE(), on: problem)
    let rebar = try totalVariance(of: taught(REBAR(scale: 0), on: problem, steps: 300), on: problem)
    let relax = try totalVariance(of: taught(RELAX(scale: 0), on: problem, steps: 300), on: problem)
    #expect(rebar < 0.5 * before, "\(before) before, \(rebar) after")
    #expect(relax < 0.5 * before, "\(before) before, \(relax) after")
  }

  private func totalVariance(of estimator: any GradientEstimator, on problem: Problem) throws -> Double {
    try exactMoments(of: estimator, on: problem).variance.reduce(0, +)
  }

  /// The estimator after steps of 16 rows on the problem.
  private func taught(
    _ estimator: any GradientEstimator, on problem: Problem, steps: Int
  ) -> any GradientEstimator {
    var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: 16)
    for step in 0..<steps {
      let perRow = batch.noisePerRow
      var noise = batch.noise.mutableSpan
      RandomStream(seed: 0, purpose: .verification, step: UInt64(step))
        .fillUniforms(rows: 0..<16, perRow: perRow, into: &noise)
      batch.run()
      batch.observe()
    }
    return batch.estimator
  }
}
