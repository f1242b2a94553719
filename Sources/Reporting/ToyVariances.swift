internal import ExactExpectations
internal import GradientEstimators
internal import RandomStreams
internal import SequentialTesting

/// What a toy study measures: an estimator on a problem, and where that stands in the report.
struct ToyCell: Sendable {
  /// One measured number: the squared error of some coordinates together.
  struct Place: Sendable {
    /// In words, as "p = 0.3".
    let name: String
    /// On a figure's horizontal axis.
    let position: Double
    let coordinates: Range<Int>
  }

  /// What is the same within a table and a panel, as "p0 = 0.49".
  let setting: String
  /// As the report calls it.
  let label: String
  let estimator: any GradientEstimator
  /// Independent draws whose mean is one gradient.
  var copies = 1
  let problem: Problem
  let places: [Place]
}

/// A mean squared error measured by sampling, beside the exact one where it can be integrated.
///
/// The error is that against the exact gradient; for an unbiased estimator its mean square is the variance.
package struct ToyVariance: Sendable {
  package let setting: String
  package let estimator: String
  package let place: String
  package let position: Double
  /// Mean of |g - exact gradient|^2.
  package let measured: Double
  /// Covers the expectation of what was sampled at the study's false-alarm rate, all of its numbers together.
  package let interval: ClosedRange<Double>
  /// Nil where exact integration is out of reach.
  package let exact: Double?

  /// Whether sampling does not contradict the exact number; nil where there is none.
  package var agrees: Bool? { exact.map(interval.contains) }
}

/// Measures the cells of a toy study.
struct ToyMeter: Sendable {
  /// Gradients behind each number.
  let draws: Int
  let seed: UInt64
  /// Probability that any of all intervals misses.
  let falseAlarmRate: Double
  /// Exact integrations of more cubature nodes than this are left out.
  var largestNodeCount = 1 << 18

  /// The random numbers of trajectories are steps below this, those of measurements from here on.
  static let firstStep: UInt64 = 1 << 40
  private static let rows = 4096

  /// Measures all cells; `progress` is called with the share that is done.
  ///
  /// - Throws: `ReportingError.study` if a noise law is inconsistent or the false-alarm rate is none.
  /// - Complexity: cells x draws x copies draws of an estimator, and the cubature nodes of each cell.
  func measure(_ cells: [ToyCell], progress: (Double) -> Void) throws(ReportingError) -> [ToyVariance] {
    try toyStudy {
      var variances: [ToyVariance] = []
      var budget = try ErrorBudget(total: falseAlarmRate)
      let numbers = cells.reduce(0) { $0 + $1.places.count }
      let rate = try budget.split(falseAlarmRate, among: numbers, on: "variances of a toy study")
      for (index, cell) in cells.enumerated() {
        variances += try measure(cell, step: Self.firstStep + UInt64(index), rate: rate)
        progress(Double(index + 1) / Double(cells.count))
      }
      return variances
    }
  }

  private func measure(_ cell: ToyCell, step: UInt64, rate: Double) throws -> [ToyVariance] {
    let exact = try exactErrors(cell)
    let gradient = try exactGradient(of: cell.problem, for: cell.estimator)
    var sequences = try cell.places.map { place in
      try MeanConfidenceSequence(bounds: 0...largestError(cell, place, gradient), falseAlarmRate: rate)
    }
    var sums = [Double](repeating: 0, count: sequences.count)
    forEachGradient(cell, step: step) { values, first in
      for (place, spot) in cell.places.enumerated() {
        let square = spot.coordinates.reduce(0) {
          $0 + (values[first + $1] - gradient[$1]) * (values[first + $1] - gradient[$1])
        }
        sequences[place].observe(square)
        sums[place] += square
      }
    }
    return cell.places.enumerated().map { place, spot in
      ToyVariance(
        setting: cell.setting, estimator: cell.label, place: spot.name, position: spot.position,
        measured: sums[place] / Double(draws), interval: sequences[place].interval,
        exact: exact.map { errors in spot.coordinates.reduce(0) { $0 + errors[$1] } })
    }
  }

  /// The exact mean squared error of each coordinate; nil where it is out of reach.
  func exactErrors(_ cell: ToyCell) throws -> [Double]? {
    do throws(ExactExpectationError) {
      guard try cubatureNodeCount(of: cell.estimator, on: cell.problem) <= largestNodeCount else {
        return nil
      }
      let moments = try exactMoments(of: cell.estimator, on: cell.problem)
      return zip(moments.variance, moments.bias).map { $0 / Double(cell.copies) + $1 * $1 }
    } catch {
      guard error.isOutOfReach else { throw error }
      return nil
    }
  }

  private func largestError(_ cell: ToyCell, _ place: ToyCell.Place, _ gradient: [Double]) -> Double {
    place.coordinates.reduce(0) { sum, coordinate in
      let bounds = cell.problem.gradientBounds(of: cell.estimator, coordinate: coordinate)
      let reach = max(bounds.upperBound - gradient[coordinate], gradient[coordinate] - bounds.lowerBound)
      return sum + reach * reach
    }
  }

  /// Calls `body` with an array that holds a gradient from a place on.
  private func forEachGradient(_ cell: ToyCell, step: UInt64, _ body: ([Double], Int) -> Void) {
    let stream = RandomStream(seed: seed, purpose: .toyStudy, step: step)
    let chunk = min(draws * cell.copies, Self.rows / cell.copies * cell.copies)
    var batch = EstimatorBatch<Double>(estimator: cell.estimator, problem: cell.problem, rows: chunk)
    let (perRow, width) = (batch.noisePerRow, batch.shape.logitsPerRow)
    for start in stride(from: 0, to: draws * cell.copies, by: chunk) {
      var noise = batch.noise.mutableSpan
      stream.fillUniforms(rows: start..<start + chunk, perRow: perRow, into: &noise)
      batch.run()
      let gradients =
        cell.copies == 1 ? batch.gradient : Self.means(batch.gradient, of: cell.copies, width: width)
      for row in 0..<min(chunk, draws * cell.copies - start) / cell.copies { body(gradients, row * width) }
    }
  }

  /// The mean of each so many rows in turn.
  private static func means(_ gradients: [Double], of copies: Int, width: Int) -> [Double] {
    (0..<gradients.count / copies).map { place in
      let first = place / width * copies * width + place % width
      return (0..<copies).reduce(0) { $0 + gradients[first + $1 * width] } / Double(copies)
    }
  }
}

/// Runs a part of a toy study; errors of problems, estimators and integration become the study's.
func toyStudy<Value>(_ body: () throws -> Value) throws(ReportingError) -> Value {
  do {
    return try body()
  } catch let error as ReportingError {
    throw error
  } catch {
    throw .study(reason: "\(error)")
  }
}
