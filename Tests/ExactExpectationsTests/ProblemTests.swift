import ElementwiseKernels
import Foundation
import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Problems")
struct ProblemTests {
  private func load(_ text: String) throws(ProblemError) -> Problem {
    let file = FileManager.default.temporaryDirectory.appending(path: "problem-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try? Data(text.utf8).write(to: file)
    return try Problem(contentsOf: file)
  }

  private static func document(
    schema: String = "\"armature.problem/1\"", name: String = "\"n\"",
    latent: String = #"{"kind": "binary", "logits": [0.3, -1.2]}"#,
    objective: String = #"{"kind": "table", "values": [1, 2, 3, 4]}"#, extra: String = ""
  ) -> String {
    "{\"schema\": \(schema), \"name\": \(name), \"latent\": \(latent), \"objective\": \(objective)\(extra)}"
  }

  private static func categorical(_ categories: String = "3", logits: String) -> String {
    #"{"kind": "categorical", "categories": \#(categories), "logits": \#(logits)}"#
  }

  /// Four rows of 100 logits: more joint states than can be enumerated.
  private static let large =
    "\([[Double]](repeating: [Double](repeating: 0, count: 100), count: 4))"

  @Test("A problem is read as written, and survives being encoded")
  func reading() throws {
    let problem = try load(Self.document())
    #expect(problem.latent == .binary(logits: [0.3, -1.2]))
    #expect(problem.objective == .table(values: [1, 2, 3, 4]))
    let copy = try JSONDecoder().decode(Problem.self, from: JSONEncoder().encode(problem))
    #expect(copy == problem)
    let quadratic = try load(Self.document(objective: #"{"kind": "quadratic", "target": 0.49}"#))
    #expect(try JSONDecoder().decode(Problem.self, from: JSONEncoder().encode(quadratic)) == quadratic)
    let categorical = try load(
      Self.document(
        latent: Self.categorical(logits: "[[0, 1, -2.5]]"),
        objective: #"{"kind": "table", "values": [1, 2, 3]}"#))
    #expect(categorical.latent == .categorical(categories: 3, logits: [[0, 1, -2.5]]))
    #expect(try JSONDecoder().decode(Problem.self, from: JSONEncoder().encode(categorical)) == categorical)
  }

  @Test(
    "A malformed problem is refused in one line that names the file, the key and the expectation",
    arguments: [
      (document(schema: "\"armature.problem/2\""), "schema"),
      (document(schema: "3"), "schema"),
      (document(name: "\"\""), "name"),
      (document(extra: ", \"colour\": 1"), "colour"),
      (document(latent: #"{"kind": "binary", "logits": []}"#), "latent.logits"),
      (document(latent: #"{"kind": "binary", "logits": [0.3, "x"]}"#), "latent.logits[1]"),
      (document(latent: #"{"kind": "binary", "logits": 0.3}"#), "latent.logits"),
      (document(latent: #"{"kind": "ternary", "logits": [0.3]}"#), "latent.kind"),
      (document(latent: #"{"logits": [0.3]}"#), "latent.kind"),
      (document(latent: #"{"kind": "binary", "logits": [0.3, 1], "scale": 2}"#), "latent.scale"),
      (document(latent: "[1]"), "latent"),
      (document(latent: categorical(logits: "[[0, 1, 2], [0, 1]]")), "latent.logits[1]"),
      (document(latent: categorical(logits: "[[0, 1, 2], 3]")), "latent.logits[1]"),
      (document(latent: categorical(logits: "[[0, 1, 2], [0, null, 1]]")), "latent.logits[1][1]"),
      (document(latent: categorical(logits: "[]")), "latent.logits"),
      (document(latent: categorical(logits: "[0, 1, 2]")), "latent.logits[0]"),
      (document(latent: categorical("1", logits: "[[0]]")), "latent.categories"),
      (document(latent: categorical("-3", logits: "[[0]]")), "latent.categories"),
      (document(latent: categorical("257", logits: "[[0]]")), "latent.categories"),
      (document(latent: categorical("2.5", logits: "[[0, 1]]")), "latent.categories"),
      (document(latent: categorical("1e300", logits: "[[0, 1]]")), "latent.categories"),
      (document(latent: categorical("100", logits: large)), "latent.logits"),
      (document(latent: #"{"kind": "categorical", "logits": [[0, 1]]}"#), "latent.categories"),
      (document(latent: categorical(logits: "[[0, 1, 2]]")), "objective.values"),
      (document(objective: #"{"kind": "table", "values": [1, 2, 3]}"#), "objective.values"),
      (document(objective: #"{"kind": "table", "values": [1, 2, 3, true]}"#), "objective.values[3]"),
      (document(objective: #"{"kind": "quadratic"}"#), "objective.target"),
      (document(objective: #"{"kind": "quadratic", "target": null}"#), "objective.target"),
      (document(objective: #"{"kind": 7}"#), "objective.kind"),
      (#"{"schema": "armature.problem/1", "name": "n"}"#, "latent"),
    ])
  func malformed(text: String, key: String) {
    let error = #expect(throws: ProblemError.self) { try load(text) }
    #expect(error?.key == key)
    #expect(error?.file?.hasSuffix(".json") == true)
    #expect(error?.description.contains("\n") == false && error?.description.contains("problem-") == true)
  }

  @Test(
    "What is not JSON, or has a number out of range, is refused",
    arguments: [
      "", "nonsense", "{", "[1, 2]", document(latent: #"{"kind": "binary", "logits": [NaN]}"#),
      document(latent: #"{"kind": "binary", "logits": [1e999, 0]}"#),
      document(latent: #"{"kind": "binary", "logits": [Infinity, 0]}"#),
    ])
  func notJSON(text: String) {
    let error = #expect(throws: ProblemError.self) { try load(text) }
    #expect(error?.description.contains("\n") == false)
  }

  @Test("Numbers that are not finite are refused in code as well")
  func notFinite() {
    let error = #expect(throws: ProblemError.self) {
      try Problem(name: "n", latent: .binary(logits: [0, .nan]), objective: .quadratic(target: 1))
    }
    #expect(error?.key == "latent.logits[1]")
    #expect(throws: ProblemError.self) {
      try Problem(name: "n", latent: .binary(logits: [0]), objective: .quadratic(target: .infinity))
    }
    let row = #expect(throws: ProblemError.self) {
      try Problem(
        name: "n", latent: .categorical(categories: 2, logits: [[0, 1], [.infinity, 0]]),
        objective: .quadratic(target: 1))
    }
    #expect(row?.key == "latent.logits[1][0]")
  }

  @Test("A missing file and an empty folder are refused by name")
  func missing() {
    let file = URL(filePath: "/nonexistent/p.json")
    #expect(throws: ProblemError.self) { try Problem(contentsOf: file) }
    let error = #expect(throws: ProblemError.self) { try Problem.loadAll(in: file) }
    #expect(error?.description.contains("/nonexistent/p.json") == true)
  }

  @Test("Variable 0 is the fastest in a table, and batched values agree with single ones")
  func values() throws {
    let table = try load(Self.document())
    #expect(table.value(ofVariable: 0, inState: 1) == 1 && table.value(ofVariable: 1, inState: 1) == 0)
    let samples: [Float] = [0, 0, 1, 0, 0, 1, 1, 1]
    for problem in [table, try load(Self.document(objective: #"{"kind": "quadratic", "target": 0.25}"#))] {
      var values = [Float](repeating: .nan, count: 4)
      var output = values.mutableSpan
      problem.values(samples: samples.span, shape: LatentShape(rows: 2, variables: 2), into: &output)
      #expect(values == (0..<4).map { Float(problem.value(of: $0)) })
    }
  }

  @Test("A categorical table has the radix of its categories, and batched values agree with single ones")
  func categoricalValues() throws {
    for problem in try Fixtures.categoricalProblems() {
      let samples = (0..<problem.stateCount).flatMap { state in
        (0..<problem.variables).map { Double(problem.value(ofVariable: $0, inState: state)) }
      }
      var values = [Double](repeating: .nan, count: problem.stateCount)
      var output = values.mutableSpan
      problem.values(samples: samples.span, shape: problem.shape(rows: problem.stateCount), into: &output)
      #expect(values == (0..<problem.stateCount).map { problem.value(of: $0) })
    }
    let problem = try Fixtures.categoricalProblems()[3]
    #expect((0..<3).map { problem.value(ofVariable: $0, inState: 1 + 3 * 2 + 9 * 0) } == [1, 2, 0])
  }

  @Test("The objective's range is that of its values over all states")
  func range() throws {
    for problem in try Fixtures.problems() {
      let values = (0..<problem.stateCount).map { problem.value(of: $0) }
      #expect((problem.objectiveRange.lowerBound - (values.min() ?? .nan)).magnitude < 1e-15)
      #expect((problem.objectiveRange.upperBound - (values.max() ?? .nan)).magnitude < 1e-15)
    }
  }

  @Test("The fixtures cover 1 to 4 variables and probabilities from 0.005 to 0.995")
  func fixtures() throws {
    let problems = try Fixtures.problems()
    #expect(Set(problems.map(\.variables)) == [1, 2, 3, 4])
    let probabilities = problems.flatMap(\.logits).map { Double.sigmoid($0) }
    #expect((probabilities.min() ?? 1) < 0.0051 && (probabilities.max() ?? 0) > 0.9949)
    #expect(Set(problems.map(\.name)).count == problems.count)
  }
}
