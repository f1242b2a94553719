internal import Datasets
public import Foundation

/// A protocol with the sources of its choices and the checksum of the file it was read from.
public struct ProtocolFile: Sendable {
  public let `protocol`: TrainingProtocol
  /// Every choice in the order of the file.
  public let choices: [ProtocolChoice]
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
    let root = try ProtocolNode(text: text, file: url.path)
    `protocol` = try TrainingProtocol(root)
    choices = try ProtocolChoice.all(in: root)
    sha256 = SHA256Stream.digest(of: [UInt8](bytes))
  }
}

extension TrainingProtocol {
  /// Steps beyond this are taken for a typing error.
  private static let stepRange = 1...1_000_000_000

  init(yaml text: String, file: String) throws(ProtocolError) {
    try self.init(try ProtocolNode(text: text, file: file))
  }

  init(_ root: ProtocolNode) throws(ProtocolError) {
    let members = try root.members(
      [
        "schema", "name", "title", "source", "data", "model", "optimisation", "steps", "estimator",
        "metricsInterval", "checkpointInterval", "evaluation",
      ], optional: ["sources"])
    func member(_ key: String) -> ProtocolNode { members[key] ?? root }

    schema = try member("schema").text()
    guard schema == Self.schema else { throw member("schema").error(Self.schema, found: schema) }
    name = try member("name").text()
    title = try member("title").text()
    source = try member("source").text()
    data = try DataChoice(member("data"))
    model = try ModelChoice(member("model"))
    guard model.readsIntensities == (data.binarisation == .unbinarised) else {
      throw member("data").error(
        model.readsIntensities
          ? "binarisation none for a model of intensities" : "a binarisation for a model of bits",
        found: data.binarisation.rawValue)
    }
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
  static let widths = 1...100_000
  static let categories = 2...256

  /// The kind decides which other keys there are.
  init(_ node: ProtocolNode) throws(ProtocolError) {
    let kind = try node.member("kind").choice(Kind.self)
    switch kind {
    case .binaryVAE, .categoricalVAE, .categoricalCompletion, .gaussianVAE:
      self = .autoencoder(try TrainingProtocol.AutoencoderChoice(node, kind))
    case .layeredVAE: self = .layered(try TrainingProtocol.LayeredChoice(node, .generation))
    case .structuredPrediction: self = .layered(try TrainingProtocol.LayeredChoice(node, .completion))
    case .classification: self = .layered(try TrainingProtocol.LayeredChoice(node, .classification))
    }
  }
}

extension TrainingProtocol.LayeredChoice {
  init(_ node: ProtocolNode, _ task: Task) throws(ProtocolError) {
    let members = try node.members(
      ["kind", "latents", "hidden", "leakyReLUSlope", "encoderInput", "latentInput"]
        + (task == .classification ? ["classes"] : ["outputBias"]),
      optional: ["categories"])
    func member(_ key: String) -> ProtocolNode { members[key] ?? node }
    let widths = TrainingProtocol.ModelChoice.widths

    self.task = task
    latents = try member("latents").integers(in: widths)
    guard (1...100).contains(latents.count) else {
      throw member("latents").error(
        "a list of 1...100 widths, one for each layer", found: member("latents").value)
    }
    categories = try members["categories"].map { node throws(ProtocolError) in
      try node.integer(in: TrainingProtocol.ModelChoice.categories)
    }
    hidden = try member("hidden").integers(in: widths)
    leakyReLUSlope = try member("leakyReLUSlope").number("from 0 to 1") { (0...1).contains($0) }
    encoderInput = try member("encoderInput").choice()
    latentInput = try member("latentInput").choice()
    classes = try members["classes"].map { node throws(ProtocolError) in try node.integer(in: 2...10_000) }
    outputBias = try members["outputBias"].map { node throws(ProtocolError) in try node.choice() }
  }
}

extension TrainingProtocol.AutoencoderChoice {
  init(_ node: ProtocolNode, _ kind: TrainingProtocol.ModelChoice.Kind) throws(ProtocolError) {
    let isCategorical = kind == .categoricalVAE || kind == .categoricalCompletion
    let members = try node.members(
      [
        "kind", "encoderHidden", "decoderHidden", "leakyReLUSlope", "latents", "encoderInput",
        "signedLatents", "outputBias",
      ] + (isCategorical ? ["categories"] : []))
    func member(_ key: String) -> ProtocolNode { members[key] ?? node }
    let widths = TrainingProtocol.ModelChoice.widths

    encoderHidden = try member("encoderHidden").integers(in: widths)
    decoderHidden = try member("decoderHidden").integers(in: widths)
    leakyReLUSlope = try member("leakyReLUSlope").number("from 0 to 1") { (0...1).contains($0) }
    latents = try member("latents").integer(in: widths)
    categories =
      isCategorical ? try member("categories").integer(in: TrainingProtocol.ModelChoice.categories) : nil
    encoderInput = try member("encoderInput").choice()
    signedLatents = try member("signedLatents").boolean()
    outputBias = try member("outputBias").choice()
    take(kind)
    guard pixels == .bits || encoderInput == .raw else {
      throw member("encoderInput").error(
        "raw, because intensities are numbers in -1...1 already", found: encoderInput.rawValue)
    }
    guard pixels == .bits || outputBias == .zero else {
      throw member("outputBias").error(
        "zero, because the outputs are means of intensities, no logits", found: outputBias.rawValue)
    }
  }
}

extension TrainingProtocol.OptimisationChoice {
  init(_ node: ProtocolNode) throws(ProtocolError) {
    let hasMomentum = (try? node.member("momentum")) != nil
    let members = try node.members(
      ["batchSize", "learningRate"]
        + (hasMomentum ? ["momentum"] : ["adamBeta1", "adamBeta2", "adamEpsilon"])
        + ["priorLearningRate", "decoderSamples"],
      optional: ["learningRates"]
        + (hasMomentum
          ? [] : ["encoderAdamBeta1", "encoderAdamBeta2", "encoderGradient", "decoderGradient"]))
    func member(_ key: String) -> ProtocolNode { members[key] ?? node }

    batchSize = try member("batchSize").integer(in: 1...100_000)
    learningRate = try member("learningRate").learningRate()
    momentum = try members["momentum"].map { node throws(ProtocolError) in try node.decay() }
    adamBeta1 = try members["adamBeta1"].map { node throws(ProtocolError) in try node.decay() }
    adamBeta2 = try members["adamBeta2"].map { node throws(ProtocolError) in try node.decay() }
    adamEpsilon = try members["adamEpsilon"].map { node throws(ProtocolError) in
      try node.number("above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    }
    priorLearningRate = try member("priorLearningRate").number("from 0 to 10") { (0...10).contains($0) }
    decoderSamples = try member("decoderSamples").choice()
    encoderAdamBeta1 = try members["encoderAdamBeta1"].map { node throws(ProtocolError) in try node.decay() }
    encoderAdamBeta2 = try members["encoderAdamBeta2"].map { node throws(ProtocolError) in try node.decay() }
    encoderGradient = try members["encoderGradient"].map { node throws(ProtocolError) in try node.choice() }
    decoderGradient = try members["decoderGradient"].map { node throws(ProtocolError) in try node.choice() }
    learningRates = try members["learningRates"].map { list throws(ProtocolError) in
      var rates: [Double] = []
      for element in try list.elements("a list of numbers") { rates.append(try element.learningRate()) }
      guard !rates.isEmpty, Set(rates).count == rates.count else {
        throw list.error("different learning rates, at least one", found: "\(rates)")
      }
      return rates
    }
    if let rates = learningRates, !rates.contains(learningRate) {
      throw member("learningRate").error("one of the learningRates \(rates)", found: "\(learningRate)")
    }
  }
}

extension ProtocolNode {
  fileprivate func learningRate() throws(ProtocolError) -> Double {
    try number("above 0 and at most 10") { $0 > 0 && $0 <= 10 }
  }

  fileprivate func decay() throws(ProtocolError) -> Double {
    try number("from 0 to below 1") { $0 >= 0 && $0 < 1 }
  }
}

extension TrainingProtocol.EvaluationChoice {
  init(_ node: ProtocolNode, stepRange: ClosedRange<Int>) throws(ProtocolError) {
    let members = try node.members(
      ["split", "samples"], optional: ["steps", "interval", "selection", "final"])
    split = try (members["split"] ?? node).choice()
    samples = try (members["samples"] ?? node).integer(in: 1...100_000)
    selection = try members["selection"].map { node throws(ProtocolError) in
      try TrainingProtocol.BoundChoice(node)
    }
    final = try members["final"].map { node throws(ProtocolError) in try TrainingProtocol.BoundChoice(node) }
    if selection != nil, split != .valid {
      throw (members["split"] ?? node).error(
        "valid, because parameters are selected by it", found: split.rawValue)
    }
    guard (members["steps"] == nil) != (members["interval"] == nil) else {
      throw node.error(
        "either the key steps or the key interval", found: members["steps"] == nil ? "neither" : "both")
    }
    steps =
      try members["steps"].map { list throws(ProtocolError) in try Self.ascending(list, in: stepRange) } ?? []
    interval = try members["interval"].map { node throws(ProtocolError) in try node.integer(in: stepRange) }
  }

  /// Whether the parameters of the best evaluation are kept.
  var selects: Bool { selection != nil }

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

extension TrainingProtocol.BoundChoice {
  init(_ node: ProtocolNode) throws(ProtocolError) {
    let members = try node.members(["split", "samples"])
    split = try (members["split"] ?? node).choice()
    samples = try (members["samples"] ?? node).integer(in: 1...100_000)
  }
}
