internal import Datasets
internal import Foundation
internal import GradientEstimators
internal import LatentVariableModels
internal import RandomStreams

extension StreamPurpose {
  /// Which images an inspection looks at.
  static let inspectedImages = StreamPurpose(rawValue: 13)
}

/// One run that is to be inspected: its checkpoint, read and checked before anything is measured.
struct RunInspector {
  let directory: RunDirectory
  let manifest: RunManifest
  let settings: InspectionSettings
  let estimators: [ModelEstimator]
  private let checkpoint: Checkpoint
  private let checkpointSHA256: String

  /// Images of `samples.png`, and of the test split in `reconstructions.png`.
  private static let sampleCount = 64
  private static let reconstructionCount = 32
  private static let columns = 8
  /// Tensors that belong to the estimator, not to the model.
  private static let estimatorTensors: Set = ["estimator.state", "baseline"]

  private var choices: TrainingProtocol { manifest.resolvedProtocol }

  /// - Throws: `TrainingError` where the folder has no run or no checkpoint, or an estimator's name is unknown.
  init(_ directory: RunDirectory, settings: InspectionSettings) throws(TrainingError) {
    self.directory = directory
    self.settings = settings
    manifest = try directory.manifest()
    guard let bytes = try directory.read(directory.checkpointFile).map({ [UInt8]($0) }) else {
      throw .noCheckpoint(folder: directory.url.path)
    }
    do throws(SafetensorsError) { checkpoint = try Checkpoint(bytes, manifest: manifest) } catch {
      throw .badCheckpoint(file: directory.checkpointFile.path, problem: error)
    }
    checkpointSHA256 = SHA256Stream.digest(of: bytes)
    var estimators: [ModelEstimator] = []
    for name in settings.estimators ?? [manifest.estimator] {
      estimators.append(try ModelEstimator(name, for: manifest.resolvedProtocol.model))
    }
    self.estimators = estimators
  }

  /// The inspection in the directory, where it is of this checkpoint and these settings and its pictures are intact.
  func kept() -> RunInspection? {
    guard let found = try? directory.inspection(), found.checkpointSHA256 == checkpointSHA256,
      found.seed == settings.seed, found.draws == settings.draws,
      found.gradientVariance.map(\.estimator) == estimators.map(\.name)
    else { return nil }
    let isIntact = found.pictures.allSatisfy { picture in
      let bytes = try? directory.read(directory.url.appending(path: picture.file))
      return bytes.map { SHA256Stream.digest(of: [UInt8]($0)) } == picture.sha256
    }
    return isIntact ? found : nil
  }

  /// Checks that the data are the run's, and that its model takes every estimator.
  func check(_ data: TrainingData) throws(TrainingError) {
    try TrainingRun.requireSameData(data.dataset, as: manifest, folder: directory.url)
    let images = data.dataset[choices.evaluation.split].count
    guard choices.optimisation.batchSize <= images else {
      throw .badSetting(
        name: "optimisation.batchSize", found: "\(choices.optimisation.batchSize)",
        expected: "at most the \(images) images of the \(choices.evaluation.split.rawValue) split")
    }
    for estimator in estimators { _ = try model(estimator, data: data, threads: 1) }
  }

  /// Measures, draws the pictures, and writes all into the run directory; nil where `proceed` said no: it is told how many of
  /// `draws` times the number of estimators are done.
  func inspect(
    _ data: TrainingData, threads: Int, provenance: ProvenanceFacts, proceed: (_ done: Int) -> Bool
  ) throws(TrainingError) -> RunInspection? {
    var variances: [RunInspection.GradientVariance] = []
    for (number, estimator) in estimators.enumerated() {
      let variance = try gradientVariance(estimator, data: data, threads: threads) { done in
        proceed(number * settings.draws + done)
      }
      guard let variance else { return nil }
      variances.append(variance)
    }
    let model = try model(estimators[0], data: data, threads: threads).model
    let samples = try samplesPicture(model, data.dataset)
    let reconstructions = try reconstructionsPicture(model, data)
    let inspection = RunInspection(
      schema: RunInspection.schema, checkpointSHA256: checkpointSHA256, step: checkpoint.state.step,
      steps: manifest.steps, seed: settings.seed, draws: settings.draws,
      batch: choices.optimisation.batchSize,
      split: choices.evaluation.split, gradientVariance: variances, samples: samples?.record,
      reconstructions: reconstructions?.record, provenance: provenance)
    try write(inspection, pictures: [samples, reconstructions].compactMap(\.self))
    return inspection
  }

  // MARK: - The model

  /// The checkpoint's model with an estimator: the run's own remembers what it has learnt, another is as at the start.
  private func model(
    _ estimator: ModelEstimator, data: TrainingData, threads: Int
  ) throws(TrainingError) -> (model: any HeldModel, state: RunInspection.GradientVariance.State?) {
    let isOwn = estimator.name == manifest.estimator
    do throws(ModelError) {
      let model = try choices.makeModel(
        estimator: estimator, seed: manifest.seed, threads: threads, data: data)
      let own = model.tensors().filter { Self.estimatorTensors.contains($0.name) }
      let others = checkpoint.modelTensors.filter { !Self.estimatorTensors.contains($0.name) }
      try model.restore(isOwn ? checkpoint.modelTensors : others + own)
      return (model, own.isEmpty ? nil : isOwn ? .checkpoint : .start)
    } catch { throw .model(error) }
  }

  // MARK: - Gradients

  private func gradientVariance(
    _ estimator: ModelEstimator, data: TrainingData, threads: Int, proceed: (_ done: Int) -> Bool
  ) throws(TrainingError) -> RunInspection.GradientVariance? {
    let (model, state) = try model(estimator, data: data, threads: threads)
    let split = choices.evaluation.split
    let chosen = images(of: data.dataset[split], count: choices.optimisation.batchSize, use: 0)
    let images = bits(chosen, of: split, data)
    let labels = data.labels(chosen, of: split)
    do throws(ModelError) {
      let spread = try model.gradientSpread(
        images: images.span, labels: labels.span, draws: settings.draws, seed: settings.seed,
        proceed: proceed)
      return spread.map { spread in
        let totals = chosen.indices.map { image in spread.variances.reduce(0) { $0 + $1[image] } }
        return RunInspection.GradientVariance(
          estimator: estimator.name, state: state, total: Self.mean(totals),
          layers: spread.variances.count > 1 ? spread.variances.map(Self.mean) : nil)
      }
    } catch { throw .model(error) }
  }

  static func mean(_ variances: [Double]) -> RunInspection.GradientVariance.Mean {
    let count = Double(variances.count)
    let mean = variances.reduce(0, +) / count
    let squares = variances.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return RunInspection.GradientVariance.Mean(
      variance: mean,
      standardError: variances.count > 1 ? (squares / (count - 1) / count).squareRoot() : nil)
  }

  /// A sample of a split without repetition; each use has its own.
  private func images(of split: ImageSplit, count: Int, use: UInt64) -> [Int] {
    RandomStream(seed: settings.seed, purpose: .inspectedImages, step: use)
      .permutation(count: split.count).prefix(count).map { Int($0) }
  }

  /// The bits that the run's evaluation of the split at this step sees.
  private func bits(_ images: [Int], of split: DataSplit, _ data: TrainingData) -> [UInt8] {
    let evaluation = Evaluation(
      data: data, split: split, samples: choices.evaluation.samples, seed: manifest.seed)
    return images.flatMap { evaluation.bits($0..<$0 + 1, step: checkpoint.state.step) }
  }

  // MARK: - Pictures

  private struct DrawnPicture {
    let record: RunInspection.Picture
    let bytes: [UInt8]

    init(_ image: GreyImage, file: String, images: Int) {
      bytes = image.png()
      record = RunInspection.Picture(
        file: file, images: images, sha256: SHA256Stream.digest(of: bytes),
        pixelsSHA256: SHA256Stream.digest(of: image.pixels))
    }
  }

  /// Planes of colour stand below each other.
  private func grid(_ dataset: ImageDataset) -> ImageGrid {
    ImageGrid(width: dataset.width, height: dataset.height * dataset.channels, columns: Self.columns)
  }

  private func samplesPicture(
    _ model: any HeldModel, _ dataset: ImageDataset
  ) throws(TrainingError) -> DrawnPicture? {
    do throws(ModelError) {
      guard let samples = try model.generatedImages(count: Self.sampleCount, seed: settings.seed) else {
        return nil
      }
      let images = Self.tiles(samples, pixels: dataset.pixels)
      return DrawnPicture(
        grid(dataset).picture(Self.rows(images)), file: "samples.png", images: Self.sampleCount)
    } catch { throw .model(error) }
  }

  /// Below each row of test images what the model makes of them. Of images to complete three rows: what is given, the truth, the
  /// mean prediction.
  private func reconstructionsPicture(
    _ model: any HeldModel, _ data: TrainingData
  ) throws(TrainingError) -> DrawnPicture? {
    let dataset = data.dataset
    let chosen = images(
      of: dataset.test, count: min(Self.reconstructionCount, dataset.test.count), use: 1)
    let truth = bits(chosen, of: .test, data)
    do throws(ModelError) {
      guard let means = try model.reconstructions(images: truth.span, seed: settings.seed) else { return nil }
      let fullInk = Float(data.fullInk)
      var kinds = [truth.map { Float($0) / fullInk }, means]
      let given = model.givenPixels
      if given > 0 {
        let unknown: Float = 0.5
        kinds.insert(
          truth.indices.map { $0 % dataset.pixels < given ? Float(truth[$0]) : unknown }, at: 0)
      }
      let rows = kinds.map { Self.rows(Self.tiles($0, pixels: dataset.pixels)) }
      let alternating = rows[0].indices.flatMap { number in rows.map { $0[number] } }
      return DrawnPicture(
        grid(dataset).picture(alternating), file: "reconstructions.png", images: chosen.count)
    } catch { throw .model(error) }
  }

  private static func tiles(_ probabilities: [Float], pixels: Int) -> [[UInt8]] {
    stride(from: 0, to: probabilities.count, by: pixels).map {
      ImageGrid.grey(probabilities[$0..<$0 + pixels])
    }
  }

  private static func rows(_ images: [[UInt8]]) -> [[[UInt8]]] {
    stride(from: 0, to: images.count, by: columns).map {
      Array(images[$0..<min($0 + columns, images.count)])
    }
  }

  // MARK: - Files

  /// An inspection of something else goes first and the new one comes last, so that it never speaks of other pictures.
  private func write(_ inspection: RunInspection, pictures: [DrawnPicture]) throws(TrainingError) {
    let document = try RunCoding.document(inspection, file: directory.inspectionFile)
    if FileManager.default.fileExists(atPath: directory.inspectionFile.path) {
      do { try FileManager.default.removeItem(at: directory.inspectionFile) } catch {
        throw .unwritable(path: directory.inspectionFile.path, reason: error.localizedDescription)
      }
    }
    for picture in pictures {
      try DurableFile.replace(directory.url.appending(path: picture.record.file), with: picture.bytes)
    }
    try DurableFile.replace(directory.inspectionFile, with: document)
  }
}

extension RunDirectory {
  /// What an inspection has found, or nil where there was none.
  public func inspection() throws(TrainingError) -> RunInspection? {
    guard let bytes = try read(inspectionFile) else { return nil }
    return try RunCoding.decode(bytes, as: RunInspection.self, file: inspectionFile)
  }
}
