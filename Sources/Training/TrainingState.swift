internal import LatentVariableModels

/// What a run knows between two steps besides the model: enough to go on as if never stopped.
struct TrainingState: Hashable {
  /// Steps done.
  var step = 0
  /// Sum of the training objective since the last training record.
  var windowSum = 0.0
  /// The training objective of the last steps, oldest first, at most `recentLimit`.
  var recent: [Double] = []

  static let recentLimit = 200
  static let windowName = "run.windowNegativeELBO"
  static let recentName = "run.recentNegativeELBO"

  mutating func add(_ negativeELBO: Double) {
    step += 1
    windowSum += negativeELBO
    if recent.count == Self.recentLimit { recent.removeFirst() }
    recent.append(negativeELBO)
  }

  var recentMean: Double { recent.reduce(0, +) / Double(recent.count) }
}

/// A checkpoint: the model's tensors, the run's state, and whose they are.
struct Checkpoint {
  static let schema = "armature.checkpoint/1"

  let manifest: RunManifest
  let state: TrainingState
  /// Length of `metrics.jsonl` when the checkpoint was made; what lies beyond is repeated after a resumption.
  let metricsLength: Int
  let modelTensors: [NamedTensor]

  init(manifest: RunManifest, state: TrainingState, metricsLength: Int, modelTensors: [NamedTensor]) {
    self.manifest = manifest
    self.state = state
    self.metricsLength = metricsLength
    self.modelTensors = modelTensors
  }

  private static func identity(_ manifest: RunManifest) -> [String: String] {
    [
      "schema": schema, "protocolSHA256": manifest.protocolSHA256, "estimator": manifest.estimator,
      "seed": "\(manifest.seed)", "learningRate": "\(manifest.resolvedProtocol.optimisation.learningRate)",
    ]
  }

  func encoded() -> [UInt8] {
    var metadata = Self.identity(manifest)
    metadata["step"] = "\(state.step)"
    metadata["metricsLength"] = "\(metricsLength)"
    let own = [
      NamedTensor(name: TrainingState.windowName, shape: [1], values: .double([state.windowSum])),
      NamedTensor(name: TrainingState.recentName, shape: [state.recent.count], values: .double(state.recent)),
    ]
    return Safetensors(metadata: metadata, tensors: modelTensors + own).encoded()
  }

  /// - Throws: `SafetensorsError` where the bytes are not a checkpoint of the run that `manifest` describes.
  init(_ bytes: [UInt8], manifest: RunManifest) throws(SafetensorsError) {
    let file = try Safetensors(bytes)
    for (key, expected) in Self.identity(manifest).sorted(by: { $0.key < $1.key })
    where file.metadata[key] != expected {
      throw .badMetadata(key: key, found: file.metadata[key] ?? "missing", expected: expected)
    }
    let window = try Self.doubles(TrainingState.windowName, in: file)
    guard window.count == 1 else {
      throw .badTensor(name: TrainingState.windowName, problem: "\(window.count) elements, expected 1")
    }
    self.manifest = manifest
    state = TrainingState(
      step: try Self.count("step", 1...manifest.steps, in: file), windowSum: window[0],
      recent: try Self.doubles(TrainingState.recentName, in: file))
    metricsLength = try Self.count("metricsLength", 0...Int.max, in: file)
    modelTensors = file.tensors.filter {
      ![TrainingState.windowName, TrainingState.recentName].contains($0.name)
    }
    guard state.recent.count == min(state.step, TrainingState.recentLimit) else {
      throw .badTensor(
        name: TrainingState.recentName,
        problem: "\(state.recent.count) elements, expected \(min(state.step, TrainingState.recentLimit))")
    }
  }

  private static func count(
    _ key: String, _ range: ClosedRange<Int>, in file: Safetensors
  ) throws(SafetensorsError) -> Int {
    guard let text = file.metadata[key], let value = Int(text), range.contains(value) else {
      throw .badMetadata(
        key: key, found: file.metadata[key] ?? "missing",
        expected: "\(range.lowerBound)...\(range.upperBound)")
    }
    return value
  }

  private static func doubles(_ name: String, in file: Safetensors) throws(SafetensorsError) -> [Double] {
    guard let tensor = file.tensors.first(where: { $0.name == name }) else {
      throw .badTensor(name: name, problem: "it is missing")
    }
    guard case .double(let values) = tensor.values else {
      throw .badTensor(name: name, problem: "dtype is F32, expected F64")
    }
    return values
  }
}
