internal import Datasets
internal import Foundation
internal import LatentVariableModels

/// A moment at which files have just changed; tests look at the directory there, as if the process were killed.
package enum WriteMoment: Hashable, Sendable {
  case directoryCreated
  case metricsAppended
  case timingAppended
  case checkpointBeforeRenaming
  case checkpointRenamed
  case bestBeforeRenaming
  case bestRenamed
  case resultBeforeRenaming
  case resultRenamed
}

/// Who is told about a run, and who may stop it.
struct RunObserver {
  var progress: @Sendable (TrainingProgress) -> Void = { _ in }
  var shouldStop: @Sendable () -> Bool = { false }
  var wrote: @Sendable (WriteMoment) -> Void = { _ in }
}

/// The data and the model of a run.
struct RunIngredients: ~Copyable {
  let data: TrainingData
  let model: any HeldModel

  init(
    _ choices: TrainingProtocol, estimator: ModelEstimator, seed: UInt64, threads: Int, data: TrainingData
  ) throws(TrainingError) {
    self.data = data
    let dataset = data.dataset
    guard choices.optimisation.batchSize <= dataset.train.count else {
      throw .badSetting(
        name: "optimisation.batchSize", found: "\(choices.optimisation.batchSize)",
        expected: "at most the \(dataset.train.count) training images of \(dataset.name.rawValue)")
    }
    try Self.checkLabels(dataset, for: choices.model)
    do throws(ModelError) {
      model = try choices.makeModel(estimator: estimator, seed: seed, threads: threads, data: data)
    } catch { throw .model(error) }
  }

  private static func checkLabels(
    _ dataset: ImageDataset, for model: TrainingProtocol.ModelChoice
  ) throws(TrainingError) {
    guard let classes = model.layered?.classes else { return }
    let labels = DataSplit.allCases.compactMap { dataset[$0].labels.max() }
    guard let largest = labels.max() else {
      throw .badSetting(
        name: "data.set", found: dataset.name.rawValue, expected: "a data set with classes, such as mnist")
    }
    guard largest < classes else {
      throw .badSetting(
        name: "model.classes", found: "\(classes)",
        expected: "at least \(Int(largest) + 1), the classes of \(dataset.name.rawValue)")
    }
  }
}

/// A run in progress: the loop, its files and its clocks.
///
/// The order of writes makes a kill harmless at any moment. Records of a step are appended first and brought to the disk;
/// only then does a checkpoint of that step replace the old one, and it states how long `metrics.jsonl` was. A
/// resumption cuts the file there and repeats the steps after it, which gives the same bytes again.
struct TrainingSession: ~Copyable {
  private let directory: RunDirectory
  private let manifest: RunManifest
  private let lock: RunLock
  private let observer: RunObserver
  private var ingredients: RunIngredients
  private var batches: BatchSource
  private var state = TrainingState()
  private var metrics: LineFile
  private var timing: LineFile
  private var evaluations: [EvaluationRecord]
  /// The step of the checkpoint on disk, 0 where there is none.
  private var checkpointStep: Int
  /// The step of the last record in `timing.jsonl`.
  private var timedStep: Int
  private var trainingTime = Duration.zero
  private var evaluationTime = Duration.zero

  private var choices: TrainingProtocol { manifest.resolvedProtocol }

  private init(
    _ directory: RunDirectory, manifest: RunManifest, lock: consuming RunLock, observer: RunObserver,
    ingredients: consuming RunIngredients, state: TrainingState, metrics: consuming LineFile,
    timing: consuming LineFile, evaluations: [EvaluationRecord]
  ) {
    self.directory = directory
    self.manifest = manifest
    self.lock = lock
    self.observer = observer
    batches = BatchSource(
      ingredients.data, batchSize: manifest.resolvedProtocol.optimisation.batchSize, seed: manifest.seed)
    self.ingredients = ingredients
    self.state = state
    self.metrics = metrics
    self.timing = timing
    self.evaluations = evaluations
    checkpointStep = state.step
    timedStep = state.step
  }

  /// Takes up the run in `directory` where its checkpoint left it.
  static func open(
    _ directory: RunDirectory, manifest: RunManifest, ingredients: consuming RunIngredients,
    observer: RunObserver
  ) throws(TrainingError) -> TrainingSession {
    let lock = try RunLock.take(directory)
    let checkpoint = try directory.checkpoint(of: manifest)
    if let checkpoint { try ingredients.restore(checkpoint) }
    let state = checkpoint?.state ?? TrainingState()
    let metrics = try LineFile.open(directory.metricsFile, keeping: checkpoint?.metricsLength ?? 0)
    let timing = try LineFile.open(
      directory.timingFile, keeping: try directory.timingLength(through: state.step))
    let evaluations = try directory.metrics().compactMap {
      if case .evaluation(let record) = $0 { record } else { nil }
    }
    return TrainingSession(
      directory, manifest: manifest, lock: lock, observer: observer, ingredients: ingredients, state: state,
      metrics: metrics, timing: timing, evaluations: evaluations)
  }

  /// Runs to the last step and writes the result.
  mutating func finish() throws(TrainingError) -> RunResult {
    while state.step < manifest.steps {
      if observer.shouldStop() {
        try stopHere()
        throw .interrupted(folder: directory.url.path, checkpoint: checkpointStep)
      }
      try trainOneStep()
      try recordStep()
    }
    return try writeResult()
  }

  private mutating func stopHere() throws(TrainingError) {
    guard checkpointStep < state.step else { return }
    try recordTiming()
    try writeCheckpoint()
  }

  private mutating func trainOneStep() throws(TrainingError) {
    let start = ContinuousClock.now
    batches.load(step: state.step)
    do throws(ModelError) {
      let (images, labels) = (batches.images, batches.labels)
      let loss = try ingredients.model.step(
        index: UInt64(state.step), images: images.span, labels: labels.span)
      guard loss.isFinite else {
        throw .notFinite(quantity: "the negative ELBO", step: UInt64(state.step))
      }
      state.add(loss)
    } catch { throw stepError(error) }
    trainingTime += ContinuousClock.now - start
    report(.training)
  }

  private func stepError(_ error: ModelError) -> TrainingError {
    guard case .notFinite(let quantity, _) = error else { return .model(error) }
    return diverged(quantity, step: state.step + 1)
  }

  private func diverged(_ quantity: String, step: Int) -> TrainingError {
    .diverged(folder: directory.url.path, step: step, quantity: quantity, checkpoint: checkpointStep)
  }

  /// Writes what is due after the step just made: metrics first, the checkpoint last.
  private mutating func recordStep() throws(TrainingError) {
    let step = state.step
    let isLast = step == manifest.steps
    let windowEnds = step % choices.metricsInterval == 0 || isLast
    let evaluates = choices.evaluation.isDue(after: step, of: manifest.steps)
    if windowEnds { try recordTraining() }
    if evaluates { try evaluate() }
    let saves = step % choices.checkpointInterval == 0 || evaluates
    if windowEnds || saves { try recordTiming() }
    if saves { try writeCheckpoint() }
  }

  private mutating func recordTraining() throws(TrainingError) {
    let before = (state.step - 1) / choices.metricsInterval * choices.metricsInterval
    let count = state.step - before
    let record = TrainingRecord(step: state.step, steps: count, negativeELBO: state.windowSum / Double(count))
    try metrics.append(MetricRecord.training(record))
    state.windowSum = 0
    observer.wrote(.metricsAppended)
  }

  private mutating func evaluate() throws(TrainingError) {
    let start = ContinuousClock.now
    let record = try measure(
      choices.evaluation.split, samples: choices.evaluation.samples, step: state.step)
    try metrics.append(MetricRecord.evaluation(record))
    let isBest = evaluations.allSatisfy { record.bound < $0.bound }
    evaluations.append(record)
    evaluationTime += ContinuousClock.now - start
    report(.evaluating(done: record.images, images: record.images))
    observer.wrote(.metricsAppended)
    if isBest && choices.evaluation.selects { try writeBest() }
  }

  /// The bound at the trainer's parameters, which are those after `step` steps.
  private mutating func measure(
    _ split: DataSplit, samples: Int, step: Int
  ) throws(TrainingError) -> EvaluationRecord {
    let evaluation = Evaluation(data: ingredients.data, split: split, samples: samples, seed: manifest.seed)
    let images = ingredients.data.dataset[split].count
    let (observer, state, steps) = (observer, state, manifest.steps)
    let record: EvaluationRecord?
    do throws(TrainingError) {
      record = try evaluation.run(ingredients.model, step: step) { done in
        observer.progress(
          TrainingProgress(
            step: state.step, steps: steps, activity: .evaluating(done: done, images: images),
            negativeELBO: state.recent.last))
        return !observer.shouldStop()
      }
    } catch {
      guard case .model(.notFinite(let quantity, _)) = error else { throw error }
      throw diverged(quantity, step: step)
    }
    guard let record else { throw .interrupted(folder: directory.url.path, checkpoint: checkpointStep) }
    return record
  }

  /// What the protocol wants to know at the parameters of the last step beside its evaluations.
  private mutating func measureFinal() throws(TrainingError) -> EvaluationRecord? {
    guard let final = choices.evaluation.final else { return nil }
    return try measure(final.split, samples: final.samples, step: state.step)
  }

  /// What the protocol wants to know at the parameters of the best evaluation; the trainer has these afterwards.
  private mutating func measureSelected() throws(TrainingError) -> EvaluationRecord? {
    guard let selection = choices.evaluation.selection else { return nil }
    guard let best = try directory.checkpoint(of: manifest, file: directory.bestFile) else {
      throw .damaged(file: directory.bestFile.path, reason: "it is missing")
    }
    try ingredients.restore(best)
    return try measure(selection.split, samples: selection.samples, step: best.state.step)
  }

  private mutating func recordTiming() throws(TrainingError) {
    guard timedStep < state.step else { return }
    try timing.append(
      TimingRecord(
        step: state.step, trainingSeconds: trainingTime / .seconds(1),
        evaluationSeconds: evaluationTime / .seconds(1)))
    timedStep = state.step
    trainingTime = .zero
    evaluationTime = .zero
    observer.wrote(.timingAppended)
  }

  private mutating func writeCheckpoint() throws(TrainingError) {
    let checkpoint = checkpoint
    // Numbers that no run can go on from must not take the place of those that one can.
    if let tensor = checkpoint.modelTensors.first(where: { !$0.isFinite }) {
      throw diverged("the tensor \(tensor.name)", step: state.step)
    }
    try metrics.synchronise()
    let observer = observer
    try DurableFile.replace(directory.checkpointFile, with: checkpoint.encoded()) {
      observer.wrote(.checkpointBeforeRenaming)
    }
    checkpointStep = state.step
    observer.wrote(.checkpointRenamed)
  }

  /// Keeps the parameters of the best evaluation so far. A kill before the next checkpoint makes the run repeat this
  /// evaluation, with the same bound, and write the same file.
  private func writeBest() throws(TrainingError) {
    let observer = observer
    try DurableFile.replace(directory.bestFile, with: checkpoint.encoded()) {
      observer.wrote(.bestBeforeRenaming)
    }
    observer.wrote(.bestRenamed)
  }

  private var checkpoint: Checkpoint {
    Checkpoint(
      manifest: manifest, state: state, metricsLength: metrics.length,
      modelTensors: ingredients.model.tensors())
  }

  private mutating func writeResult() throws(TrainingError) -> RunResult {
    guard let checkpoint = try directory.read(directory.checkpointFile) else {
      throw .noCheckpoint(folder: directory.url.path)
    }
    // The last parameters first: the trainer has the selected ones afterwards.
    let final = try measureFinal()
    let result = RunResult(
      schema: RunResult.schema, protocolName: manifest.protocolName, estimator: manifest.estimator,
      seed: manifest.seed, steps: manifest.steps, evaluations: evaluations,
      trainNegativeELBO: state.recentMean, selected: try measureSelected(), final: final,
      checkpointSHA256: SHA256Stream.digest(of: [UInt8](checkpoint)), completed: true)
    let observer = observer
    try DurableFile.replace(
      directory.resultFile, with: try RunCoding.document(result, file: directory.resultFile)
    ) { observer.wrote(.resultBeforeRenaming) }
    observer.wrote(.resultRenamed)
    return result
  }

  private func report(_ activity: TrainingProgress.Activity) {
    observer.progress(
      TrainingProgress(
        step: state.step, steps: manifest.steps, activity: activity, negativeELBO: state.recent.last))
  }
}

extension RunIngredients {
  func restore(_ checkpoint: Checkpoint) throws(TrainingError) {
    do throws(ModelError) { try model.restore(checkpoint.modelTensors) } catch { throw .model(error) }
  }
}

extension RunDirectory {
  /// The run's checkpoint, or nil where it has none yet.
  func checkpoint(of manifest: RunManifest) throws(TrainingError) -> Checkpoint? {
    try checkpoint(of: manifest, file: checkpointFile)
  }

  /// The checkpoint in `file`, or nil where there is none.
  func checkpoint(of manifest: RunManifest, file: URL) throws(TrainingError) -> Checkpoint? {
    guard let bytes = try read(file) else { return nil }
    do throws(SafetensorsError) { return try Checkpoint([UInt8](bytes), manifest: manifest) } catch {
      throw .badCheckpoint(file: file.path, problem: error)
    }
  }

  /// Bytes of `timing.jsonl` up to the last whole record of `step` or before.
  func timingLength(through step: Int) throws(TrainingError) -> Int {
    guard let bytes = try read(timingFile) else { return 0 }
    var length = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
      guard let record = try? JSONDecoder().decode(TimingRecord.self, from: Data(line)), record.step <= step
      else { break }
      length += line.count + 1
    }
    return length
  }
}
