import Datasets
import Foundation
import Testing

@testable import Training

/// A run on the digits that takes a moment; every kind of record falls into its 24 steps, at different ones.
enum TinyProtocol {
  static let text = """
    schema: armature.protocol/1
    name: tiny
    title: A tiny run
    source: this test
    data:
      set: digits
      binarisation: dynamic
    model:
      kind: binary-vae
      encoderHidden: [6]
      decoderHidden: []
      leakyReLUSlope: 0.3
      latents: 4
      encoderInput: centred
      signedLatents: true
      outputBias: training-mean
    optimisation:
      batchSize: 20
      learningRate: 1e-3
      adamBeta1: 0.9
      adamBeta2: 0.999
      adamEpsilon: 1e-7
      priorLearningRate: 1e-2
      decoderSamples: first
    steps: 24
    estimator: arm
    metricsInterval: 7
    checkpointInterval: 5
    evaluation:
      interval: 10
      split: test
      samples: 2
    """

  /// The same, keeping the parameters of the best evaluation.
  static let selecting = text.replacing(
    "split: test\n  samples: 2",
    with: "split: valid\n  samples: 2\n  selection:\n    split: test\n    samples: 3")

  /// The same, with another bound at the end.
  static let ending = text.replacing(
    "split: test\n  samples: 2",
    with: "split: valid\n  samples: 2\n  final:\n    split: test\n    samples: 3")

  static let provenance = ProvenanceFacts(
    revision: "test", treeState: .unknown,
    versions: .init(swift: "", gsl: "", kernelFamily: "", vectors: ""), cpu: "")

  /// A request that writes `folder`/run with the protocol `folder`/tiny.yaml, which is made.
  static func request(in folder: URL, text: String = text) throws -> RunRequest {
    let url = folder.appending(path: "tiny.yaml")
    try Data(text.utf8).write(to: url)
    return RunRequest(
      protocolURL: url, estimator: nil, seed: 1, steps: nil, threads: 1, dataFolder: nil,
      output: folder.appending(path: "run"), resume: false, command: ["armature", "train"],
      provenance: provenance)
  }
}

extension TinyProtocol {
  /// Trains a protocol of 24 steps on one thread, evaluates it again, and trains it with two threads, a stop and a resumption:
  /// numbers and bytes must be the same.
  static func repeatedRun(_ text: String) throws -> RunResult {
    try withTemporaryFolder { folder in
      var request = try request(in: folder, text: text)
      let result = try TrainingRun.start(request, observer: RunObserver())
      let expected = try ReproducibleFiles(request.output)
      #expect(result.evaluations.count == 3 && result.selected?.images == 256)
      let again = try TrainingRun.evaluate(run: request.output, threads: 2, dataFolder: nil)
      #expect(again == result.evaluations.last)

      request.output = folder.appending(path: "stopped")
      request.threads = 2
      request.resume = true
      let counter = StepCounter(limit: 13)
      let observer = RunObserver(progress: { counter.note($0) }, shouldStop: { counter.isReached })
      #expect(throws: TrainingError.self) { try TrainingRun.start(request, observer: observer) }
      _ = try TrainingRun.start(request, observer: RunObserver())
      #expect(try ReproducibleFiles(request.output) == expected)
      return result
    }
  }
}

/// The files of a finished run whose bytes a repetition must give again.
struct ReproducibleFiles: Equatable {
  let checkpoint: Data
  let metrics: Data
  let result: Data
  let best: Data?

  init(_ run: URL) throws {
    let directory = RunDirectory(run)
    checkpoint = try Data(contentsOf: directory.checkpointFile)
    metrics = try Data(contentsOf: directory.metricsFile)
    result = try Data(contentsOf: directory.resultFile)
    best = try? Data(contentsOf: directory.bestFile)
  }
}
