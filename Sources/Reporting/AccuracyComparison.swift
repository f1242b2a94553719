internal import Foundation
internal import RandomStreams
internal import ReferenceMath

/// A study of gradient accuracy beside published values of the same network, cell by cell.
///
/// Rule: a cell agrees if the two values differ by at most what two independent runs exceed with probability
/// `falseAlarmRate` / cells (`RunDifferenceLaw`), plus half a unit of the published value's last decimal. By the union
/// bound the probability that a study by right estimators has any cell that differs is about `falseAlarmRate` at most.
package struct AccuracyComparison: Sendable {
  package enum Verdict: String, Codable, Sendable { case agrees, differs, missing }

  package struct Cell: Sendable {
    package let quantity: AccuracyQuantity
    package let estimator: String
    package let layer: Int
    /// M.
    package let size: Int
    package let published: Double
    /// nil where the study has no such cell.
    package let ours: Double?
    /// Largest difference that counts as agreement, rounding included; nil where there is no law.
    package let allowed: Double?

    package var difference: Double? { ours.map { $0 - published } }

    package var verdict: Verdict {
      guard let difference, let allowed else { return .missing }
      return abs(difference) <= allowed ? .agrees : .differs
    }
  }

  package let published: PublishedAccuracy
  package let falseAlarmRate: Double
  package let cells: [Cell]

  static let defaultFalseAlarmRate = 0.01
  static let defaultDraws = 10_000

  /// Judges every published cell.
  ///
  /// - Throws: `AccuracyError.setting` if the quantile of the normal law cannot be computed.
  /// - Complexity: see `RunDifferenceLaw.allowed`, for each cell with fewer than 200 blocks; cells run concurrently.
  package init(
    _ outcome: AccuracyStudy.Outcome, with published: PublishedAccuracy,
    falseAlarmRate: Double = defaultFalseAlarmRate, draws: Int = defaultDraws
  ) async throws(AccuracyError) {
    self.published = published
    self.falseAlarmRate = falseAlarmRate
    let places = Self.places(of: published)
    let rate = falseAlarmRate / Double(places.count)
    do {
      cells = try await withThrowingTaskGroup(of: (Int, Cell?).self) { group in
        for (index, place) in places.enumerated() {
          group.addTask {
            let stream = RandomStream(
              seed: outcome.seed, purpose: .accuracyStudy,
              step: AccuracyStudy.firstResamplingStep + UInt64(index))
            return (index, try Self.cell(place, outcome, published, rate: rate, draws: draws, stream: stream))
          }
        }
        var found = [Cell?](repeating: nil, count: places.count)
        for try await (index, cell) in group { found[index] = cell }
        return found.compactMap { $0 }
      }
    } catch {
      throw .setting("the law of differences cannot be computed: \(error)")
    }
  }

  package func count(_ verdict: Verdict) -> Int { cells.count { $0.verdict == verdict } }

  /// Nothing that could be compared contradicts the published values.
  package var holds: Bool { count(.differs) == 0 }

  /// The verdict in one sentence.
  package var sentence: String { Self.sentence(cells.map(\.verdict), falseAlarmRate: falseAlarmRate) }

  static func sentence(_ verdicts: [Verdict], falseAlarmRate: Double) -> String {
    func count(_ verdict: Verdict) -> Int { verdicts.count { $0 == verdict } }
    var parts = ["\(count(.agrees)) of \(verdicts.count) cells agree with the published values"]
    if count(.differs) > 0 { parts.append("\(count(.differs)) differ") }
    if count(.missing) > 0 { parts.append("\(count(.missing)) are missing") }
    let rate = NumberFormatting.significant(falseAlarmRate, digits: 1)
    return parts.joined(separator: ", ") + " (probability of any false alarm: about \(rate) at most)."
  }

  private struct Place: Sendable {
    let quantity: AccuracyQuantity
    let estimator: String
    let layer: Int
    let size: Int
  }

  private static func places(of published: PublishedAccuracy) -> [Place] {
    AccuracyQuantity.allCases.flatMap { quantity in
      published.estimators.flatMap { estimator in
        (0..<published.layers).flatMap { layer in
          published.sizes.map { Place(quantity: quantity, estimator: estimator, layer: layer, size: $0) }
        }
      }
    }
  }

  private static func cell(
    _ place: Place, _ outcome: AccuracyStudy.Outcome, _ published: PublishedAccuracy, rate: Double,
    draws: Int,
    stream: RandomStream
  ) throws(GSLError) -> Cell? {
    guard
      let value = published.value(
        place.quantity, estimator: place.estimator, layer: place.layer, size: place.size)
    else { return nil }
    let layer = outcome.estimators.first { $0.name == place.estimator }?.layers[place.layer]
    let errors = layer?.errors.first { $0.size == place.size && $0.blocks > 0 }
    var allowed: Double?
    if let layer, let errors {
      let law = RunDifferenceLaw(
        quantity: place.quantity, errors: errors, units: layer.units,
        exact: outcome.exact.gradients[place.layer], otherBlocks: published.samples / place.size, draws: draws
      )
      allowed = try law.allowed(rate: rate, stream: stream)
    }
    return Cell(
      quantity: place.quantity, estimator: place.estimator, layer: place.layer, size: place.size,
      published: value, ours: place.quantity == .cosine ? errors?.cosine : errors?.relativeRMSE,
      allowed: allowed.map { $0 + published.rounding })
  }
}
