import Foundation
import Testing

@Suite("Results go to standard output, in the forms that scripts read")
struct ResultTests {
  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("exact --json has the promised keys, and the gradient of an independent enumeration")
  func exact() throws {
    let outcome = try CommandRunner.run(["exact", BadInputTests.problem, "--estimator", "arms:3", "--json"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let result = try object(outcome.output)
    #expect(
      Set(result.keys) == [
        "estimator", "evaluations", "gradient", "mean", "bias", "relativeBias", "variance",
        "rootMeanSquaredError",
      ])
    #expect(result["estimator"] as? String == "arms:3" && result["evaluations"] as? Int == 3)

    let problem = try object(
      try String(
        contentsOf: CommandRunner.root.appendingPathComponent(BadInputTests.problem), encoding: .utf8))
    let logits = try #require((problem["latent"] as? [String: Any])?["logits"] as? [Double])
    let values = try #require((problem["objective"] as? [String: Any])?["values"] as? [Double])
    let ones = logits.map { 1 / (1 + exp(-$0)) }
    let expected = logits.indices.map { coordinate in
      values.indices.reduce(0.0) { sum, state in
        let bits = logits.indices.map { Double(state >> $0 & 1) }
        let weight = zip(bits, ones).reduce(1.0) { $0 * ($1.0 == 1 ? $1.1 : 1 - $1.1) }
        return sum + weight * values[state] * (bits[coordinate] - ones[coordinate])
      }
    }
    for key in ["gradient", "mean"] {
      let found = try #require(result[key] as? [Double])
      for (found, expected) in zip(found, expected) {
        #expect((found - expected).magnitude <= 1e-10 * expected.magnitude, "\(key)")
      }
    }
  }

  @Test("exact on a biased estimator prints why, the bias and the root mean squared error")
  func exactBiased() throws {
    let arguments = ["exact", "Fixtures/Problems/15-one-bit-perceptron.json", "--estimator", "gumbel:0.5"]
    let table = try CommandRunner.run(arguments)
    #expect(table.status == 0 && table.errors.isEmpty)
    for part in ["gumbel:0.5", "bias", "rmse", "E[f(y)]"] { #expect(table.output.contains(part)) }
    let result = try object(try CommandRunner.run(arguments + ["--json"]).output)
    #expect((result["biasReason"] as? String)?.contains("temperature 0") == true)
    let (bias, variance) = (result["bias"] as? [Double] ?? [], result["variance"] as? [Double] ?? [])
    let errors = try #require(result["rootMeanSquaredError"] as? [Double])
    #expect(bias.count == 1 && bias[0].magnitude > 1e-4)
    #expect((errors[0] - (bias[0] * bias[0] + variance[0]).squareRoot()).magnitude < 1e-12)
  }

  @Test("sample writes float64 [draws, D] in NumPy's format, the same bytes for the same seed")
  func sample() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let files = try ["1", "1", "2"].enumerated().map { index, seed in
        let file = folder.appendingPathComponent("\(index).npy")
        let outcome = try CommandRunner.run([
          "sample", BadInputTests.problem, "--estimator", "disarm", "--draws", "1000", "--seed", seed,
          "--output",
          file.path,
        ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try Data(contentsOf: file)
      }
      #expect(files[0] == files[1] && files[0] != files[2])
      #expect(files[0].starts(with: [0x93] + Array("NUMPY".utf8)))
      let header = String(decoding: files[0].prefix(128), as: UTF8.self)
      #expect(header.contains("'<f8'") && header.contains("(1000, 2)"))
      #expect(files[0].count == 128 + 1000 * 2 * 8)
    }
  }

  @Test("verify of one estimator passes, and writes JSON and JUnit XML")
  func verify() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let json = folder.appendingPathComponent("v.json").path
      let junit = folder.appendingPathComponent("v.xml").path
      let outcome = try CommandRunner.run([
        "verify", "--estimator", "disarm", "--draws", "2048", "--json", json, "--junit", junit,
      ])
      #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
      #expect(outcome.output.split(separator: "\n").last?.hasPrefix("PASS") == true)
      let result = try object(try String(contentsOfFile: json, encoding: .utf8))
      #expect((result["verdicts"] as? [Any])?.isEmpty == false)
      #expect(try String(contentsOfFile: junit, encoding: .utf8).contains("failures=\"0\""))
    }
  }

  @Test("verify --mutants of one estimator catches them all and says so")
  func mutants() throws {
    let outcome = try CommandRunner.run(["verify", "--mutants", "--estimator", "disarm", "--draws", "4096"])
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.split(separator: "\n").last?.hasPrefix("PASS: all") == true)
  }

  @Test("evaluate repeats the bound that the run recorded, to the last digit")
  func evaluate() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("run").path
      let trained = try CommandRunner.run([
        "train", BadInputTests.protocolFile, "--steps", "20", "--output", run, "--json",
      ])
      #expect(trained.status == 0, "\(trained.errors)")
      let recorded = try #require((try object(trained.output)["evaluations"] as? [[String: Any]])?.last)
      let repeated = try CommandRunner.run(["evaluate", run, "--json", "--threads", "1"])
      #expect(try object(repeated.output)["bound"] as? Double == recorded["bound"] as? Double)
      let fewer = try CommandRunner.run(["evaluate", run, "--json", "--samples", "2", "--split", "valid"])
      let bound = try object(fewer.output)
      #expect(bound["samples"] as? Int == 2 && bound["split"] as? String == "valid")
    }
  }

  @Test("estimators lists every name, and explains one with its source")
  func estimators() throws {
    let list = try CommandRunner.run(["estimators"])
    for name in ["reinforce", "reinforce-ema", "ar", "arm", "disarm", "loorf:N", "arms:N"] {
      #expect(list.output.contains(name), "\(name)")
    }
    let one = try CommandRunner.run(["estimators", "u2g"])
    #expect(one.output.contains("DisARM") && one.output.contains("Dong, Mnih, Tucker"))
    expectBadInput(try CommandRunner.run(["estimators", "disram"]), naming: ["disram", "disarm"])
  }

  @Test("the README's table names every estimator of the catalogue")
  func readme() throws {
    let readme = try String(
      contentsOf: CommandRunner.root.appendingPathComponent("README.md"), encoding: .utf8)
    let list = try CommandRunner.run(["estimators"]).output.split(separator: "\n").dropFirst()
    let names = list.compactMap { $0.split(separator: " ").first }
    #expect(names.count > 7)
    let missing = names.filter { !readme.contains("| `\($0)` |") }
    #expect(missing.isEmpty)
  }

  @Test("benchmark --json has the rows that were asked for, each with a rate and its share of the peak")
  func benchmark() throws {
    let outcome = try CommandRunner.run([
      "benchmark", "--json", "--models", "linear", "--threads", "1", "--rounds", "1", "--seconds", "0.01",
      "--images", "8",
    ])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let result = try object(outcome.output)
    #expect(
      Set(result.keys) == ["schema", "machine", "data", "density", "peak", "training", "evaluation"])
    #expect((result["data"] as? String)?.contains("synthetic") == true)
    let density = try #require(result["density"] as? Double)
    #expect((density - 0.13).magnitude < 0.002)
    let rows = try #require(result["training"] as? [[String: Any]])
    #expect(rows.count == 1)
    let row = try #require(rows.first)
    #expect(row["model"] as? String == "linear" && row["estimator"] as? String == "arm")
    #expect(row["threads"] as? Int == 1 && row["megaflopsPerStep"] as? Double == 78.4)
    let peaks = try #require(result["peak"] as? [[String: Any]])
    let peak = try #require((peaks.first?["gigaflops"] as? [String: Any])?["median"] as? Double)
    let rate = try #require(row["stepsPerSecond"] as? Double)
    let share = try #require(row["fractionOfPeak"] as? Double)
    #expect(rate > 0 && (share / (rate * 78.4e6 / (peak * 1e9)) - 1).magnitude < 1e-9)
    let evaluations = try #require(result["evaluation"] as? [[String: Any]])
    #expect(evaluations.count == 1 && evaluations.first?["samples"] as? Int == 100)
    #expect(evaluations.first?["images"] as? Int == 8)
  }
}
