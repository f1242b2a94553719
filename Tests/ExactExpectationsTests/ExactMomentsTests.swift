import ElementwiseKernels
import Foundation
import GradientEstimators
import RealModule
import Testing

@testable import ExactExpectations

@Suite("Exact moments")
struct ExactMomentsTests {
  @Test(
    "Every unbiased estimator has a bias below 1e-10 of the gradient on every fixture",
    arguments: EstimatorCatalogue.entries.filter(\.isUnbiased).flatMap(\.standardInstances))
  func unbiased(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    for problem in try Fixtures.problems() + Fixtures.categoricalProblems()
    where estimator.supports(problem.latentVariables) && Self.isQuick(estimator, problem) {
      do {
        let moments = try exactMoments(of: estimator, on: problem)
        #expect(moments.relativeBias < 1e-10, "\(problem.name): \(moments.bias)")
      } catch {
        #expect(error.isOutOfReach, "\(error)")
      }
    }
  }

  /// In a debug build: four independent samples of the largest categorical problem have half a million nodes; the
  /// relaxations have 70 thousand with one variable, and more than are allowed with two; local-ARMS takes eight seconds for
  /// four bits; ARS and ARSM have hundreds of thousands of nodes with two variables.
  private static func isQuick(_ estimator: any GradientEstimator, _ problem: Problem) -> Bool {
    let evaluations = estimator.evaluations(variables: problem.latentVariables)
    return !(estimator is REBAR || estimator is RELAX) && (problem.stateCount < 27 || evaluations < 4)
      && (problem.stateCount < 16 || !(estimator is LocalARMS || estimator is ARS || estimator is ARSM))
  }

  @Test("The categorical gradient is the sum over states of q f (1[z = c] - p_c), written out")
  func categoricalGradient() throws {
    for problem in try Fixtures.categoricalProblems() {
      guard case .categorical(let categories, let logits) = problem.latent else { continue }
      let p = logits.map { row in row.map { Double.exp($0) / row.reduce(0) { $0 + Double.exp($1) } } }
      var expected = [Double](repeating: 0, count: problem.logits.count)
      for state in 0..<problem.stateCount {
        let z = p.indices.map { problem.value(ofVariable: $0, inState: state) }
        let probability = p.indices.reduce(1.0) { $0 * p[$1][z[$1]] }
        for i in expected.indices {
          let (d, c) = (i / categories, i % categories)
          expected[i] += probability * problem.value(of: state) * ((z[d] == c ? 1 : 0) - p[d][c])
        }
      }
      #expect(zip(expected, exactGradient(of: problem)).allSatisfy { ($0 - $1).magnitude < 1e-13 })
    }
  }

  @Test("Two categories and a bit of the same odds have the same moments: REINFORCE and LOORF")
  func twoCategories() throws {
    let bits = try Problem(
      name: "bits", latent: .binary(logits: [0.8, -1.7]), objective: .table(values: [1, -2, 0.5, 3]))
    let categories = try Problem(
      name: "categories", latent: .categorical(categories: 2, logits: [[0, 0.8], [1, -0.7]]),
      objective: bits.objective)
    for estimator: any GradientEstimator in [REINFORCE(), LOORF(samples: 2), LOORF(samples: 3)] {
      let first = try exactMoments(of: estimator, on: bits)
      let second = try exactMoments(of: estimator, on: categories)
      for d in 0..<2 {
        for (c, sign) in [(1, 1.0), (0, -1.0)] {
          #expect((second.mean[2 * d + c] - sign * first.mean[d]).magnitude < 1e-14)
          #expect((second.variance[2 * d + c] - first.variance[d]).magnitude < 1e-13)
        }
      }
    }
  }

  @Test("CARMS-I of two categories has the moments of ARMS", arguments: 2...4)
  func twoCategoriesCARMS(samples: Int) throws {
    let bits = try Problem(
      name: "bits", latent: .binary(logits: [-0.8, -1.7]), objective: .table(values: [1, -2, 0.5, 3]))
    // ARMS lets the rarer value repel: category 0, the first along the unit interval, is the bit 1.
    let categories = try Problem(
      name: "categories", latent: .categorical(categories: 2, logits: [[-0.8, 0], [-1.7, 0]]),
      objective: .table(values: [3, 0.5, -2, 1]))
    let arms = try exactMoments(of: ARMS(samples: samples), on: bits)
    let carms = try exactMoments(of: CARMSI(samples: samples), on: categories)
    for d in 0..<2 {
      #expect((carms.mean[2 * d] - arms.mean[d]).magnitude < 1e-13)
      #expect((carms.variance[2 * d] - arms.variance[d]).magnitude < 1e-12)
    }
  }

  @Test("An estimator is refused, in one line, on variables that it does not take")
  func unsupported() throws {
    let bits = try Fixtures.problems()[4]
    let categories = try Fixtures.categoricalProblems()[0]
    let cases: [(any GradientEstimator, Problem)] = [
      (ARM(), categories), (ARMS(samples: 2), categories), (CARMSI(samples: 2), bits),
    ]
    for (estimator, problem) in cases {
      let errors = [
        #expect(throws: ExactExpectationError.self) { try exactMoments(of: estimator, on: problem) },
        #expect(throws: ExactExpectationError.self) {
          try sampleLaws(of: estimator, on: problem, variableSets: [[0]])
        },
        #expect(throws: ExactExpectationError.self) {
          try SampleDraws(estimator: estimator, problem: problem, seed: 1)
        },
      ]
      for case let error? in errors {
        #expect(error.description.contains(estimator.name) && error.description.contains(problem.name))
        #expect(!error.description.contains("\n"))
      }
    }
  }

  @Test("CARMS-I beyond the cells that are enumerated is refused, not integrated")
  func largeCARMS() throws {
    let problem = try Fixtures.categoricalProblems()[1]
    let error = #expect(throws: ExactExpectationError.self) {
      try exactMoments(of: CARMSI(samples: 7), on: problem)
    }
    #expect(error?.description.contains("4096 cells") == true)
  }

  @Test("CARMS-I with four to six samples is unbiased on one variable", arguments: 4...6)
  func manyCategoricalSamples(count: Int) throws {
    for problem in try Fixtures.categoricalProblems() where problem.variables == 1 {
      #expect(try exactMoments(of: CARMSI(samples: count), on: problem).relativeBias < 1e-10)
    }
  }

  @Test("A running mean with a baseline is unbiased too, and a baseline changes its variance")
  func runningMean() throws {
    var estimator = RunningMeanREINFORCE()
    estimator.state = [4.6, 3]
    let problem = try Fixtures.problems()[1]
    let moments = try exactMoments(of: estimator, on: problem)
    #expect(moments.relativeBias < 1e-10)
    #expect(moments.variance[0] < 0.1 * (try exactMoments(of: REINFORCE(), on: problem)).variance[0])
  }

  @Test("The bias of a faulty estimator is found: the leave-one-in mean keeps 1 - 1/n of the gradient")
  func fault() throws {
    for problem in try Fixtures.problems() where problem.variables <= 2 {
      let moments = try exactMoments(of: LeaveOneIn(samples: 3), on: problem)
      #expect((moments.relativeBias - 1.0 / 3).magnitude < 1e-10)
    }
  }

  @Test("The gradient is the sum over states of q f (z - p), written out")
  func gradient() throws {
    for problem in try Fixtures.problems() {
      let p = problem.logits.map { 1 / (1 + Double.exp(-$0)) }
      var expected = p.map { _ in 0.0 }
      for state in 0..<problem.stateCount {
        let z = p.indices.map { Double(state >> $0 & 1) }
        let probability = zip(p, z).reduce(1) { $0 * ($1.1 == 1 ? $1.0 : 1 - $1.0) }
        for d in p.indices { expected[d] += probability * problem.value(of: state) * (z[d] - p[d]) }
      }
      #expect(zip(expected, exactGradient(of: problem)).allSatisfy { ($0 - $1).magnitude < 1e-14 })
    }
  }

  @Test(
    "REINFORCE and LOORF: mean and variance by enumeration of the samples, written out", arguments: [1, 2, 3])
  func enumeration(samples: Int) throws {
    for problem in try Fixtures.problems() where problem.variables <= 2 {
      let estimator: any GradientEstimator = samples == 1 ? REINFORCE() : LOORF(samples: samples)
      let moments = try exactMoments(of: estimator, on: problem)
      let expected = SampleEnumeration(problem: problem, samples: samples)
      for d in 0..<problem.variables {
        #expect((moments.mean[d] - expected.mean[d]).magnitude < 1e-13)
        #expect((moments.variance[d] - expected.variance[d]).magnitude < 1e-12)
      }
    }
  }

  @Test("An estimator whose noise law is wrong is refused, not integrated")
  func noiseLaw() throws {
    let problem = try Fixtures.problems()[4]
    #expect(throws: ExactExpectationError.self) { try exactMoments(of: HalfLaw(), on: problem) }
  }

  @Test("An estimator that states no noise law is refused in one line that says why")
  func notEnumerable() throws {
    let problem = try Fixtures.problems()[4]
    let error = #expect(throws: ExactExpectationError.self) {
      try exactMoments(of: ARMSNormal(samples: 7), on: problem)
    }
    #expect(
      error?.description
        == "estimator arms-normal:7 on problem \"\(problem.name)\": no exact moments: the joint law of 7 samples under the Gaussian copula is enumerated up to 6 samples; use fewer samples, or sample instead"
    )
  }

  @Test("ARMS with five and six samples of the Gaussian copula is unbiased on one bit", arguments: [5, 6])
  func manySamples(count: Int) throws {
    for problem in try Fixtures.problems() where problem.variables == 1 {
      #expect(try exactMoments(of: ARMSNormal(samples: count), on: problem).relativeBias < 1e-10)
    }
  }

  @Test("More nodes than can be run through are refused in one line")
  func tooManyNodes() throws {
    let problem = try Problem(
      name: "large", latent: .binary(logits: [Double](repeating: 0.1, count: 16)),
      objective: .quadratic(target: 1))
    let error = #expect(throws: ExactExpectationError.self) {
      try exactMoments(of: LOORF(samples: 4), on: problem)
    }
    #expect(error?.description.contains("\n") == false)
  }

  @Test("The JSON keys are those of the command line")
  func keys() throws {
    let moments = try exactMoments(of: ARM(), on: try Fixtures.problems()[0])
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(moments)) as? [String: Any]
    #expect(object?.keys.sorted() == ["bias", "estimator", "evaluations", "gradient", "mean", "variance"])
  }
}

/// LOORF with its own sample in the baseline: the expectation is (n - 1) / n of the gradient.
private struct LeaveOneIn: GradientEstimator {
  let samples: Int
  private var base: LOORF { LOORF(samples: samples) }

  init(samples: Int) { self.samples = samples }

  var name: String { "leave-one-in" }
  func evaluations(variables: LatentVariables) -> Int { samples }
  func noisePerRow(variables: LatentVariables) -> Int { base.noisePerRow(variables: variables) }
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    base.noiseLaw(logits: logits, variables: variables)
  }
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<
    Double
  > {
    base.gradientBounds(objective: objective, logits: logits, variables: variables, coordinate: coordinate)
  }
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    for i in 0..<gradient.count { gradient[i] *= Scalar(self.samples - 1) / Scalar(self.samples) }
  }
}

/// REINFORCE that claims only half of its noise.
private struct HalfLaw: GradientEstimator {
  private var base: REINFORCE { REINFORCE() }
  var name: String { "half-law" }
  func evaluations(variables: LatentVariables) -> Int { 1 }
  func noisePerRow(variables: LatentVariables) -> Int { variables.count }
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    logits.indices.map {
      NoiseBlock(indices: [$0], law: .cells([NoiseBlock.Cell(probability: 0.5, noise: [0.1])]))
    }
  }
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<
    Double
  > {
    base.gradientBounds(objective: objective, logits: logits, variables: variables, coordinate: coordinate)
  }
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }
  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
  }
}

/// Mean and variance of 1/n sum_i (f_i - mean of the others) (z_i - p) over all joint outcomes of n independent samples.
private struct SampleEnumeration {
  let mean: [Double]
  let variance: [Double]

  init(problem: Problem, samples: Int) {
    let p = problem.logits.map { 1 / (1 + Double.exp(-$0)) }
    let states = problem.stateCount
    var first = p.map { _ in 0.0 }
    var second = first
    var outcomes = 1
    for _ in 0..<samples { outcomes *= states }
    for outcome in 0..<outcomes {
      let chosen = (0..<samples).map { sample in
        (0..<sample).reduce(outcome) { rest, _ in rest / states } % states
      }
      var probability = 1.0
      for state in chosen {
        for d in p.indices { probability *= state >> d & 1 == 1 ? p[d] : 1 - p[d] }
      }
      let f = chosen.map { problem.value(of: $0) }
      for d in p.indices {
        var g = 0.0
        for i in 0..<samples {
          let others = f.enumerated().filter { $0.offset != i }.map(\.element)
          let baseline = others.isEmpty ? 0 : others.reduce(0, +) / Double(others.count)
          g += (f[i] - baseline) * (Double(chosen[i] >> d & 1) - p[d]) / Double(samples)
        }
        first[d] += probability * g
        second[d] += probability * g * g
      }
    }
    mean = first
    variance = zip(first, second).map { $1 - $0 * $0 }
  }
}
