public import Datasets
public import Foundation

/// Training and evaluating in run directories.
public enum TrainingRun {
  /// Runs a protocol to its end, or goes on with such a run, and returns its result.
  ///
  /// Guarantee: `checkpoint.safetensors`, `metrics.jsonl` and `result.json` are functions of protocol, estimator, seed,
  /// steps and data. Threads do not change their bits, nor does a run that is stopped or killed at any moment and then
  /// resumed.
  ///
  /// `estimator`, `learningRate` and `steps` are the protocol's where they are nil; `ImageDataset.load` says where the data
  /// are looked for where `dataFolder` is nil. The last step is always evaluated. `output` is made, with the folders above it, where it does
  /// not exist; with `resume` the run in it goes on, and a finished one gives its result again. `progress` is called on
  /// the calling thread after each step and before each group of evaluated images. `shouldStop` is asked as often; where
  /// it says true, a checkpoint is written (between steps, not within an evaluation) and the run ends with
  /// `TrainingError.interrupted`.
  ///
  /// Throws `TrainingError`; where the run cannot start, nothing is left behind.
  ///
  /// - Complexity: `steps` training steps and the evaluations of the protocol.
  public static func start(
    protocolURL: URL, estimator: String? = nil, learningRate: Double? = nil, seed: UInt64, steps: Int? = nil,
    threads: Int, dataFolder: URL?,
    output: URL, resume: Bool, command: [String], provenance: ProvenanceFacts,
    progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws(TrainingError) -> RunResult {
    let request = RunRequest(
      protocolURL: protocolURL, estimator: estimator, learningRate: learningRate, seed: seed, steps: steps,
      threads: threads, dataFolder: dataFolder, output: output, resume: resume, command: command,
      provenance: provenance)
    return try start(request, observer: RunObserver(progress: progress, shouldStop: shouldStop))
  }

  /// Measures the importance-weighted bound of the parameters in a run's checkpoint; the run is only read, and may still
  /// be going on.
  ///
  /// The protocol's own samples, split and step give the number that the run itself recorded there, bit for bit.
  ///
  /// `samples` (importance samples for each image) and `split` are the protocol's where they are nil: those of its
  /// selection for the best checkpoint, those of its evaluations for the last one.
  ///
  /// Throws `TrainingError`, also where the data are no longer those of the run.
  ///
  /// - Complexity: images x samples decoder evaluations.
  public static func evaluate(
    run: URL, checkpoint which: RunCheckpoint = .last, samples: Int? = nil, split: DataSplit? = nil,
    threads: Int,
    dataFolder: URL?,
    progress: @escaping @Sendable (TrainingProgress) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws(TrainingError) -> EvaluationRecord {
    try requirePositive(threads, "threads")
    if let samples { try requirePositive(samples, "samples") }
    let directory = RunDirectory(run)
    let manifest = try directory.manifest()
    let checkpoint = try directory.checkpoint(which, of: manifest)
    let choices = manifest.resolvedProtocol
    let data = try TrainingData(choices, folder: dataFolder)
    try requireSameData(data.dataset, as: manifest, folder: run)
    let ingredients = try RunIngredients(
      choices, estimator: try ModelEstimator(manifest.estimator, for: choices.model), seed: manifest.seed,
      threads: threads, data: data)
    try ingredients.restore(checkpoint)

    let selection = which == .best ? choices.evaluation.selection : nil
    let evaluation = Evaluation(
      data: data, split: split ?? selection?.split ?? choices.evaluation.split,
      samples: samples ?? selection?.samples ?? choices.evaluation.samples, seed: manifest.seed)
    let images = data.dataset[evaluation.split].count
    let step = checkpoint.state.step
    let record = try evaluation.run(ingredients.model, step: step) { done in
      progress(
        TrainingProgress(
          step: step, steps: manifest.steps, activity: .evaluating(done: done, images: images),
          negativeELBO: checkpoint.state.recent.last))
      return !shouldStop()
    }
    guard let record else { throw .interrupted(folder: run.path, checkpoint: step) }
    return record
  }

  static func start(_ request: RunRequest, observer: RunObserver) throws(TrainingError) -> RunResult {
    try requirePositive(request.threads, "threads")
    if let steps = request.steps { try requirePositive(steps, "steps") }
    if let rate = request.learningRate, !(rate > 0 && rate <= 10) {
      throw .badSetting(name: "learning rate", found: "\(rate)", expected: "a number above 0 and at most 10")
    }
    let directory = RunDirectory(request.output)
    let exists = try directory.holdsRun()
    if exists && !request.resume { throw .runExists(folder: request.output.path) }

    let file = try readProtocol(request.protocolURL)
    let estimator = try ModelEstimator(
      request.estimator ?? file.protocol.estimator, for: file.protocol.model)
    let data: TrainingData
    if let loaded = request.data {
      data = loaded
    } else {
      data = try TrainingData(file.protocol, folder: request.dataFolder)
    }
    let manifest = request.manifest(file, estimator: estimator.name, data: data.dataset.files)
    if exists {
      try directory.requireSameRun(as: manifest)
      if let result = try directory.result() { return result }
    }
    let ingredients = try RunIngredients(
      manifest.resolvedProtocol, estimator: estimator, seed: request.seed, threads: request.threads,
      data: data)
    if !exists {
      try directory.create(manifest)
      observer.wrote(.directoryCreated)
    }
    var session = try TrainingSession.open(
      directory, manifest: manifest, ingredients: ingredients, observer: observer)
    return try session.finish()
  }

  static func readProtocol(_ url: URL) throws(TrainingError) -> ProtocolFile {
    do throws(ProtocolError) { return try ProtocolFile(url) } catch { throw .badProtocol(error) }
  }

  static func requireSameData(
    _ dataset: ImageDataset, as manifest: RunManifest, folder: URL
  ) throws(TrainingError) {
    let found = manifest.dataFiles.map(\.contentSHA256)
    let expected = dataset.files.map(\.contentSHA256)
    guard found == expected else {
      throw .otherRun(
        folder: folder.path, field: "data (SHA-256)", found: found.joined(separator: " "),
        expected: expected.joined(separator: " "))
    }
  }

  static func requirePositive(_ value: Int, _ name: String) throws(TrainingError) {
    guard value > 0 else {
      throw .badSetting(name: name, found: "\(value)", expected: "a whole number above 0")
    }
  }
}

/// The arguments of a run.
struct RunRequest {
  var protocolURL: URL
  var estimator: String?
  var learningRate: Double?
  var seed: UInt64
  var steps: Int?
  var threads: Int
  var dataFolder: URL?
  var output: URL
  var resume: Bool
  var command: [String]
  var provenance: ProvenanceFacts
  /// The data, where they are loaded already.
  var data: TrainingData?

  func manifest(_ file: ProtocolFile, estimator: String, data: [DataFileRecord]) -> RunManifest {
    var resolved = file.protocol
    if let learningRate { resolved.optimisation.learningRate = learningRate }
    return RunManifest(
      schema: RunManifest.schema, protocolName: file.protocol.name, protocolSHA256: file.sha256,
      resolvedProtocol: resolved, estimator: estimator, seed: seed, steps: steps ?? file.protocol.steps,
      threads: threads, dataFiles: data, provenance: provenance, command: command,
      started: Date().formatted(.iso8601))
  }
}

extension RunDirectory {
  /// - Throws: `TrainingError` where the run has no such checkpoint, or a damaged one.
  func checkpoint(_ which: RunCheckpoint, of manifest: RunManifest) throws(TrainingError) -> Checkpoint {
    switch which {
    case .last:
      if let checkpoint = try checkpoint(of: manifest) { return checkpoint }
      throw .noCheckpoint(folder: url.path)
    case .best:
      if let checkpoint = try checkpoint(of: manifest, file: bestFile) { return checkpoint }
      throw .noBestCheckpoint(
        folder: url.path,
        reason: manifest.resolvedProtocol.evaluation.selects
          ? "nothing has been evaluated yet" : "its protocol selects no parameters")
    }
  }
}
