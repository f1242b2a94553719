internal import Datasets
internal import Foundation
internal import Yams

/// Published results of training runs, each with the place that it was read in.
package struct PublishedValues: Codable, Hashable, Sendable {
  package static let schema = "armature.published-values/1"

  /// Whether the values were read in the work itself, or where somebody else lists them.
  package enum SourceKind: String, Codable, Sendable { case primary, secondary }

  /// Which number of a run a published one goes with.
  package enum Measure: String, Codable, Sendable {
    /// The negative bound of the last evaluation.
    case testBound
    /// The negative evidence lower bound at the end of training.
    case trainingObjective
  }

  package struct Value: Codable, Hashable, Sendable {
    /// What was measured on what, in the words of the source.
    package let benchmark: String
    /// Where in the source: the table with row and column.
    package let place: String
    /// As the command line names it; without parameters where the source states none. Nil for what Armature has not.
    package let estimator: String?
    /// As it is printed, sign included.
    package let value: Double
    package let decimals: Int
    package let measure: Measure?
    /// Whether the printed value has the opposite sign of a negative bound.
    package let negated: Bool?
    /// The protocols of Armature that come nearest.
    package let protocols: [String]
    /// How these protocols differ from what was published; nil where they are the same.
    package let differs: String?
    /// Training steps behind the value, where the source states them.
    package let steps: Int?
  }

  package let schema: String
  package let paper: String
  package let source: String
  package let sourceKind: SourceKind
  package let transcribed: String
  /// Largest distance in nats that counts as equivalence.
  package let margin: Double
  package let values: [Value]

  /// Reads a file of published values.
  ///
  /// - Throws: `ReportingError.malformed` with the place and what was expected there.
  package static func load(file path: String) throws(ReportingError) -> PublishedValues {
    let name = (path as NSString).lastPathComponent
    let found: PublishedValues
    do {
      found = try YAMLDecoder().decode(
        PublishedValues.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch let error as DecodingError {
      throw .malformed(file: name, place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(
        file: name, place: "the file", expected: "readable YAML (\((error as NSError).localizedDescription))")
    }
    try found.check(file: name)
    return found
  }

  /// All files of published values in `Fixtures/Published`, by name.
  ///
  /// - Throws: `ReportingError.malformed` for a malformed one, or where there is no such folder.
  package static func loadAll() throws(ReportingError) -> [PublishedValues] {
    let folder: URL
    do {
      folder = try FixturesFolder.locate("Published")
    } catch {
      throw .malformed(file: "Fixtures/Published", place: "the folder", expected: "the published values")
    }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    var all: [PublishedValues] = []
    for name in names where name.hasSuffix(".yaml") {
      let path = folder.appendingPathComponent(name).path
      guard let text = try? String(contentsOfFile: path, encoding: .utf8), text.contains("schema: \(schema)")
      else { continue }
      all.append(try load(file: path))
    }
    return all
  }

  private func check(file: String) throws(ReportingError) {
    guard schema == Self.schema else { throw .malformed(file: file, place: "schema", expected: Self.schema) }
    guard margin > 0, margin.isFinite else {
      throw .malformed(file: file, place: "margin", expected: "a number of nats above 0")
    }
    for value in values {
      guard value.value.isFinite, (0...9).contains(value.decimals) else {
        throw .malformed(
          file: file, place: "values, \(value.place)", expected: "a finite number with 0 to 9 decimals")
      }
      guard value.protocols.isEmpty || (value.measure != nil && value.estimator != nil) else {
        throw .malformed(
          file: file, place: "values, \(value.place)",
          expected: "a measure and an estimator, where there are protocols")
      }
    }
  }
}
