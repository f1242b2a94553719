import ElementwiseKernels
import GradientEstimators
import RealModule
import Testing

@testable import ExactExpectations

@Suite("Objectives between the states")
struct ObjectiveAtPointsTests {
  private static let problems: [Problem] = {
    let all = (try? Fixtures.problems()) ?? []
    return (all + ((try? Fixtures.categoricalProblems()) ?? [])).filter { $0.stateCount <= 64 }
  }()

  @Test("At a state, the extension has the objective's own value", arguments: problems)
  func states(problem: Problem) {
    for state in 0..<problem.stateCount {
      let (value, _) = differentiate(problem, at: point(ofState: state, of: problem))
      #expect((value - problem.value(of: state)).magnitude < 1e-13)
    }
  }

  @Test("Derivatives agree with finite differences, and lie in the stated range", arguments: problems)
  func derivatives(problem: Problem) {
    let interior = problem.logits.indices.map { 0.15 + 0.7 * Double(($0 * 5) % 7) / 7 }
    let (value, slope) = differentiate(problem, at: interior)
    let step = 1e-5
    for place in interior.indices {
      var upper = interior, lower = interior
      upper[place] += step
      lower[place] -= step
      let difference = differentiate(problem, at: upper).value - differentiate(problem, at: lower).value
      #expect((difference / (2 * step) - slope[place]).magnitude < 1e-8)
    }
    // A categorical point must lie in the simplex for the ranges to hold.
    guard problem.latentVariables.isBinary else { return }
    #expect(problem.pointRange.contains(value))
    #expect(slope.allSatisfy { problem.derivativeRange.contains($0) })
  }

  @Test("A perceptron whose rows do not fit is refused with its key")
  func badPerceptron() {
    let error = #expect(throws: ProblemError.self) {
      try Problem(
        name: "two weights for one bit", latent: .binary(logits: [0.5]),
        objective: .perceptron(weights: [[1, 2]], biases: [0], outputs: [1]))
    }
    #expect(error?.description.contains("objective.weights[0]") == true)
    let short = #expect(throws: ProblemError.self) {
      try Problem(
        name: "no bias", latent: .binary(logits: [0.5]),
        objective: .perceptron(weights: [[1]], biases: [], outputs: [1]))
    }
    #expect(short?.description.contains("objective.biases") == true)
  }

  private func point(ofState state: Int, of problem: Problem) -> [Double] {
    (0..<problem.variables).flatMap { variable in
      let value = problem.value(ofVariable: variable, inState: state)
      guard !problem.latentVariables.isBinary else { return [Double(value)] }
      return (0..<problem.categories).map { $0 == value ? 1 : 0 }
    }
  }

  private func differentiate(_ problem: Problem, at point: [Double]) -> (value: Double, slope: [Double]) {
    var values = [0.0]
    var slope = point
    var value = values.mutableSpan
    var derivative = slope.mutableSpan
    problem.differentiate(points: point.span, values: &value, derivatives: &derivative)
    return (values[0], slope)
  }
}

@Suite("Gradients of multi-sample bounds")
struct BoundGradientTests {
  /// Only its target is looked at.
  private struct Bound: GradientEstimator {
    let samples: Int
    var name: String { "a bound of \(samples)" }
    var target: GradientTarget { .importanceWeightedBound(samples: samples) }

    func supports(_ variables: LatentVariables) -> Bool { true }

    func evaluations(variables: LatentVariables) -> Int { samples }

    func noisePerRow(variables: LatentVariables) -> Int { 0 }

    func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] { [] }

    func gradientBounds(
      objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
    ) -> ClosedRange<Double> { objective }

    func draw<Scalar: KernelScalar>(
      logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
    ) {}

    func combine<Scalar: KernelScalar>(
      logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
      shape: LatentShape, gradient: inout MutableSpan<Scalar>
    ) {}
  }

  @Test("The gradient is the derivative of the bound, by finite differences", arguments: [1, 2, 3])
  func finiteDifferences(samples: Int) throws {
    for problem in try Fixtures.problems().prefix(7) + Fixtures.categoricalProblems().prefix(2) {
      guard problem.stateCount <= 16 else { continue }
      let gradient = try exactGradient(of: problem, for: Bound(samples: samples))
      for coordinate in gradient.indices {
        let step = 1e-5
        let upper = try bound(of: shifted(problem, coordinate, by: step), samples: samples)
        let lower = try bound(of: shifted(problem, coordinate, by: -step), samples: samples)
        let difference = (upper - lower) / (2 * step)
        #expect((difference - gradient[coordinate]).magnitude < 1e-6 * (1 + gradient[coordinate].magnitude))
      }
    }
  }

  @Test("A bound over too many sets of states is refused")
  func tooMany() throws {
    let problem = try Problem(
      name: "wide", latent: .binary(logits: [Double](repeating: 0.1, count: 12)),
      objective: .quadratic(target: 0.3))
    #expect(throws: ExactExpectationError.self) { try exactGradient(of: problem, for: Bound(samples: 2)) }
  }

  /// E[log (1/K) sum_k w_k] by enumeration of all sets.
  private func bound(of problem: Problem, samples: Int) -> Double {
    let states = problem.stateCount
    let sets = (0..<samples).reduce(1) { count, _ in count * states }
    return (0..<sets).reduce(0) { sum, set in
      var (rest, probability, total) = (set, 1.0, 0.0)
      for _ in 0..<samples {
        let q = Double.exp(problem.logProbability(of: rest % states))
        probability *= q
        total += Double.exp(problem.value(of: rest % states)) / q
        rest /= states
      }
      return sum + probability * Double.log(total / Double(samples))
    }
  }

  private func shifted(_ problem: Problem, _ coordinate: Int, by step: Double) throws -> Problem {
    let latent: Problem.Latent
    switch problem.latent {
    case .binary(var logits):
      logits[coordinate] += step
      latent = .binary(logits: logits)
    case .categorical(let categories, var logits):
      logits[coordinate / categories][coordinate % categories] += step
      latent = .categorical(categories: categories, logits: logits)
    }
    return try Problem(name: problem.name, latent: latent, objective: problem.objective)
  }
}
