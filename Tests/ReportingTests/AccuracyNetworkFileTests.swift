import Datasets
import Foundation
import Testing

@testable import Reporting

@Suite("Networks and points are read from files, and mistakes are named")
struct AccuracyNetworkFileTests {
  private static let network = """
    {"states": "{0,1}", "layers": [{"weight": [[0.5, -1], [2, 0.25]], "bias": [0.1, -0.2]},
     {"weight": [[1, -1]], "bias": [0.3]}], "points": [[1, 0], [0.5, -2]], "targets": [1, -1]}
    """

  @Test("All three forms give the same problem, and what is written is read back")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let json = try AccuracyProblem(
      networkFile: folder.write(Self.network, to: "network.json"), pointsFile: nil)
    #expect(json.network.shapeText == "2-2-1" && json.network.layers[0].weight[1] == [2, 0.25])
    #expect(json.files.count == 1 && json.files[0].name == "network.json" && json.files[0].sha256.count == 64)
    let written = try AccuracyProblem(
      networkFile: folder.write(json.json(source: "a test"), to: "again.json"), pointsFile: nil)
    #expect(written.network == json.network && written.data == json.data)
    let safetensors = folder.file("network.safetensors")
    try Data(json.safetensors(source: "a test")).write(to: URL(fileURLWithPath: safetensors))
    for points in [
      try folder.write(json.commaSeparatedPoints, to: "points.csv"),
      try folder.write("1,0,1\n 0.5, -2, -1\n", to: "plain.csv"),
      try folder.write(#"{"points": [[1, 0], [0.5, -2]], "targets": [1, -1]}"#, to: "points.json"),
    ] {
      let apart = try AccuracyProblem(networkFile: safetensors, pointsFile: points)
      #expect(apart.network == json.network && apart.data == json.data && apart.files.count == 2)
    }
  }

  @Test(
    "A malformed network",
    arguments: [
      ("[[1, -1]]", "[[1, -1, 2]]", "layers[1].weight[0]", "2 columns"),
      ("[[1, -1]]", "[[1, -1], [1, 2]]", "layers[1].bias", "2 numbers"),
      ("[2, 0.25]", "[2]", "layers[0].weight[1]", "2 columns"),
      ("[2, 0.25]", "[2, NaN]", "network.json", "well-formed"),
      ("[2, 0.25]", "[2, 1e999]", "network.json", "well-formed"),
      ("\"bias\": [0.1, -0.2]", "\"bias\": [0.1]", "layers[0].bias", "2 numbers"),
      ("{0,1}", "{-1,1}", "states", "{0,1}"),
      ("[1, -1]}", "[1, 0]}", "targets[1]", "-1 or 1"),
      ("[1, -1]}", "[1]}", "targets", "2 numbers"),
      ("[0.5, -2]]", "[0.5]]", "points[1]", "2 coordinates"),
      ("[[1, 0], [0.5, -2]]", "[[1], [0.5]]", "points[0]", "2 coordinates"),
      (", \"targets\": [1, -1]", "", "points and targets", "both"),
      ("\"layers\"", "\"layer\"", "top level", "layers"),
    ])
  func malformed(part: String, replacement: String, place: String, expected: String) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Self.network.replacing(part, with: replacement), to: "network.json")
    #expect {
      _ = try AccuracyProblem(networkFile: file, pointsFile: nil)
    } throws: {
      let line = "\($0)"
      return line.contains(file) && line.contains(place) && line.contains(expected) && !line.contains("\n")
    }
  }

  @Test("A network without hidden layer, and one with too many units to enumerate")
  func size() throws {
    #expect(throws: AccuracyError.self) {
      try AccuracyNetwork(layers: [.init(weight: [[1]], bias: [0])])
    }
    #expect(throws: AccuracyError.self) {
      try AccuracyNetwork(layers: [
        .init(weight: [[Double]](repeating: [1], count: 21), bias: [Double](repeating: 0, count: 21)),
        .init(weight: [[Double](repeating: 1, count: 21)], bias: [0]),
      ])
    }
  }

  @Test(
    "Malformed points",
    arguments: [
      ("x,y,target\n1,0,1\n1,two,1\n", "line 3"), ("1,0,2\n", "targets[0]"), ("1\n", "line 1"),
      ("", "points"),
      ("1,0,1\n1,1\n", "points[1]"), ("1,nan,1\n", "points[0][1]"),
    ])
  func points(text: String, place: String) throws {
    let folder = try TemporaryFolder()
    let network = try folder.write(Self.network, to: "network.json")
    let points = try folder.write(text, to: "points.csv")
    #expect {
      _ = try AccuracyProblem(networkFile: network, pointsFile: points)
    } throws: {
      "\($0)".contains(points) && "\($0)".contains(place)
    }
  }

  @Test("Safetensors without points, with a gap and with a foreign tensor; a missing file")
  func safetensors() throws {
    let folder = try TemporaryFolder()
    let problem = try AccuracyProblem(
      networkFile: folder.write(Self.network, to: "network.json"), pointsFile: nil)
    let bytes = problem.safetensors(source: "a test")
    func message(_ bytes: [UInt8]) throws -> String {
      let file = folder.file("network.safetensors")
      try Data(bytes).write(to: URL(fileURLWithPath: file))
      do {
        _ = try AccuracyProblem(networkFile: file, pointsFile: nil)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(try message(bytes).contains("--data"))
    #expect(try message(Array(bytes.dropLast())).contains("safetensors"))
    #expect(try message(Self.replace("layers.1.bias", "layers.3.bias", in: bytes)).contains("layers.1.bias"))
    #expect(try message(Self.replace("layers.1.", "layers.2.", in: bytes)).contains("layers.2.bias"))
    #expect(throws: AccuracyError.self) {
      _ = try AccuracyProblem(networkFile: folder.file("missing.json"), pointsFile: nil)
    }
  }

  /// Replaces a text by one of the same length.
  private static func replace(_ text: String, _ other: String, in bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let (old, new) = (Array(text.utf8), Array(other.utf8))
    precondition(old.count == new.count)
    for start in 0..<bytes.count - old.count where Array(bytes[start..<start + old.count]) == old {
      bytes.replaceSubrange(start..<start + old.count, with: new)
    }
    return bytes
  }
}

@Suite("Training of the network of the PSA paper's study")
struct AccuracyTrainingTests {
  @Test("Points lie where their class is drawn, 100 of each")
  func points() throws {
    let data = try AccuracyTraining(seed: AccuracyProblems.seed).points()
    #expect(data.count == 200 && data.targets.reduce(0, +) == 0)
    for (point, target) in zip(data.points, data.targets) {
      #expect(abs(point[0]) < .pi / 2)
      #expect(target == 1 ? point[1] > 0 && point[1] < 1 : point[1] > -1 && point[1] < cos(point[0]))
    }
  }

  @Test("Before training the first layer's logits have mean 0 and variance 1 over the points")
  func initialisation() throws {
    let training = AccuracyTraining(seed: AccuracyProblems.seed)
    let data = try training.points()
    let network = try training.initialNetwork(for: data)
    #expect(network.shapeText == "2-5-5-5-1")
    for layer in network.layers[1...2] {
      for (weights, bias) in zip(layer.weight, layer.bias) {
        #expect(abs(weights.reduce(0) { $0 + $1 * $1 / 4 } - 1) < 1e-12)
        #expect(abs(weights.reduce(bias) { $0 + $1 / 2 }) < 1e-12)
      }
    }
    for (weights, bias) in zip(network.layers[0].weight, network.layers[0].bias) {
      let logits = data.points.map { weights[0] * $0[0] + weights[1] * $0[1] + bias }
      #expect(abs(logits.reduce(0, +)) < 1e-10)
    }
    let outputs = network.layers[3].weight[0] + network.layers[3].bias
    #expect(outputs.allSatisfy { abs($0) < 1 })
  }

  @Test("Training is a function of the seed, and changes every layer")
  func training() throws {
    var training = AccuracyTraining(seed: 3)
    training.pointsPerClass = 15
    training.epochs = 2
    let data = try training.points()
    let first = try training.train(on: data)
    #expect(try training.train(on: data).network == first.network)
    let before = try training.initialNetwork(for: data)
    for (trained, initial) in zip(first.network.layers, before.layers) { #expect(trained != initial) }
  }
}
