import ElementwiseKernels
import ExactExpectations
import GradientEstimators
import RandomStreams
import Testing

@testable import Verification

/// Var smaller <= Var larger for two unbiased estimators: the mean of larger^2 - smaller^2 is not negative. On 200 problems
/// of 5 to 8 bits, too many for exact variances, the capitals of bets that it is negative grow to 10^6 with a probability of
/// at most 1e-6 (Ville's inequality: each bet loses or breaks even in the mean, problem after problem).
@Suite("Variance orderings that are theorems, by drawing, on problems of 5 to 8 bits")
struct DrawnVarianceOrderingTests {
  /// The mean of a few capitals, each of which bets a constant share of itself that the next number is negative.
  private struct Bets {
    private let shares = [0.5, 0.1, 0.02]
    private var capitals = [1.0, 1, 1]
    private(set) var largest = 1.0

    /// Takes a number between -1 and 1.
    mutating func observe(_ number: Double) {
      precondition(number.magnitude <= 1 + 1e-9)
      for place in shares.indices { capitals[place] *= 1 - shares[place] * number }
      largest = max(largest, capitals.reduce(0, +) / 3)
    }

    var rejects: Bool { largest >= 1e6 }
  }

  private static let rows = 24

  private func bets(
    _ smaller: any GradientEstimator, _ larger: any GradientEstimator, isMonotone: Bool = false
  ) throws -> Bets {
    var bets = Bets()
    for turn in 0..<200 {
      let problem = try problem(bits: 5 + turn % 4, turn: turn, isMonotone: isMonotone)
      let coordinate = turn % problem.variables
      let batches = [smaller, larger].map { estimator in
        var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: Self.rows)
        let perRow = batch.noisePerRow
        var noise = batch.noise.mutableSpan
        RandomStream(seed: TestSeed.value, purpose: .verification, step: UInt64(turn))
          .fillUniforms(rows: 0..<Self.rows, perRow: perRow, into: &noise)
        batch.run()
        return batch
      }
      let bounds = batches.map { problem.gradientBounds(of: $0.estimator, coordinate: coordinate) }
      let size = bounds.reduce(0) { max($0, $1.lowerBound.magnitude, $1.upperBound.magnitude) }
      // Where f is constant both are 0.
      guard size > 0 else { continue }
      for row in 0..<Self.rows {
        let squares = batches.map { batch in
          let part = batch.gradient[row * problem.variables + coordinate] / size
          return part * part
        }
        bets.observe(squares[1] - squares[0])
      }
    }
    return bets
  }

  /// An irregular table with logits within 6; its running maximum over the states, which is monotone in each bit.
  private func problem(bits: Int, turn: Int, isMonotone: Bool) throws -> Problem {
    let count = bits + 1 << bits
    var numbers = [Double](repeating: 0, count: count)
    var output = numbers.mutableSpan
    RandomStream(seed: TestSeed.value, purpose: .estimatorNoise, step: UInt64(turn))
      .fillUniforms(rows: 0..<1, perRow: count, into: &output)
    var values = numbers.dropFirst(bits).map { 5 * $0 - 2 }
    if isMonotone {
      for bit in 0..<bits {
        for state in values.indices where state >> bit & 1 == 1 {
          values[state] = max(values[state], values[state & ~(1 << bit)])
        }
      }
    }
    return try Problem(
      name: "irregular", latent: .binary(logits: numbers.prefix(bits).map { 12 * $0 - 6 }),
      objective: .table(values: values))
  }

  @Test("No draws speak against REINFORCE <= AR, DisARM <= ARM and LEG <= bitflip-1")
  func conditionalMeans() throws {
    #expect(try !bets(REINFORCE(), AR()).rejects)
    #expect(try !bets(DisARM(), ARM()).rejects)
    #expect(try !bets(LocalExpectationGradients(), Bitflip1()).rejects)
  }

  @Test("No draws speak against UGC <= DisARM where f is monotone in each bit")
  func clipping() throws {
    #expect(try !bets(UGC(), DisARM(), isMonotone: true).rejects)
  }

  @Test("The reverse of each ordering is refuted")
  func reversed() throws {
    #expect(try bets(AR(), REINFORCE()).rejects)
    #expect(try bets(ARM(), DisARM()).rejects)
    #expect(try bets(Bitflip1(), LocalExpectationGradients()).rejects)
  }
}
