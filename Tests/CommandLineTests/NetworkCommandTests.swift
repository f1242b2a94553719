import Foundation
import Testing

@Suite("Networks on the command line")
struct NetworkCommandTests {
  static let network = "Fixtures/Problems/network-3-narrow.json"

  @Test("exact prints every parameter of a network by name, and PSA's bias by layer")
  func exact() throws {
    let outcome = try CommandRunner.run(["exact", Self.network, "--estimator", "psa"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    for text in ["layer 0 weight 0,0", "layer 2 bias 0", "rmse", "relative bias", "of layer 1"] {
      #expect(outcome.output.contains(text))
    }
    let json = try CommandRunner.run(["exact", Self.network, "--estimator", "disarm", "--json"])
    let result = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect((result["coordinates"] as? [String])?.count == 9 && (result["mean"] as? [Double])?.count == 9)
    #expect((result["relativeBias"] as? Double ?? 1) < 1e-12)
  }

  @Test(
    "Bad input ends with status 2 and one line",
    arguments: [
      ("[[1.4, -0.8]]", "[[1.4]]", ["latent.layers[1].weights[0]", "2 weights"]),
      ("[[1.4, -0.8]]", "[[1.4, 1e999]]", ["JSON"]),
      ("[[1.4, -0.8]]", "[[1.4, NaN]]", ["JSON"]),
      ("plus-minus-one", "ternary", ["latent.states"]),
      ("[2.4, -0.7]", "[2.4]", ["objective.values", "2 values"]),
    ])
  func badNetwork(original: String, changed: String, parts: [String]) throws {
    let text = try String(
      contentsOf: CommandRunner.root.appendingPathComponent(Self.network), encoding: .utf8)
    #expect(text.contains(original))
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("network.json")
      try Data(text.replacing(original, with: changed).utf8).write(to: file)
      expectBadInput(
        try CommandRunner.run(["exact", file.path, "--estimator", "psa"]), naming: ["network.json"] + parts)
    }
  }

  @Test(
    "Estimators that do not fit are named",
    arguments: [
      (network, "carms-i:3", ["carms-i:3", "networks"]), (network, "pas", ["psa"]),
      (network, "arm+fresh", ["+fresh", "+shared-noise"]),
      (BadInputTests.problem, "psa", ["psa", "networks"]),
    ])
  func badEstimator(problem: String, name: String, parts: [String]) throws {
    expectBadInput(try CommandRunner.run(["exact", problem, "--estimator", name]), naming: parts)
  }
}
