internal import Datasets
public import Foundation

/// A protocol with the checksum of the file it was read from.
public struct ProtocolFile: Sendable {
  public let `protocol`: TrainingProtocol
  /// SHA-256 of the file's bytes, hexadecimal.
  public let sha256: String

  /// Reads a protocol of schema `armature.protocol/1`.
  ///
  /// - Throws: `ProtocolError` where the file cannot be read, is not YAML, or has an unknown, missing or repeated key or a
  ///   value of another type or out of range.
  public init(_ url: URL) throws(ProtocolError) {
    let bytes: Data
    do { bytes = try Data(contentsOf: url) } catch {
      throw ProtocolError(
        file: url.path, line: nil, key: "", expected: "a readable protocol file",
        found: error.localizedDescription)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ProtocolError(file: url.path, line: nil, key: "", expected: "UTF-8 text", found: "other bytes")
    }
    `protocol` = try TrainingProtocol(yaml: text, file: url.path)
    sha256 = SHA256Stream.digest(of: [UInt8](bytes))
  }
}

extension TrainingProtocol {
  /// Steps beyond this are taken for a typing error.
  private static let stepRange = 1...1_000_000_000

  init(yaml text: String, file: String) throws(ProtocolError) {
    let root = try ProtocolNode(text: text, file: file)
    let members = try root.members([
      "schema", "name", "title", "source", "data", "model", "optimisation", "steps", "estimator",
      "metricsInterval", "checkpointInterval", "evaluation",
    ])
    func member(_ key: String) -> ProtocolNode { members[key] ?? root }

    schema = try member("schema").text()
    guard schema == Self.schema else { throw member("schema").error(Self.schema, found: schema) }
    name = try member("name").text()
    title = try member("title").text()
    source = try member("source").text()
    data = try DataChoice(member("data"))
    model = try ModelChoice(member("model"))
    optimisation = try OptimisationChoice(member("optimisation"))
    steps = try member("steps").integer(in: Self.stepRange)
    estimator = try member("estimator").text()
    metricsInterval = try member("metricsInterval").integer(in: Self.stepRange)
    checkpointInterval = try member("checkpointInterval").integer(in: Self.stepRange)
    evaluation = try EvaluationChoice(member("evaluation"), stepRange: Self.stepRange)
  }
}

extension TrainingProtocol.DataChoice {
  init(_ node: ProtocolNode) throws(ProtocolError) {
    let members = try node.members(["set", "binarisation"])
    set = try (members["set"] ?? node).choice()
    binarisation = try (members["binarisation"] ?? node).choice()
    guard binarisation.suits(set) else {
      let suitable = Binarisation.allCases.filter { $0.suits(set) }.map(\.rawValue).joined(separator: " or ")
      throw (members["binarisation"] ?? node).error(
        "\(suitable) for data set \(set.rawValue)", found: binarisation.rawValue)
    }
  }
}

extension TrainingProtocol.ModelChoice {
  init(_ node: ProtocolNode) throws(ProtocolError) {
    let members = try node.members([
      "kind", "encoderHidden", "decoderHidden", "leakyReLUSlope", "latents", "centredInput", "signedLatents",
      "outputBias",
    ])
    func member(_ key: String) -> ProtocolNode { members[key] ?? node }
    let widths = 1...100_000

    kind = try member("kind").choice()
    encoderHidden = try member("encoderHidden").integers(in: widths)
    decoderHidden = try member("decoderHidden").integers(in: widths)
    leakyReLUSlope = try member("leakyReLUSlope").number("from 0 to 1") { (0...1).contains($0) }
    latents = try member("latents").integer(in: widths)
    centredInput = try member("centredInput").boolean()
    signedLatents = try member("signedLatents").boolean()
    outputBias = try member("outputBias").choice()
  }
}

extension TrainingProtocol.OptimisationChoice {
  init(_ node: ProtocolNode) throws(ProtocolError) {
    let members = try node.members([
      "batchSize", "learningRate", "adamBeta1", "adamBeta2", "adamEpsilon", "priorLearningRate",
      "decoderSamples",
    ])
    func member(_ key: String) -> ProtocolNode { members[key] ?? node }

    batchSize = try member("batchSize").integer(in: 1...100_000)
    learningRate = try member("learningRate").number("above 0 and at most 10") { $0 > 0 && $0 <= 10 }
    adamBeta1 = try member("adamBeta1").number("from 0 to below 1") { $0 >= 0 && $0 < 1 }
    adamBeta2 = try member("adamBeta2").number("from 0 to below 1") { $0 >= 0 && $0 < 1 }
    adamEpsilon = try member("adamEpsilon").number("above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    priorLearningRate = try member("priorLearningRate").number("from 0 to 10") { (0...10).contains($0) }
    decoderSamples = try member("decoderSamples").choice()
  }
}

extension TrainingProtocol.EvaluationChoice {
  init(_ node: ProtocolNode, stepRange: ClosedRange<Int>) throws(ProtocolError) {
    let members = try node.members(["split", "samples"], optional: ["steps", "interval"])
    split = try (members["split"] ?? node).choice()
    samples = try (members["samples"] ?? node).integer(in: 1...100_000)
    guard (members["steps"] == nil) != (members["interval"] == nil) else {
      throw node.error(
        "either the key steps or the key interval", found: members["steps"] == nil ? "neither" : "both")
    }
    steps =
      try members["steps"].map { list throws(ProtocolError) in try Self.ascending(list, in: stepRange) } ?? []
    interval = try members["interval"].map { node throws(ProtocolError) in try node.integer(in: stepRange) }
  }

  private static func ascending(
    _ node: ProtocolNode, in range: ClosedRange<Int>
  ) throws(ProtocolError) -> [Int] {
    let steps = try node.integers(in: range)
    guard !steps.isEmpty, zip(steps, steps.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw node.error("steps in ascending order, at least one", found: "\(steps)")
    }
    return steps
  }

  /// Whether the bound is measured after `step` of a run of `last` steps.
  func isDue(after step: Int, of last: Int) -> Bool {
    step == last || steps.contains(step) || interval.map { step % $0 == 0 } ?? false
  }
}
