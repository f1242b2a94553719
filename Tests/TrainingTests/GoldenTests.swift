import Datasets
import ElementwiseKernels
import Foundation
import Testing

@testable import Training

/// Hashes of a run's parameters after some of its steps.
private struct GoldenTrajectory: Codable, Equatable {
  /// Path in `Fixtures` of a protocol whose data come with Armature.
  let `protocol`: String
  let estimator: String
  let seed: UInt64
  /// SHA-256 by step.
  var sha256: [String: String]
}

/// What `Fixtures/Golden/trajectories.json` holds.
private struct GoldenFile: Codable {
  let schema: String
  /// The kernels' arithmetic, which decides about the last bits.
  let kernelFamily: String
  let trajectories: [GoldenTrajectory]
}

/// The bits that a change of the code must not move unless it says so: `ARMATURE_RECORD_GOLDEN=1` records them again, those of
/// a trajectory that was added without hashes (`"sha256": {}`) too.
@Suite("Golden trajectories")
struct GoldenTests {
  private static let steps = [1, 10, 100]
  private static let schema = "armature.golden/2"
  private static let isRecording = ProcessInfo.processInfo.environment["ARMATURE_RECORD_GOLDEN"] == "1"

  private static func fixtures() throws -> URL {
    try FixturesFolder.locate("Golden").deletingLastPathComponent()
  }

  private static func file() throws -> URL {
    try fixtures().appending(path: "Golden/trajectories.json")
  }

  private static func read() throws -> GoldenFile {
    try JSONDecoder().decode(GoldenFile.self, from: try Data(contentsOf: try file()))
  }

  /// Trains from the start, on two threads, and takes the hashes.
  private func run(_ golden: GoldenTrajectory, seed: UInt64) throws -> [String: String] {
    let url = try Self.fixtures().appending(path: golden.protocol)
    let choices = try ProtocolFile(url).protocol
    let ingredients = try RunIngredients(
      choices, estimator: try ModelEstimator(golden.estimator, for: choices.model), seed: seed, threads: 2,
      data: try TrainingData(choices, folder: nil))
    var batches = BatchSource(ingredients.data, batchSize: choices.optimisation.batchSize, seed: seed)
    var hashes: [String: String] = [:]
    for step in 0..<Self.steps[Self.steps.count - 1] {
      batches.load(step: step)
      let (images, labels) = (batches.images, batches.labels)
      _ = try ingredients.model.step(index: UInt64(step), images: images.span, labels: labels.span)
      guard Self.steps.contains(step + 1) else { continue }
      let bytes = Safetensors(metadata: [:], tensors: ingredients.model.tensors()).encoded()
      hashes["\(step + 1)"] = SHA256Stream.digest(of: bytes)
    }
    return hashes
  }

  @Test("The parameters after 1, 10 and 100 steps have the recorded bits, on any processor")
  func bits() throws {
    let golden = try Self.read()
    #expect(golden.schema == Self.schema && !golden.trajectories.isEmpty)
    if Self.isRecording { return try record(golden) }
    #expect(golden.kernelFamily == KernelFamily.name)
    for trajectory in golden.trajectories {
      #expect(Set(trajectory.sha256.keys) == Set(Self.steps.map(String.init)))
      #expect(
        try run(trajectory, seed: trajectory.seed) == trajectory.sha256,
        "\(trajectory.protocol), \(trajectory.estimator)")
    }
  }

  private func record(_ golden: GoldenFile) throws {
    let trajectories = try golden.trajectories.map { trajectory in
      var recorded = trajectory
      recorded.sha256 = try run(trajectory, seed: trajectory.seed)
      return recorded
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let document = GoldenFile(
      schema: Self.schema, kernelFamily: KernelFamily.name, trajectories: trajectories)
    try (try encoder.encode(document) + Data("\n".utf8)).write(to: try Self.file())
  }

  @Test("A trajectory of another seed has other bits, from the first step on")
  func plantedFault() throws {
    let trajectory = try #require(try Self.read().trajectories.first)
    let other = try run(trajectory, seed: trajectory.seed + 1)
    #expect(Set(other.values).isDisjoint(with: trajectory.sha256.values))
  }
}
