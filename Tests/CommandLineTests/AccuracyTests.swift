import Foundation
import Testing

@Suite("armature accuracy")
struct AccuracyTests {
  private static let network = """
    {"layers": [{"weight": [[0.5, -1], [2, 0.25]], "bias": [0.1, -0.2]}, {"weight": [[1, -1]], "bias": [0.3]}],
     "points": [[1, 0], [0.5, -2], [-1, 0.3]], "targets": [1, -1, 1]}
    """

  @Test("--json prints what accuracy.json holds, whatever the threads; report and figures lie beside it")
  func result() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let network = folder.appendingPathComponent("network.json")
      try Data(Self.network.utf8).write(to: network)
      let results = try ["1", "2"].map { threads in
        let output = folder.appendingPathComponent("output").path
        let outcome = try CommandRunner.run([
          "accuracy", network.path, "--samples", "30", "--estimators", "psa,reinforce,gumbel:0.5",
          "--threads", threads,
          "--output", output, "--json",
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let result = try #require(
          try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let file = try Data(contentsOf: URL(fileURLWithPath: output + "/accuracy.json"))
        #expect(try #require(JSONSerialization.jsonObject(with: file) as? NSDictionary).isEqual(to: result))
        #expect(FileManager.default.fileExists(atPath: output + "/psa-accuracy.md"))
        #expect(FileManager.default.fileExists(atPath: output + "/figures/psa-accuracy-rmse.dat"))
        return result
      }
      let rows = try #require(results[0]["rows"] as? [[String: Any]])
      #expect(rows.count == 3 * 2 * 12)
      let keys: Set = [
        "estimator", "layer", "samples", "blocks", "cosine", "cosineLow", "cosineHigh", "relativeRMSE",
      ]
      #expect(rows.allSatisfy { Set($0.keys) == keys })
      #expect(results[0]["expectedLoss"] is Double)
      #expect((results[0]["gradientNorms"] as? [Double])?.count == 2)
      #expect((results[0]["rows"] as? NSArray) == (results[1]["rows"] as? NSArray))
    }
  }

  @Test("Bad input ends with one line, before anything is written")
  func badInput() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let good = folder.appendingPathComponent("network.json")
      try Data(Self.network.utf8).write(to: good)
      let bad = folder.appendingPathComponent("bad.json")
      try Data(Self.network.replacing("[[1, -1]]", with: "[[1, -1, 3]]").utf8).write(to: bad)
      let output = folder.appendingPathComponent("output").path
      func arguments(_ more: [String]) -> [String] { ["accuracy"] + more + ["--output", output] }
      expectBadInput(
        try CommandRunner.run(arguments([bad.path])), naming: ["bad.json", "layers[1].weight[0]"])
      expectBadInput(try CommandRunner.run(arguments(["no-such.json"])), naming: ["no-such.json"])
      expectBadInput(
        try CommandRunner.run(arguments([good.path, "--samples", "0"])), naming: ["--samples 0"])
      expectBadInput(
        try CommandRunner.run(arguments([good.path, "--estimators", "psa,pas"])), naming: ["pas", "psa"])
      expectBadInput(
        try CommandRunner.run(arguments([good.path, "--data", "no-such.csv"])), naming: ["no-such.csv"])
      expectBadInput(try CommandRunner.run(["accuracy", good.path]), naming: ["--output"])
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }
}
