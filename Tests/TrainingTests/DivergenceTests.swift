import Foundation
import LatentVariableModels
import Synchronization
import Testing

@testable import Training

@Suite("A run whose numbers are no longer finite")
struct DivergenceTests {
  /// Three hidden layers and steps that are far too large: the loss grows by many orders of magnitude in each.
  private static func diverging(evaluationInterval: Int) -> String {
    let changes = [
      ("decoderHidden: []", "decoderHidden: [16, 16, 16]"), ("learningRate: 1e-3", "learningRate: 10"),
      ("  adamBeta1: 0.9\n  adamBeta2: 0.999\n  adamEpsilon: 1e-7\n", "  momentum: 0.99\n"),
      ("checkpointInterval: 5", "checkpointInterval: 1"),
      ("  interval: 10", "  interval: \(evaluationInterval)"),
    ]
    return changes.reduce(TinyProtocol.text) { $0.replacing($1.0, with: $1.1) }
  }

  private struct Divergence {
    let step: Int
    let quantity: String
    let checkpoint: Int
  }

  /// Runs until the numbers are no longer finite; `written` is told each new checkpoint.
  private func diverge(
    _ request: RunRequest, written: @escaping @Sendable (Data) -> Void = { _ in }
  ) throws -> Divergence {
    let file = RunDirectory(request.output).checkpointFile
    let observer = RunObserver(wrote: { moment in
      if moment == .checkpointRenamed, let bytes = try? Data(contentsOf: file) { written(bytes) }
    })
    do throws(TrainingError) {
      _ = try TrainingRun.start(request, observer: observer)
    } catch {
      if case .diverged(request.output.path, let step, let quantity, let checkpoint) = error {
        #expect(!error.description.contains("\n"))
        return Divergence(step: step, quantity: quantity, checkpoint: checkpoint)
      }
      Issue.record(error)
    }
    return try #require(nil, "the run did not diverge")
  }

  @Test(
    "stops in the step or the evaluation that finds it, with the last checkpoint that it wrote, and every number in that is finite",
    arguments: [(1000, "negative ELBO"), (1, "bound of image")])
  func lastGoodCheckpoint(evaluationInterval: Int, cause: String) throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(
        in: folder, text: Self.diverging(evaluationInterval: evaluationInterval))
      let checkpoints = Mutex<[Data]>([])
      let first = try diverge(request) { bytes in checkpoints.withLock { $0.append(bytes) } }
      #expect(first.quantity.contains(cause), "\(first.quantity)")
      let written = checkpoints.withLock { $0 }
      #expect(first.checkpoint == written.count && first.checkpoint > 0 && first.step == first.checkpoint + 1)

      let directory = RunDirectory(request.output)
      let kept = try Data(contentsOf: directory.checkpointFile)
      #expect(kept == written.last)
      let tensors = try Safetensors([UInt8](kept)).tensors
      #expect(tensors.count > 8 && tensors.allSatisfy { $0.isFinite })
      #expect(try directory.result() == nil)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: request.output.path).allSatisfy {
          !$0.hasSuffix(".partial")
        })

      request.resume = true
      let second = try diverge(request)
      #expect(second.step == first.step && second.checkpoint == first.checkpoint)
      #expect(try Data(contentsOf: directory.checkpointFile) == kept)
    }
  }

  @Test("stops when a loss of finite parameters is infinite, and keeps the checkpoint before")
  func infiniteLoss() throws {
    try withTemporaryFolder { folder in
      var request = try TinyProtocol.request(in: folder)
      let counter = StepCounter(limit: 3)
      let observer = RunObserver(progress: { counter.note($0) }, shouldStop: { counter.isReached })
      #expect(throws: TrainingError.self) { try TrainingRun.start(request, observer: observer) }
      // Every logit is about 3e38, so that each pixel without ink costs that many nats: as a sum over pixels it is infinite,
      // and no difference of infinities is in it.
      let file = RunDirectory(request.output).checkpointFile
      var checkpoint = try Safetensors([UInt8](try Data(contentsOf: file)))
      let place = try #require(checkpoint.tensors.firstIndex { $0.name == "decoder.0.bias" })
      let bias = checkpoint.tensors[place]
      checkpoint.tensors[place] = NamedTensor(
        name: bias.name, shape: bias.shape, values: .float([Float](repeating: 3e38, count: 64)))
      #expect(checkpoint.tensors.allSatisfy { $0.isFinite })
      let large = Data(checkpoint.encoded())
      try large.write(to: file)
      request.resume = true
      let divergence = try diverge(request)
      #expect(divergence.step == 4 && divergence.checkpoint == 3)
      #expect(divergence.quantity.contains("negative ELBO"), "\(divergence.quantity)")
      #expect(try Data(contentsOf: file) == large)
    }
  }
}
