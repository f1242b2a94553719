import Foundation
import Testing

@Suite("Bad input ends with status 2 and one line that says what, where and what was expected")
struct BadInputTests {
  static let problem = "Fixtures/Problems/05-two-bits-asymmetric.json"
  static let protocolFile = "Fixtures/Protocols/digits-linear.yaml"

  static let goodProblem = """
    {"schema": "armature.problem/1", "name": "p", "latent": {"kind": "binary", "logits": [0.3, -1.2]},
     "objective": {"kind": "table", "values": [1, 2, 3, 5]}}
    """

  @Test(
    "A malformed problem",
    arguments: [
      (goodProblem.replacing("\"name\"", with: "\"nom\""), ["nom"]),
      (goodProblem.replacing("[1, 2, 3, 5]", with: "[1, 2, 3]"), ["values", "4"]),
      (goodProblem.replacing("[0.3, -1.2]", with: "[]"), ["logits"]),
      (goodProblem.replacing("[0.3, -1.2]", with: "[0.3, NaN]"), ["JSON"]),
      (goodProblem.replacing("[0.3, -1.2]", with: "[0.3, 1e999]"), []),
      (goodProblem.replacing("problem/1", with: "problem/9"), ["schema", "armature.problem/1"]),
      (goodProblem.replacing("\"kind\": \"binary\"", with: "\"kind\": \"ternary\""), ["kind", "binary"]),
      (String(goodProblem.prefix(60)), ["JSON"]),
      ("", []),
    ])
  func malformedProblem(text: String, parts: [String]) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("problem.json")
      try Data(text.utf8).write(to: file)
      expectBadInput(
        try CommandRunner.run(["exact", file.path, "--estimator", "arm"]), naming: ["problem.json"] + parts)
    }
  }

  @Test(
    "A benchmark of an unknown model, without threads or without time",
    arguments: [
      (["--models", "cubic"], ["cubic", "linear, nonlinear"]), (["--threads", "0"], ["--threads 0"]),
      (["--threads", "one"], ["--threads one"]), (["--rounds", "0"], ["0", "above 0"]),
      (["--seconds=-1"], ["seconds", "-1"]), (["--images=-5"], ["images", "-5"]),
    ])
  func badBenchmark(arguments: [String], parts: [String]) throws {
    expectBadInput(try CommandRunner.run(["benchmark"] + arguments), naming: parts)
  }

  @Test("A missing problem")
  func missingProblem() throws {
    expectBadInput(
      try CommandRunner.run(["exact", "no-such.json", "--estimator", "arm"]), naming: ["no-such.json"])
  }

  @Test(
    "An unknown or incomplete estimator, with the nearest one suggested",
    arguments: [
      ("disram", "disarm"), ("lorf:3", "loorf:3"), ("arms", "arms:4"), ("loorf:1", "loorf"), ("arm:2", "arm"),
      ("gumbel", "gumbel:0.5"), ("gumbel:0", "temperature"), ("st-gumbel:0.0", "temperature"),
    ])
  func badEstimator(name: String, suggestion: String) throws {
    expectBadInput(
      try CommandRunner.run(["exact", Self.problem, "--estimator", name]), naming: [name, suggestion])
  }

  @Test("An estimator on variables that it does not take")
  func unsupportedVariables() throws {
    let categorical = "Fixtures/Problems/11-one-category-soft.json"
    expectBadInput(
      try CommandRunner.run(["exact", categorical, "--estimator", "arm"]), naming: ["arm", "categorical"])
    expectBadInput(
      try CommandRunner.run(["exact", Self.problem, "--estimator", "carms-i:2"]),
      naming: ["carms-i:2", "binary"])
    try CommandRunner.withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run").path
      expectBadInput(
        try CommandRunner.run([
          "sample", categorical, "--estimator", "disarm", "--draws", "10", "--output", run,
        ]), naming: ["disarm", "categorical"])
      expectBadInput(
        try CommandRunner.run([
          "train", Self.protocolFile, "--estimator", "carms-i:2", "--steps", "2", "--output", run,
        ]), naming: ["carms-i:2", "binary"])
      #expect(!FileManager.default.fileExists(atPath: run))
    }
  }

  @Test("An unknown command, option or value")
  func badUsage() throws {
    expectBadInput(try CommandRunner.run(["exakt"]), naming: ["exakt"])
    expectBadInput(try CommandRunner.run(["exact", Self.problem]), naming: ["--estimator"])
    expectBadInput(
      try CommandRunner.run([
        "sample", Self.problem, "--estimator", "arm", "--draws", "0", "--output", "g.npy",
      ]),
      naming: ["--draws"])
    expectBadInput(try CommandRunner.run(["verify", "--seed", "abc"]), naming: ["--seed", "abc", "entropy"])
    expectBadInput(
      try CommandRunner.run(["verify"], environment: ["ARMATURE_SEED": "abc"]),
      naming: ["ARMATURE_SEED", "abc"])
    expectBadInput(try CommandRunner.run(["verify", "--alpha", "2"]), naming: ["alpha", "2"])
    expectBadInput(try CommandRunner.run(["verify", "--estimator", "disram"]), naming: ["disram", "disarm"])
  }

  @Test("An output that cannot be written leaves nothing behind")
  func unwritableOutput() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("missing/g.npy").path
      expectBadInput(
        try CommandRunner.run([
          "sample", Self.problem, "--estimator", "arm", "--draws", "10", "--output", output,
        ]), naming: ["g.npy"])
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      expectBadInput(
        try CommandRunner.run([
          "train", Self.protocolFile, "--steps", "2", "--output", file.path + "/run",
        ]), naming: [file.path])
      for option in ["--json", "--junit", "--report"] {
        expectBadInput(
          try CommandRunner.run(["verify", option, file.path + "/output"]), naming: [file.path])
      }
      expectBadInput(
        try CommandRunner.run(["reproduce", "--output", file.path + "/reports"]), naming: [file.path])
      expectBadInput(try CommandRunner.run(["reproduce", "--only", "everything"]), naming: ["everything"])
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix("std") } == [
          "file"
        ])
    }
  }

  @Test("A malformed protocol")
  func malformedProtocol() throws {
    let good = try String(
      contentsOf: CommandRunner.root.appendingPathComponent(Self.protocolFile), encoding: .utf8)
    let cases: [(String, String)] = [
      (good + "\nmomentum: 0.9\n", "momentum"),
      (good.replacing("batchSize:", with: "batchsize:"), "batchsize"),
      ("", "protocol.yaml"),
      ("a: [", "protocol.yaml"),
    ]
    try CommandRunner.withTemporaryFolder { folder in
      for (text, part) in cases {
        let file = folder.appendingPathComponent("protocol.yaml")
        try Data(text.utf8).write(to: file)
        let run = folder.appendingPathComponent("run")
        expectBadInput(
          try CommandRunner.run(["train", file.path, "--steps", "2", "--output", run.path]),
          naming: ["protocol.yaml", part])
        #expect(!FileManager.default.fileExists(atPath: run.path))
      }
    }
  }

  @Test("A run directory of another run, and one that holds no run")
  func otherRun() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run").path
      let arguments = ["train", Self.protocolFile, "--steps", "2", "--output", run]
      let first = try CommandRunner.run(arguments)
      #expect(first.status == 0, "\(first.errors)")
      expectBadInput(try CommandRunner.run(arguments), naming: [run, "--resume"])
      expectBadInput(
        try CommandRunner.run(arguments + ["--resume", "--estimator", "disarm"]), naming: [run, "estimator"])
      expectBadInput(
        try CommandRunner.run([
          "train", "Fixtures/Protocols/digits-nonlinear.yaml", "--steps", "2", "--output", run, "--resume",
        ]), naming: [run])
      expectBadInput(try CommandRunner.run(["evaluate", folder.path]), naming: [folder.path])
      expectBadInput(try CommandRunner.run(["evaluate", run + "-missing"]), naming: [run + "-missing"])
    }
  }

  @Test("Missing, truncated and foreign data files")
  func badData() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run").path
      let arguments = [
        "train", "Fixtures/Protocols/mnist-static-linear.yaml", "--steps", "2", "--data", folder.path,
        "--output", run,
      ]
      let name = "binarized_mnist_train.amat.gz"
      expectBadInput(try CommandRunner.run(arguments), naming: [name])
      try Data([0x1F, 0x8B, 8, 0, 0]).write(to: folder.appendingPathComponent(name))
      expectBadInput(try CommandRunner.run(arguments), naming: [name])
      let digits = CommandRunner.root.appendingPathComponent("Fixtures/Digits/digits.csv.gz")
      try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      try FileManager.default.copyItem(at: digits, to: folder.appendingPathComponent(name))
      expectBadInput(try CommandRunner.run(arguments), naming: [name])
      #expect(!FileManager.default.fileExists(atPath: run))
    }
  }
}
