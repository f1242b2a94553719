package import Datasets
internal import ExactExpectations
internal import Foundation
internal import LatentVariableModels
internal import Training

/// A network with the points that its expected loss averages over, and the files that they were read from.
package struct AccuracyProblem: Hashable, Sendable {
  package let network: AccuracyNetwork
  package let data: LabelledPoints
  package private(set) var files: [DataFileRecord] = []

  /// - Throws: `AccuracyError.mismatch` if the points do not have as many coordinates as the network has inputs.
  package init(network: AccuracyNetwork, data: LabelledPoints) throws(AccuracyError) {
    guard data.dimensions == network.inputs else {
      throw .mismatch(
        place: "points[0]",
        expected: "\(network.inputs) coordinates, one for each input of layer 0, found \(data.dimensions)")
    }
    self.network = network
    self.data = data
  }

  /// Reads a network, and points where they are given apart; such points replace those of the network's file.
  ///
  /// A network is safetensors (`layers.0.weight` [units, inputs], `layers.0.bias` [units], and so on) if its name ends so,
  /// else JSON: {"layers": [{"weight": [[...]], "bias": [...]}], "points": [[...]], "targets": [...], "states": "{0,1}"},
  /// where points and targets, or states, may be missing. Points apart are as for `LabelledPoints.init(file:)`.
  ///
  /// - Throws: `AccuracyError.malformed` with file, place and expectation.
  package init(networkFile: String, pointsFile: String?) throws(AccuracyError) {
    let bytes = try Self.bytes(of: networkFile)
    let name = (networkFile as NSString).lastPathComponent
    let network: AccuracyNetwork
    var data: LabelledPoints?
    do throws(AccuracyError) {
      (network, data) =
        name.hasSuffix(".safetensors") ? (try Self.safetensors(bytes), nil) : try Self.json(bytes)
    } catch {
      throw error.within(networkFile)
    }
    var files = [Self.record(name, bytes, source: "the network")]
    if let pointsFile {
      let bytes = try Self.bytes(of: pointsFile)
      data = try LabelledPoints(bytes, file: pointsFile)
      files.append(Self.record((pointsFile as NSString).lastPathComponent, bytes, source: "the points"))
    }
    guard let data else {
      throw .malformed(
        file: networkFile, place: "points",
        expected: "points and targets there, or in a file given with --data")
    }
    do throws(AccuracyError) {
      try self.init(network: network, data: data)
    } catch {
      throw error.within(pointsFile ?? networkFile)
    }
    self.files = files
  }

  var networkPoints: [NetworkPoint] {
    zip(data.points, data.targets).map { NetworkPoint(input: $0, target: $1) }
  }

  // MARK: - Reading

  fileprivate static func bytes(of path: String) throws(AccuracyError) -> [UInt8] {
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .malformed(file: path, place: "the file", expected: "a file that can be read")
    }
  }

  private static func record(_ name: String, _ bytes: [UInt8], source: String) -> DataFileRecord {
    let digest = SHA256Stream.digest(of: bytes)
    return DataFileRecord(name: name, sha256: digest, contentSHA256: digest, source: source)
  }

  private static func safetensors(_ bytes: [UInt8]) throws(AccuracyError) -> AccuracyNetwork {
    let content: Safetensors
    do throws(SafetensorsError) {
      content = try Safetensors(bytes)
    } catch {
      throw .mismatch(place: "the content", expected: "safetensors (\(error))")
    }
    var tensors = Dictionary(uniqueKeysWithValues: content.tensors.map { ($0.name, $0) })
    var layers: [AccuracyNetwork.Layer] = []
    while let weight = tensors.removeValue(forKey: "layers.\(layers.count).weight") {
      let name = "layers.\(layers.count).bias"
      guard let bias = tensors.removeValue(forKey: name) else {
        throw .mismatch(place: name, expected: "a bias for each weight, found none")
      }
      guard weight.shape.count == 2, bias.shape.count == 1 else {
        throw .mismatch(
          place: "layers.\(layers.count)",
          expected:
            "a weight [units, inputs] and a bias [units], found shapes \(weight.shape) and \(bias.shape)")
      }
      let numbers = weight.doubles
      let columns = weight.shape[1]
      layers.append(
        AccuracyNetwork.Layer(
          weight: (0..<weight.shape[0]).map { Array(numbers[$0 * columns..<($0 + 1) * columns]) },
          bias: bias.doubles))
    }
    if let unknown = tensors.keys.min() {
      throw .mismatch(
        place: "tensor \(unknown.debugDescription)",
        expected: "only layers.0.weight, layers.0.bias, layers.1.weight, and so on without gaps")
    }
    return try AccuracyNetwork(layers: layers)
  }

  private struct NetworkDocument: Codable {
    var source: String?
    var states: String?
    var layers: [AccuracyNetwork.Layer]
    var points: [[Double]]?
    var targets: [Double]?
  }

  private static let states = "{0,1}"

  private static func json(
    _ bytes: [UInt8]
  ) throws(AccuracyError) -> (AccuracyNetwork, LabelledPoints?) {
    let document = try decode(NetworkDocument.self, bytes)
    if let found = document.states, found != states {
      throw .mismatch(place: "states", expected: "\"\(states)\", found \(found.debugDescription)")
    }
    let network = try AccuracyNetwork(layers: document.layers)
    guard document.points != nil || document.targets != nil else { return (network, nil) }
    guard let points = document.points, let targets = document.targets else {
      throw .mismatch(place: "points and targets", expected: "both or none of them")
    }
    return (network, try LabelledPoints(points: points, targets: targets))
  }

  fileprivate static func decode<Document: Decodable>(
    _ type: Document.Type, _ bytes: [UInt8]
  ) throws(AccuracyError) -> Document {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw .mismatch(place: error.place, expected: error.expectation)
    } catch {
      throw .mismatch(place: "the content", expected: "JSON")
    }
  }

  // MARK: - Writing

  /// The network with its points in the JSON form; the same problem gives the same bytes.
  package func json(source: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let document = NetworkDocument(
      source: source, states: Self.states, layers: network.layers, points: data.points, targets: data.targets)
    return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
  }

  /// The network as safetensors in double precision, with the convention for states as metadata.
  package func safetensors(source: String) -> [UInt8] {
    let tensors = network.layers.enumerated().flatMap { index, layer in
      [
        NamedTensor(
          name: "layers.\(index).weight", shape: [layer.units, layer.inputs],
          values: .double(layer.weight.flatMap { $0 })),
        NamedTensor(name: "layers.\(index).bias", shape: [layer.units], values: .double(layer.bias)),
      ]
    }
    return Safetensors(metadata: ["source": source, "states": Self.states], tensors: tensors).encoded()
  }

  /// The points as CSV: coordinates, then the target.
  package var commaSeparatedPoints: String {
    let header = (0..<data.dimensions).map { "x\($0)" } + ["target"]
    let rows = zip(data.points, data.targets).map { ($0 + [$1]).map { "\($0)" } }
    return ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}

extension LabelledPoints {
  private struct Document: Codable {
    var points: [[Double]]
    var targets: [Double]
  }

  /// Reads points: CSV if the name ends so (one point in a line, its coordinates and then its target; the first line may be a
  /// header), else JSON: {"points": [[...]], "targets": [...]}.
  ///
  /// - Throws: `AccuracyError.malformed` with file, place and expectation.
  package init(file: String) throws(AccuracyError) {
    try self.init(AccuracyProblem.bytes(of: file), file: file)
  }

  fileprivate init(_ bytes: [UInt8], file: String) throws(AccuracyError) {
    do throws(AccuracyError) {
      if file.hasSuffix(".csv") {
        try self.init(commaSeparated: bytes)
      } else {
        let document = try AccuracyProblem.decode(Document.self, bytes)
        try self.init(points: document.points, targets: document.targets)
      }
    } catch {
      throw error.within(file)
    }
  }

  private init(commaSeparated bytes: [UInt8]) throws(AccuracyError) {
    var points: [[Double]] = []
    var targets: [Double] = []
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      let numbers = cells.compactMap { Double($0) }
      if numbers.isEmpty && index == 0 { continue }
      guard numbers.count == cells.count, numbers.count >= 2 else {
        throw .mismatch(
          place: "line \(index + 1)",
          expected: "numbers separated by commas, the coordinates of a point and then its target -1 or 1")
      }
      points.append(numbers.dropLast())
      targets.append(numbers[numbers.count - 1])
    }
    try self.init(points: points, targets: targets)
  }
}

extension NamedTensor {
  fileprivate var doubles: [Double] {
    switch values {
    case .float(let values): values.map(Double.init)
    case .double(let values): values
    }
  }
}
