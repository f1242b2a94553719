import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite("The commands on protocols and sweeps")
struct SweepTests {
  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("protocols lists all, and explains one choice by choice with its source")
  func protocols() throws {
    let all = try CommandRunner.run(["protocols"])
    for name in [
      "arm-mnist-linear", "arm-selection-mnist-nonlinear", "disarm-fashion-linear", "rodeo-omniglot",
    ] {
      #expect(all.output.contains(name), "\(name)")
    }
    let one = try CommandRunner.run(["protocols", "arm-omniglot-linear"])
    #expect(one.output.contains("optimisation.encoderAdamBeta2: 0.99999") && one.output.contains("inf_opt"))
    let json = try object(try CommandRunner.run(["protocols", "digits-linear", "--json"]).output)
    let choices = try #require(json["choices"] as? [[String: Any]])
    #expect(choices.count > 20 && choices.allSatisfy { $0["source"] is String })
    expectBadInput(
      try CommandRunner.run(["protocols", "arm-mnist-lin"]), naming: ["arm-mnist-lin", "arm-mnist-linear"])
    expectBadInput(try CommandRunner.run(["protocols", "none.yaml"]), naming: ["none.yaml"])
  }

  @Test("sweep leaves a run for each combination, index.json and a table; again, it changes nothing")
  func sweep() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("sweep")
      let arguments = [
        "sweep", "digits-linear", "--estimators", "arm,loorf:2", "--seeds", "1-2", "--learning-rates",
        "1e-3,0.01",
        "--steps", "3", "--jobs", "2", "--output", output.path,
      ]
      let first = try CommandRunner.run(arguments)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.output.split(separator: "\n").count == 6, "\(first.output)")
      #expect(first.errorLines.count == 8 && first.errors.contains("8 of 8 runs"), "\(first.errors)")
      let file = output.appendingPathComponent("index.json")
      let index = try object(try String(contentsOf: file, encoding: .utf8))
      let runs = try #require(index["runs"] as? [[String: Any]])
      #expect(runs.count == 8 && runs.allSatisfy { $0["state"] as? String == "finished" })
      let before = try Data(contentsOf: file)
      let second = try CommandRunner.run(arguments)
      #expect(second.status == 0 && second.output == first.output)
      #expect(try Data(contentsOf: file) == before)
    }
  }

  @Test("a sweep in progress keeps others out of its folder, and one that is interrupted says how far it is")
  func locked() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("sweep")
      let arguments = ["sweep", "digits-linear", "--seeds", "1-2", "--jobs", "2", "--output", output.path]
      let (process, _, errors) = try CommandRunner.process(arguments + ["--steps", "1000000"], in: folder)
      try process.run()
      let timing = output.appendingPathComponent("digits-linear-arm-seed-2/timing.jsonl").path
      while process.isRunning && !FileManager.default.fileExists(atPath: timing) { usleep(20_000) }
      let busy = try CommandRunner.run(arguments + ["--steps", "1000000"])
      expectBadInput(busy, naming: [output.path, "process \(process.processIdentifier)", "another sweep"])
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      let text = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
      #expect(process.terminationStatus == 130 && text.split(separator: "\n").count == 1, "\(text)")
      #expect(text.contains("0 of 2 runs finished") && text.contains("the same command"))
      expectBadInput(
        try CommandRunner.run(arguments + ["--steps", "5"]), naming: ["number of steps", "1000000"])
    }
  }

  /// Starts a sweep and interrupts it in its second run; again if it ended sooner than the signal. What it said.
  private func interruptInSecondRun(_ output: URL, _ arguments: [String], in folder: URL) throws -> String {
    let first = output.appendingPathComponent("frequent-arm-seed-1/result.json").path
    let second = output.appendingPathComponent("frequent-arm-seed-2/checkpoint.safetensors").path
    var (status, text) = (Int32(0), "")
    while status == 0 {
      try? FileManager.default.removeItem(at: output)
      let (process, _, errors) = try CommandRunner.process(arguments, in: folder)
      try process.run()
      while process.isRunning && !FileManager.default.fileExists(atPath: second) { usleep(5_000) }
      process.interrupt()
      process.waitUntilExit()
      (status, text) = (
        process.terminationStatus, String(decoding: try Data(contentsOf: errors), as: UTF8.self)
      )
    }
    #expect(status == 130 && FileManager.default.fileExists(atPath: first))
    return text
  }

  @Test(
    "the same command finishes a sweep that was interrupted: it keeps the finished run, and gives the same bits"
  )
  func interrupted() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("frequent.yaml")
      try FrequentCheckpoints.text(interval: 20, ["samples: 100": "samples: 2"]).write(
        to: file, atomically: true, encoding: .utf8)
      func arguments(_ output: URL) -> [String] {
        ["sweep", file.path, "--seeds", "1-2", "--jobs", "1", "--steps", "240", "--output", output.path]
      }
      let (whole, stopped) = (
        folder.appendingPathComponent("whole"), folder.appendingPathComponent("stopped")
      )
      let expected = try CommandRunner.run(arguments(whole))
      #expect(expected.status == 0, "\(expected.errors)")

      let text = try interruptInSecondRun(stopped, arguments(stopped), in: folder)
      #expect(text.contains("1 of 2 runs finished") && text.contains("the same command"), "\(text)")
      let names = ["frequent-arm-seed-1", "frequent-arm-seed-2"]
      let cells = names.map { stopped.appendingPathComponent($0) }
      #expect(!FileManager.default.fileExists(atPath: cells[1].appendingPathComponent("result.json").path))
      let index = try object(
        try String(contentsOf: stopped.appendingPathComponent("index.json"), encoding: .utf8))
      #expect(
        (index["runs"] as? [[String: Any]])?.map { $0["state"] as? String } == ["finished", "unfinished"])
      // Times come anew with every step, and so tell a run that was kept from one that was made again.
      let finished = try timesAndManifest(of: cells[0])
      let begun = try timesAndManifest(of: cells[1])

      let second = try CommandRunner.run(arguments(stopped))
      #expect(second.status == 0 && second.output == expected.output, "\(second.errors)")
      #expect(try timesAndManifest(of: cells[0]) == finished)
      let ended = try timesAndManifest(of: cells[1])
      #expect(ended[0] == begun[0] && ended[1].starts(with: begun[1]) && ended[1] != begun[1])
      for (name, cell) in zip(names, cells) {
        #expect(try RunBytes(cell) == RunBytes(whole.appendingPathComponent(name)))
      }
    }
  }

  private func timesAndManifest(of run: URL) throws -> [Data] {
    try ["run.json", "timing.jsonl"].map { try Data(contentsOf: run.appendingPathComponent($0)) }
  }

  @Test(
    "evaluate measures the best checkpoint of a run that selects, and says where there is none; a final bound is shown"
  )
  func best() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let text = try String(
        contentsOf: CommandRunner.root.appendingPathComponent("Fixtures/Protocols/digits-linear.yaml"),
        encoding: .utf8)
      let file = folder.appendingPathComponent("select.yaml")
      let selecting = text.replacing(
        "  split: test\n  samples: 100",
        with: "  split: valid\n  samples: 1\n  selection: {split: test, samples: 4}")
      try Data(selecting.utf8).write(to: file)
      let run = folder.appendingPathComponent("run").path
      let trained = try CommandRunner.run([
        "train", file.path, "--steps", "20", "--learning-rate", "0.01", "--output", run, "--json",
      ])
      #expect(trained.status == 0, "\(trained.errors)")
      let selected = try #require(try object(trained.output)["selected"] as? [String: Any])
      let best = try object(
        try CommandRunner.run(["evaluate", run, "--checkpoint", "best", "--json"]).output)
      #expect(best["bound"] as? Double == selected["bound"] as? Double && best["samples"] as? Int == 4)
      expectBadInput(
        try CommandRunner.run(["evaluate", run, "--checkpoint", "first"]), naming: ["first", "best"])
      expectBadInput(try CommandRunner.run(["evaluate", run, "--samples", "0"]), naming: ["samples"])
      let finals = text.replacing(
        "  split: test\n  samples: 100",
        with: "  split: valid\n  samples: 1\n  final: {split: test, samples: 4}")
      try Data(finals.utf8).write(to: file)
      let ended = try CommandRunner.run([
        "train", file.path, "--steps", "20", "--output", folder.appendingPathComponent("ended").path,
      ])
      #expect(ended.output.contains("\nfinal: step 20, test: "), "\(ended.output)")
      let swept = try CommandRunner.run([
        "sweep", file.path, "--steps", "5", "--output", folder.appendingPathComponent("swept").path,
      ])
      #expect(swept.output.contains("final bound") && !swept.output.contains("bound there"))
      try FileManager.default.removeItem(atPath: run + "/best.safetensors")
      expectBadInput(
        try CommandRunner.run(["evaluate", run, "--checkpoint", "best"]), naming: ["no best checkpoint"])
    }
  }

  @Test(
    "bad values of sweep's options",
    arguments: [
      (["--seeds", "5-1"], ["--seeds", "5-1"]), (["--seeds", "x"], ["--seeds"]),
      (["--seeds", ""], ["--seeds"]),
      (["--seeds", "1,1-2"], ["--seeds", "twice"]), (["--seeds", "1-99999999999"], ["--seeds"]),
      (["--estimators", "arm,,disarm"], ["--estimators"]),
      (["--estimators", "disram"], ["disram", "disarm"]),
      (["--estimators", "carms-i:2"], ["carms-i:2", "binary"]),
      (["--learning-rates", "0"], ["--learning-rates"]),
      (["--learning-rates", "1e-3,x"], ["--learning-rates"]),
      (["--jobs", "0"], ["--jobs"]), (["--steps", "0"], ["--steps"]),
    ])
  func badOptions(options: [String], parts: [String]) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("sweep").path
      expectBadInput(
        try CommandRunner.run(["sweep", "digits-linear", "--steps", "2", "--output", output] + options),
        naming: parts)
    }
  }

  @Test("a sweep into a file, of an unknown protocol, or without its data")
  func badPlaces() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      expectBadInput(
        try CommandRunner.run(["sweep", "digits-linear", "--steps", "2", "--output", file.path]),
        naming: [file.path])
      expectBadInput(
        try CommandRunner.run(["sweep", "digits-lin", "--output", folder.path + "/s"]),
        naming: ["digits-lin", "digits-linear"])
      expectBadInput(
        try CommandRunner.run(["sweep", "rodeo-mnist", "--data", folder.path, "--output", folder.path + "/s"]
        ),
        naming: ["train-images-idx3-ubyte.gz", "armature data fetch mnist"])
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/s"))
      expectBadInput(
        try CommandRunner.run([
          "train", "digits-linear", "--learning-rate", "0", "--steps", "2", "--output", folder.path + "/r",
        ]), naming: ["learning rate"])
    }
  }
}
