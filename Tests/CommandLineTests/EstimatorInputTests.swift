import Foundation
import Testing

@Suite("Estimators, problems and networks that do not fit end with status 2 and one line, in every command")
struct EstimatorInputTests {
  static let categoricalText = """
    {"schema": "armature.problem/1", "name": "p",
     "latent": {"kind": "categorical", "categories": 3, "logits": [[0.3, -1.2, 0.5], [1, 2, -3]]},
     "objective": {"kind": "table", "values": [1, 2, 3, 4, 5, 6, 7, 8, 9]}}
    """
  static let networkText = """
    {"layers": [{"weight": [[0.5, -1], [2, 0.25]], "bias": [0.1, -0.2]}, {"weight": [[1, -1]], "bias": [0.3]}],
     "points": [[1, 0], [0.5, -2]], "targets": [1, -1]}
    """

  /// A wrong problem, in words that its message must have.
  static let problems: [(text: String, parts: [String])] = [
    (categoricalText.replacing("[1, 2, -3]", with: "[1, 2]"), ["latent.logits[1]", "3"]),
    (categoricalText.replacing("[1, 2, -3]", with: "[1, 2, -3, 4]"), ["latent.logits[1]", "3"]),
    (categoricalText.replacing("-3]", with: "1e999]"), ["JSON"]),
    (categoricalText.replacing("-3]", with: "-1e999]"), ["JSON"]),
    (categoricalText.replacing("-3]", with: "NaN]"), ["JSON"]),
    (categoricalText.replacing("-3]", with: "Infinity]"), ["JSON"]),
    (BadInputTests.goodProblem.replacing("-1.2]", with: "-1e999]"), ["JSON"]),
    (BadInputTests.goodProblem.replacing("-1.2]", with: "\"x\"]"), ["latent.logits[1]"]),
  ]

  @Test("A categorical row of another length, logits that are infinite or no numbers", arguments: problems)
  func malformedProblem(text: String, parts: [String]) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("problem.json")
      try Data(text.utf8).write(to: file)
      for arguments in [
        ["exact", file.path, "--estimator", "reinforce"], ["verify", "--problems", folder.path],
      ] {
        expectBadInput(try CommandRunner.run(arguments), naming: ["problem.json"] + parts)
      }
    }
  }

  /// A name with a number out of its range, and what is expected.
  static let names = [
    ("loorf:1", "from 2"), ("arms:1", "from 2"), ("arms-normal:0", "from 2"), ("carms-i:1", "from 2"),
    ("carms-g:1", "from 2"), ("carms-sb:1", "from 2"), ("double-cv:1", "from 2"), ("rodeo:1", "from 2"),
    ("vimco:1", "from 2"), ("local-disarm:0", "from 1"), ("local-arms:2,1", "from 2"), ("disarm:0", "from 1"),
    ("unord:1", "from 2"), ("unord:9", "to 8"), ("gumbel:0", "temperature"), ("gumbel:-1", "temperature"),
    ("gumbel:nan", "temperature"), ("st-gumbel:0", "temperature"),
  ]

  @Test("Fewer samples than an estimator takes, and temperatures that are none", arguments: names)
  func outOfRange(name: String, part: String) throws {
    for arguments in [
      ["exact", BadInputTests.problem, "--estimator", name], ["verify", "--estimator", name],
    ] {
      expectBadInput(try CommandRunner.run(arguments), naming: [name, part])
    }
  }

  @Test("More states in a set than a problem has")
  func states() throws {
    let problem = "Fixtures/Problems/11-one-category-soft.json"
    expectBadInput(
      try CommandRunner.run(["exact", problem, "--estimator", "unord:4"]), naming: ["unord:4", "categor"])
    try CommandRunner.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        at: CommandRunner.root.appendingPathComponent(problem),
        to: folder.appendingPathComponent("problem.json"))
      expectBadInput(
        try CommandRunner.run(["verify", "--problems", folder.path, "--estimator", "unord:4"]),
        naming: ["no estimator", "variables"])
    }
  }

  @Test(
    "Networks whose layers do not chain, or with numbers that are none, and their estimators",
    arguments: [
      (networkText.replacing("[[1, -1]]", with: "[[1, -1, 3]]"), "psa", ["layers[1].weight[0]", "2"]),
      (networkText.replacing("[2, 0.25]", with: "[2]"), "psa", ["layers[0].weight[1]", "2"]),
      (networkText.replacing("[0.3]", with: "[0.3, 1]"), "psa", ["layers[1]"]),
      (networkText.replacing("[0.3]", with: "[1e999]"), "psa", ["JSON"]),
      (networkText.replacing("[0.3]", with: "[NaN]"), "psa", ["JSON"]),
      (networkText, "gumbel:0", ["gumbel:0", "temperature"]),
      (networkText, "loorf:1", ["loorf:1", "from 2"]),
      (networkText, "carms-i:2", ["carms-i:2"]),
    ])
  func malformedNetwork(text: String, estimator: String, parts: [String]) throws {
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("network.json")
      try Data(text.utf8).write(to: file)
      let output = folder.appendingPathComponent("output").path
      expectBadInput(
        try CommandRunner.run([
          "accuracy", file.path, "--estimators", estimator, "--samples", "10", "--output", output,
        ]), naming: parts)
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }
}
