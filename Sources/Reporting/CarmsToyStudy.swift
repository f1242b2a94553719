internal import ExactExpectations
internal import Foundation
internal import GradientEstimators
internal import RandomStreams

/// The toy problem of the CARMS paper: the variance of each coordinate of the gradient, for laws from sharp to nearly uniform.
///
/// Three variables of three categories; f(z) = sum over d of 3 (3 d + z_d + 1). The probabilities of each variable are
/// drawn once for each concentration K from the Dirichlet law with parameters (K, K, K): the larger K, the nearer to
/// uniform. Every estimator spends three evaluations.
///
/// Source: Dimitriev, Zhou, "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator", NeurIPS 2021, the toy
/// experiment, with the numbers of its released code.
package struct CarmsToyStudy: Codable, Hashable, Sendable {
  package static let variables = 3
  package static let categories = 3

  /// Concentrations of the Dirichlet laws; whole numbers.
  package var concentrations = [1, 10, 100, 1000]
  package var estimators = ["loorf:3", "unord:3", "carms-i:3", "carms-g:3"]
  /// Draws behind each measured variance.
  package var draws = 10_000
  package var seed: UInt64 = 1
  /// Probability that any of the study's intervals misses a right variance.
  package var falseAlarmRate = 1e-6

  package init() {}

  /// The law that one concentration led to.
  package struct Law: Sendable {
    package let concentration: Int
    /// Of each variable's categories.
    package let probabilities: [[Double]]

    /// The entropy of all variables together in nats.
    package var entropy: Double {
      probabilities.joined().reduce(0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
    }
  }

  package struct Outcome: Sendable {
    package let study: CarmsToyStudy
    package let laws: [Law]
    package let variances: [ToyVariance]
    /// The gradient of the problem in the UNORD repository, by enumeration.
    package let sharedLogitGradient: Double
  }

  /// Runs all measurements; `progress` is called with the share that is done.
  ///
  /// - Throws: `ReportingError.study`.
  /// - Complexity: concentrations x estimators x draws draws, and the cubature nodes of each cell.
  package func run(progress: (Double) -> Void = { _ in }) throws(ReportingError) -> Outcome {
    try toyStudy {
      let laws = concentrations.enumerated().map { law(concentration: $1, row: $0) }
      let cells = try laws.flatMap { law in try estimators.map { try cell($0, law: law) } }
      let meter = ToyMeter(draws: draws, seed: seed, falseAlarmRate: falseAlarmRate)
      return Outcome(
        study: self, laws: laws, variances: try meter.measure(cells, progress: progress),
        sharedLogitGradient: try Self.sharedLogitGradient())
    }
  }

  private func cell(_ name: String, law: Law) throws -> ToyCell {
    let width = Self.categories
    let places = (0..<Self.variables * width).map { coordinate in
      ToyCell.Place(
        name: "logit = (\(coordinate / width), \(coordinate % width))", position: Double(coordinate + 1),
        coordinates: coordinate..<coordinate + 1)
    }
    return ToyCell(
      setting: "K = \(law.concentration)", label: name, estimator: try EstimatorCatalogue.make(name),
      problem: try Self.problem(law), places: places)
  }

  static func problem(_ law: Law) throws(ProblemError) -> Problem {
    let states = (0..<variables).reduce(1) { count, _ in count * categories }
    let values = (0..<states).map { state in
      var rest = state
      return (0..<variables).reduce(0.0) { sum, variable in
        defer { rest /= categories }
        return sum + Double(3 * (3 * variable + rest % categories + 1))
      }
    }
    return try Problem(
      name: "toy",
      latent: .categorical(categories: categories, logits: law.probabilities.map { $0.map { log($0) } }),
      objective: .table(values: values))
  }

  /// The random numbers that laws are drawn from, beside those of the measurements.
  private static let lawStep: UInt64 = 1 << 39

  /// Dirichlet numbers are normalised Gamma numbers, and one of whole shape K is a sum of K exponential ones.
  private func law(concentration: Int, row: Int) -> Law {
    let count = Self.variables * Self.categories
    var uniforms = [Double](repeating: 0, count: count * concentration)
    var output = uniforms.mutableSpan
    RandomStream(seed: seed, purpose: .toyStudy, step: Self.lawStep)
      .fillUniforms(rows: row..<row + 1, perRow: count * concentration, into: &output)
    let gammas = (0..<count).map { place in
      uniforms[place * concentration..<(place + 1) * concentration].reduce(0) { $0 - log($1) }
    }
    let probabilities = (0..<Self.variables).map { variable in
      let own = gammas[variable * Self.categories..<(variable + 1) * Self.categories]
      let total = own.reduce(0, +)
      return own.map { $0 / total }
    }
    return Law(concentration: concentration, probabilities: probabilities)
  }

  /// d/d phi of E[sum_i (b_i - p0_i)^2] at phi = 0 for three bits that share the logit phi, p0 = (0.6, 0.51, 0.48): the sum of
  /// the three logits' gradients.
  private static func sharedLogitGradient() throws -> Double {
    let targets = [0.6, 0.51, 0.48]
    let values = (0..<8).map { state in
      targets.enumerated().reduce(0.0) { sum, target in
        let difference = Double(state >> target.offset & 1) - target.element
        return sum + difference * difference
      }
    }
    let problem = try Problem(
      name: "three bits with one logit", latent: .binary(logits: [0, 0, 0]), objective: .table(values: values)
    )
    return exactGradient(of: problem).reduce(0, +)
  }
}
