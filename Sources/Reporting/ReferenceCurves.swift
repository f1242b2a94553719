internal import Foundation
internal import Yams

/// Learning curves that another implementation reached on the same protocols, with what counts as agreement.
package struct ReferenceCurves: Codable, Hashable, Sendable {
  package static let schema = "armature.reference-curves/1"

  package struct Agreement: Codable, Hashable, Sendable {
    package let steps: Int
    /// Largest distance between the means over seeds, in nats.
    package let nats: Double
    /// Other distances for single estimators.
    package let exceptions: [String: Double]

    func allowed(for estimator: String) -> Double { exceptions[estimator] ?? nats }
  }

  /// An ordering of two estimators' test bounds that holds at every mark of the reference.
  package struct Ordering: Codable, Hashable, Sendable {
    package let lower: String
    package let higher: String
    package let protocols: [String]
  }

  package struct Mark: Codable, Hashable, Sendable {
    package let steps: Int
    /// One value for each seed, in nats; null where the source has none.
    package let testBound: [Double?]
    package let training: [Double?]
  }

  package struct Curve: Codable, Hashable, Sendable {
    package let `protocol`: String
    package let estimator: String
    package let marks: [Mark]
  }

  package let schema: String
  package let source: String
  package let software: String
  package let transcribed: String
  package let quantities: String
  package let seeds: [Int]
  package let agreement: Agreement
  package let orderings: [Ordering]
  package let curves: [Curve]

  /// Reads a file of reference curves.
  ///
  /// - Throws: `ReportingError.malformed` with the place and what was expected there.
  package static func load(file path: String) throws(ReportingError) -> ReferenceCurves {
    let name = (path as NSString).lastPathComponent
    let curves: ReferenceCurves
    do {
      curves = try YAMLDecoder().decode(
        ReferenceCurves.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch let error as DecodingError {
      throw .malformed(file: name, place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(
        file: name, place: "the file", expected: "readable YAML (\((error as NSError).localizedDescription))")
    }
    try curves.check(file: name)
    return curves
  }

  private func check(file: String) throws(ReportingError) {
    guard schema == Self.schema else { throw .malformed(file: file, place: "schema", expected: Self.schema) }
    for curve in curves {
      for mark in curve.marks {
        let values = mark.testBound + mark.training
        guard mark.testBound.count == seeds.count, mark.training.count == seeds.count,
          values.allSatisfy({ $0?.isFinite ?? true })
        else {
          throw .malformed(
            file: file, place: "curves, \(curve.protocol), \(curve.estimator), steps \(mark.steps)",
            expected: "one finite number or null for each of \(seeds.count) seeds")
        }
      }
    }
  }

  func mark(protocol name: String, estimator: String, steps: Int) -> Mark? {
    curves.first { $0.protocol == name && $0.estimator == estimator }?.marks.first { $0.steps == steps }
  }

  /// The steps at which the reference has values for a protocol.
  func marks(of protocolName: String) -> [Int] {
    Set(curves.filter { $0.protocol == protocolName }.flatMap { $0.marks.map(\.steps) }).sorted()
  }
}
