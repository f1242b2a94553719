import Foundation
import Testing

/// What Armature writes, read by the Python packages that others read it with.
///
/// `ARMATURE_PYTHON` names the interpreter; without, `python3` of the search path is asked.
@Suite("Others read what Armature writes")
struct PythonReadsTests {
  private static let interpreter: String? = {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["ARMATURE_PYTHON"] { return path }
    return (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/python3" }
      .first(where: FileManager.default.isExecutableFile)
  }()

  private static func python(_ script: String, _ arguments: [String] = []) throws -> (
    status: Int32, output: String
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: interpreter ?? "")
    process.arguments = ["-c", script] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }

  private static func has(_ package: String) -> Bool {
    guard interpreter != nil, let found = try? python("import \(package)") else { return false }
    return found.status == 0
  }

  private func train(_ folder: URL, _ options: [String] = []) throws -> URL {
    let run = folder.appendingPathComponent("run")
    let outcome = try CommandRunner.run(
      ["train", BadInputTests.protocolFile, "--steps", "60", "--output", run.path] + options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return run
  }

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test(
    "TensorBoard reads every metric of a run",
    .enabled(
      if: has("tensorboard"), "Python's tensorboard is not installed (ARMATURE_PYTHON names another Python)"))
  func tensorBoard() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let run = try train(folder, ["--tensorboard"])
      let script = """
        import json, sys
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        events = EventAccumulator(sys.argv[1])
        events.Reload()
        for tag in sorted(events.Tags()["scalars"]):
            for e in events.Scalars(tag):
                print(json.dumps({"tag": tag, "step": e.step, "value": e.value, "time": e.wall_time}))
        """
      let read = try Self.python(script, [run.appendingPathComponent("tensorboard").path])
      #expect(read.status == 0)
      let found = try objects(read.output)
      let metrics = try objects(
        try String(contentsOf: run.appendingPathComponent("metrics.jsonl"), encoding: .utf8))
      #expect(!metrics.isEmpty)
      for metric in metrics {
        let isTraining = metric["kind"] as? String == "training"
        let tag = isTraining ? "train/negative_ELBO" : "test/negative_bound_100_samples"
        let value = try #require(metric[isTraining ? "negativeELBO" : "bound"] as? Double)
        let scalar = found.first {
          $0["tag"] as? String == tag && $0["step"] as? Int == metric["step"] as? Int
        }
        let read = try #require(scalar?["value"] as? Double, "\(tag)")
        #expect(Float(read) == Float(value))
        #expect(try #require(scalar?["time"] as? Double) > 1.7e9)
      }
      let evaluations = metrics.count { $0["kind"] as? String == "evaluation" }
      #expect(found.count == metrics.count + evaluations)
    }
  }

  @Test(
    "safetensors opens a checkpoint: every tensor with its shape, all numbers finite",
    .enabled(
      if: has("safetensors.numpy"),
      "Python's safetensors is not installed (ARMATURE_PYTHON names another Python)"))
  func safetensors() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let run = try train(folder)
      let script = """
        import json, sys
        import numpy
        from safetensors.numpy import load_file
        for name, tensor in sorted(load_file(sys.argv[1]).items()):
            finite = bool(numpy.isfinite(tensor).all()) if tensor.dtype.kind == "f" else True
            print(json.dumps({"name": name, "shape": tensor.shape, "type": str(tensor.dtype), "finite": finite}))
        """
      let read = try Self.python(script, [run.appendingPathComponent("checkpoint.safetensors").path])
      #expect(read.status == 0)
      let tensors = try objects(read.output)
      #expect(tensors.allSatisfy { $0["finite"] as? Bool == true })
      // The linear protocol: 64 pixels, 32 latent variables.
      let shapes = tensors.compactMap { $0["shape"] as? [Int] }
      #expect(shapes.contains([32, 64]) || shapes.contains([64, 32]))
      #expect(tensors.contains { $0["type"] as? String == "float32" })
    }
  }

  @Test(
    "NumPy loads sampled gradients, and their mean is near the exact gradient (false alarm: below 1e-6)",
    .enabled(if: has("numpy"), "Python's NumPy is not installed (ARMATURE_PYTHON names another Python)"))
  func numpy() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("g.npy").path
      let outcome = try CommandRunner.run([
        "sample", BadInputTests.problem, "--estimator", "disarm", "--draws", "4000", "--output", file,
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let script = """
        import json, sys
        import numpy
        g = numpy.load(sys.argv[1])
        print(json.dumps({"shape": g.shape, "type": str(g.dtype), "mean": g.mean(axis=0).tolist()}))
        """
      let read = try #require(try objects(try Self.python(script, [file]).output).first)
      #expect(read["shape"] as? [Int] == [4000, 2] && read["type"] as? String == "float64")
      let exact = try CommandRunner.run(["exact", BadInputTests.problem, "--estimator", "disarm", "--json"])
      let result = try #require(
        try JSONSerialization.jsonObject(with: Data(exact.output.utf8)) as? [String: Any])
      let mean = try #require(read["mean"] as? [Double])
      let gradient = try #require(result["gradient"] as? [Double])
      // |g| is at most half of the objective's range, 5, so Hoeffding bounds a deviation of 0.5 by 2 exp(-2 4000 / 10^2).
      for (found, expected) in zip(mean, gradient) { #expect((found - expected).magnitude < 0.5) }
    }
  }
}
