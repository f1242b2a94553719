internal import Foundation
internal import Yams

/// Published errors of gradient estimators on one network, with the source that they were read in.
package struct PublishedAccuracy: Codable, Hashable, Sendable {
  package static let schema = "armature.published-accuracy/1"
  /// The file of `Fixtures/Published` that a study of gradient accuracy is compared with.
  package static let fileName = "psa-accuracy-checkpoint-100.yaml"

  /// What tells the network: numbers as texts, equal to the digits that are given.
  package struct Network: Codable, Hashable, Sendable {
    package let expectedLoss: String
    /// For each layer, from the points to the output.
    package let gradientNorms: [String]
  }

  package let schema: String
  package let source: String
  package let reading: String
  package let transcribed: String
  /// Absent where the network's weights were not published: then nothing here can be held against the values.
  package let network: Network?
  /// Gradient samples behind each value.
  package let samples: Int
  /// Decimals that the values are rounded to.
  package let decimals: Int
  /// M of each column.
  package let sizes: [Int]
  /// For each estimator one row for each layer, from the points to the output.
  package let cosine: [String: [[Double]]]
  package let relativeRMSE: [String: [[Double]]]

  /// Reads a file of published errors.
  ///
  /// - Throws: `ReportingError.malformed` with the place and what was expected there.
  package static func load(file path: String) throws(ReportingError) -> PublishedAccuracy {
    let name = (path as NSString).lastPathComponent
    let published: PublishedAccuracy
    do {
      published = try YAMLDecoder().decode(
        PublishedAccuracy.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch let error as DecodingError {
      throw .malformed(file: name, place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(
        file: name, place: "the file", expected: "readable YAML (\((error as NSError).localizedDescription))")
    }
    try published.check(file: name)
    return published
  }

  private func check(file: String) throws(ReportingError) {
    guard schema == Self.schema else { throw .malformed(file: file, place: "schema", expected: Self.schema) }
    guard samples > 0, decimals >= 0, !sizes.isEmpty, sizes.allSatisfy({ (1...samples).contains($0) }) else {
      throw .malformed(
        file: file, place: "samples, decimals and sizes", expected: "positive numbers, sizes up to \(samples)"
      )
    }
    for (metric, table) in [("cosine", cosine), ("relativeRMSE", relativeRMSE)] {
      for (estimator, rows) in table {
        guard rows.count == layers,
          rows.allSatisfy({ $0.count == sizes.count && $0.allSatisfy(\.isFinite) })
        else {
          throw .malformed(
            file: file, place: "\(metric), \(estimator)",
            expected: "\(layers) rows of \(sizes.count) numbers")
        }
      }
    }
  }

  /// The estimators that have values, in the order of their names.
  package var estimators: [String] { Set(cosine.keys).union(relativeRMSE.keys).sorted() }

  /// Layers that have values, the output layer among them.
  package var layers: Int { network?.gradientNorms.count ?? cosine.values.first?.count ?? 0 }

  /// The published value, or nil where there is none.
  func value(_ quantity: AccuracyQuantity, estimator: String, layer: Int, size: Int) -> Double? {
    let table = quantity == .cosine ? cosine : relativeRMSE
    guard let rows = table[estimator], rows.indices.contains(layer), let column = sizes.firstIndex(of: size)
    else { return nil }
    return rows[layer][column]
  }

  /// How far a value may lie from what was rounded to it.
  var rounding: Double { 0.5 * pow(10, -Double(decimals)) }

  /// Whether the exact expectations are those of the network that the values belong to, to the digits that are given.
  package func isAbout(expectedLoss: Double, gradientNorms: [Double]) -> Bool {
    guard let network else { return false }
    return gradientNorms.count == network.gradientNorms.count
      && Self.rounds(expectedLoss, to: network.expectedLoss)
      && zip(gradientNorms, network.gradientNorms).allSatisfy { Self.rounds($0, to: $1) }
  }

  /// Whether a number differs from a text by at most one unit of the text's last digit.
  static func rounds(_ number: Double, to text: String) -> Bool {
    guard let value = Double(text) else { return false }
    let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    let fraction = parts[0].firstIndex(of: ".").map { parts[0].distance(from: $0, to: parts[0].endIndex) - 1 }
    let exponent = parts.count > 1 ? Double(parts[1]) ?? 0 : 0
    let unit = pow(10, exponent - Double(fraction ?? 0))
    return abs(number - value) <= unit * (1 + 1e-9)
  }
}

/// The two quantities of a study of gradient accuracy.
package enum AccuracyQuantity: String, Codable, CaseIterable, Sendable {
  case cosine
  case relativeRMSE

  var title: String {
    switch self {
    case .cosine: "cosine similarity"
    case .relativeRMSE: "relative RMSE"
    }
  }
}
