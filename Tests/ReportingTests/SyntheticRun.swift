import Foundation

@testable import Datasets
@testable import Training

/// A run directory made by hand: what training would have written, without training.
struct SyntheticRun {
  var protocolName = "mnist-static-linear"
  var estimator = "arm"
  var seed: UInt64 = 1
  var checksum = String(repeating: "ab", count: 32)
  /// Bound at each mark.
  var bounds: [(step: Int, bound: Double)] = [(1000, 140), (2000, 130), (4000, 122)]
  /// The split that is evaluated.
  var split = DataSplit.test
  var selected: EvaluationRecord?
  var final: EvaluationRecord?
  var finished = true
  var priorLearningRate = 0.01

  var steps: Int { bounds.last?.step ?? 0 }

  var manifest: RunManifest {
    RunManifest(
      schema: RunManifest.schema, protocolName: protocolName, protocolSHA256: checksum,
      resolvedProtocol: trainingProtocol, estimator: estimator, seed: seed, steps: steps, threads: 2,
      dataFiles: [
        DataFileRecord(
          name: "images.gz", sha256: String(repeating: "cd", count: 32),
          contentSHA256: String(repeating: "ef", count: 32), source: "a test")
      ],
      provenance: ProvenanceFacts(
        revision: "0123456789abcdef", treeState: .clean,
        versions: .init(swift: "Swift 6.3", gsl: "2.7", kernelFamily: "armature-1", vectors: "avx2"),
        cpu: "Test CPU"),
      command: ["train", "mnist-static-linear"], started: "2026-01-02T03:04:05Z")
  }

  private var trainingProtocol: TrainingProtocol {
    TrainingProtocol(
      schema: TrainingProtocol.schema, name: protocolName, title: "A protocol | of tests",
      source: "these tests",
      data: .init(set: .mnistStatic, binarisation: .static),
      model: .autoencoder(
        .init(
          encoderHidden: [200, 200], decoderHidden: [200, 200], leakyReLUSlope: 0.3, latents: 200,
          categories: nil, encoderInput: .centred, signedLatents: true, outputBias: .trainingMean)),
      optimisation: .init(
        batchSize: 50, learningRate: 1e-4, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-7,
        priorLearningRate: priorLearningRate, decoderSamples: .first),
      steps: steps, estimator: "arm", metricsInterval: 200, checkpointInterval: 1000,
      evaluation: .init(steps: bounds.map(\.step), interval: nil, split: split, samples: 100))
  }

  private var evaluations: [EvaluationRecord] {
    bounds.map {
      EvaluationRecord(
        step: $0.step, split: split, samples: 100, images: 10_000, bound: $0.bound, standardError: 0.3)
    }
  }

  private var metrics: [MetricRecord] {
    let training = stride(from: 200, through: steps, by: 200).map {
      MetricRecord.training(
        TrainingRecord(
          step: $0, steps: 200, negativeELBO: 130 + 20_000 / Double($0 + 100) + Double(seed) / 10))
    }
    return (training + evaluations.map(MetricRecord.evaluation)).sorted { $0.step < $1.step }
  }

  private var timing: [TimingRecord] {
    stride(from: 200, through: steps, by: 200).map {
      TimingRecord(step: $0, trainingSeconds: 1.5, evaluationSeconds: 0.5)
    }
  }

  var result: RunResult {
    RunResult(
      schema: RunResult.schema, protocolName: protocolName, estimator: estimator, seed: seed, steps: steps,
      evaluations: evaluations, trainNegativeELBO: 134.5,
      selected: selected, final: final,
      checkpointSHA256: String(repeating: "01", count: 32),
      completed: true)
  }

  /// Writes the directory below `folder` and returns its path.
  func write(in folder: TemporaryFolder) throws -> String {
    let name = "\(protocolName)-\(estimator.replacing(":", with: "-"))-\(seed)"
    try folder.write(Self.json(manifest), to: "\(name)/run.json")
    try folder.write(metrics.map(Self.json).map { $0 + "\n" }.joined(), to: "\(name)/metrics.jsonl")
    try folder.write(timing.map(Self.json).map { $0 + "\n" }.joined(), to: "\(name)/timing.jsonl")
    if finished { try folder.write(Self.json(result), to: "\(name)/result.json") }
    return folder.file(name)
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
