import Foundation
import Testing

@testable import Datasets
@testable import Reporting
@testable import Training

@Suite("Learning-curve reports")
struct LearningCurveReportTests {
  private func runs(_ synthetic: [SyntheticRun], in folder: TemporaryFolder) throws -> [RecordedRun] {
    var runs: [RecordedRun] = []
    for run in synthetic { runs.append(try RecordedRun.load(try run.write(in: folder))) }
    return runs
  }

  private var four: [SyntheticRun] {
    [
      SyntheticRun(estimator: "arm", seed: 1, bounds: [(1000, 140), (2000, 130), (4000, 122)]),
      SyntheticRun(estimator: "arm", seed: 2, bounds: [(1000, 141), (2000, 131), (4000, 123)]),
      SyntheticRun(estimator: "disarm", seed: 1, bounds: [(1000, 139), (2000, 129.5), (4000, 121.25)]),
      SyntheticRun(estimator: "disarm", seed: 2, bounds: [(1000, 139), (2000, 129.5), (4000, 122.75)]),
    ]
  }

  @Test(
    "A report on synthetic runs gives each seed, the mean with Student's interval, and the ordering by seed")
  func complete() throws {
    let folder = try TemporaryFolder()
    let report = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: runs(four, in: folder))
    let outcome = try report.write(context: fixedContext(output: folder.file("Reports")))
    let text = try folder.text("Reports/runs.md")
    #expect(outcome.holds && outcome.missing == 0)
    #expect(
      outcome.verdict
        == "mnist-static-linear: the lowest mean test bound after 4,000 steps is 122.00 nats, by disarm (2 estimators, 2 seeds). 0 of 1 paired comparisons show a difference (error rate of all together: 5 %)."
    )
    #expect(text.contains("| `arm`     | 4,000 | 122.00 | 123.00 |     122.50 ± 6.35 |"))
    #expect(
      text.contains(
        "| `arm` - `disarm`   | +0.75, +0.25 |       0.50 ± 3.18 | 0.50 |       0.50 | no difference shown |")
    )
    #expect(text.contains("With 1 comparisons the first claim needs at least 6 seeds that all agree"))
    #expect(text.contains("Student's factor 12.71 for 2 seeds"))
    #expect(text.contains("A protocol \\| of tests"))
    #expect(text.contains("**Figure not drawn:**"))
    #expect(!text.contains(folder.path), "no path of this machine")
  }

  @Test("The same runs give the same report, byte by byte, in whatever order they are given")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    let recorded = try runs(four, in: folder)
    for (place, list) in [recorded, recorded.reversed()].enumerated() {
      let report = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: list)
      _ = try report.write(context: fixedContext(output: folder.file("\(place)"), gnuplot: .find("gnuplot")))
    }
    for file in [
      "runs.md", "figures/runs-test-bound.dat", "figures/runs-test-bound.gp", "figures/runs-training.dat",
    ] {
      #expect(try folder.text("0/" + file) == folder.text("1/" + file))
    }
  }

  @Test(
    "With ten seeds a consistent difference is claimed, with the error rate; robust summaries have intervals")
  func manySeeds() throws {
    let folder = try TemporaryFolder()
    var synthetic: [SyntheticRun] = []
    for seed in 1...10 {
      let common = Double(seed * seed % 7)
      let bounds = [("arm", 120 + common), ("disarm", 119 + common - Double(seed) / 25)]
      synthetic += bounds.map { SyntheticRun(estimator: $0, seed: UInt64(seed), bounds: [(4000, $1)]) }
    }
    let report = try LearningCurveReport(
      title: "Runs", fileName: "runs.md", runs: runs(synthetic, in: folder))
    let outcome = try report.write(context: fixedContext(output: folder.file("Reports")))
    #expect(
      outcome.verdict.hasSuffix(
        "1 of 1 paired comparisons show a difference (error rate of all together: 5 %)."))
    let text = try folder.text("Reports/runs.md")
    #expect(
      text.contains(
        "- **mnist-static-linear: disarm beats arm, lower by 1.22 ± 0.09 (mean paired difference over 10 seeds, 95 % t-interval; adjusted p = 0.0020).**"
      ))
    #expect(text.contains("### Over many seeds"))
    // Ones of the 100 pairs in which the first has the lower bound, counted by the definition.
    let arm = synthetic.filter { $0.estimator == "arm" }.compactMap { $0.bounds.last?.bound }
    let disarm = synthetic.filter { $0.estimator == "disarm" }.compactMap { $0.bounds.last?.bound }
    let wins = arm.flatMap { x in disarm.map { x < $0 ? 1.0 : x == $0 ? 0.5 : 0 } }.reduce(0, +) / 100
    #expect(
      text.contains("| `arm` | `disarm` |         1 |")
        && text.contains(" \(NumberFormatting.fixed(wins, decimals: 2)) ("))
  }

  @Test("A bound of the validation split is called so, and the test bound at its minimum has a table")
  func validation() throws {
    let folder = try TemporaryFolder()
    let selected = EvaluationRecord(
      step: 2000, split: .test, samples: 1000, images: 10_000, bound: 119.25, standardError: 0.3)
    let final = EvaluationRecord(
      step: 4000, split: .test, samples: 500, images: 10_000, bound: 118.5, standardError: 0.3)
    let synthetic = SyntheticRun(
      bounds: [(2000, 121), (4000, 122)], split: .valid, selected: selected, final: final)
    let outcome = try LearningCurveReport(
      title: "Runs", fileName: "runs.md", runs: runs([synthetic], in: folder)
    ).write(context: fixedContext(output: folder.file("Reports")))
    #expect(outcome.verdict.contains("the lowest mean validation bound after 4,000 steps is 122.00 nats"))
    let text = try folder.text("Reports/runs.md")
    #expect(text.contains("## Validation bound") && !text.contains("est bound"))
    #expect(text.contains("### At the lowest validation bound"))
    #expect(text.contains("| 2,000 | test  |   1,000 | 119.25 |"))
    #expect(text.contains("### At the end of the run"))
    #expect(text.contains("| 4,000 | test  |     500 | 118.50 |"))
    _ = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: runs(four, in: folder))
      .write(context: fixedContext(output: folder.file("Test")))
    let other = try folder.text("Test/runs.md")
    #expect(other.contains("## Test bound") && !other.contains("alidation bound"))
    #expect(!other.contains("At the end of the run"))
  }

  @Test("Models with classes have a table of accuracies, and only they")
  func accuracies() throws {
    let folder = try TemporaryFolder()
    let path = try SyntheticRun(bounds: [(4000, 122)]).write(in: folder)
    let metrics = try String(contentsOfFile: path + "/metrics.jsonl", encoding: .utf8)
    let classified = metrics.replacing("\"bound\":122", with: "\"accuracy\":0.925,\"bound\":122")
    for (text, isShown) in [(metrics, false), (classified, true)] {
      try text.write(toFile: path + "/metrics.jsonl", atomically: true, encoding: .utf8)
      let run = try RecordedRun.load(path)
      _ = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: [run])
        .write(context: fixedContext(output: folder.path))
      #expect(try folder.text("runs.md").contains("## Accuracy") == isShown)
      #expect(try folder.text("runs.md").contains(" 92.50 |") == isShown)
      let events = TensorBoardExport(run).file.bytes
      #expect(String(decoding: events, as: UTF8.self).contains("test/accuracy") == isShown)
    }
  }

  @Test("Runs that differ in their learning rates are cells of their own, named with the rate")
  func learningRates() throws {
    let folder = try TemporaryFolder()
    let paths = try ["arm", "arm:"].map { try SyntheticRun(estimator: $0).write(in: folder) }
    let manifest = try String(contentsOfFile: paths[1] + "/run.json", encoding: .utf8)
    try manifest.replacing("\"arm:\"", with: "\"arm\"").replacing(
      "\"learningRate\":0.0001", with: "\"learningRate\":0.003"
    )
    .write(toFile: paths[1] + "/run.json", atomically: true, encoding: .utf8)
    let report = try LearningCurveReport(
      title: "Runs", fileName: "runs.md", runs: try paths.map { try RecordedRun.load($0) })
    _ = try report.write(context: fixedContext(output: folder.path))
    let text = try folder.text("runs.md")
    #expect(text.contains("| `arm, rate 0.0001` | 4,000") && text.contains("| `arm, rate 0.003`"))
    let lock = try ReportLock.load(report: folder.file("runs.md")).lock
    guard case .training(let recipe) = lock.recipe else { return #expect(Bool(false), "another recipe") }
    #expect(recipe.runs.map(\.learningRate) == [0.0001, 0.003])
  }

  @Test("Runs within the reference's distance agree; a run beyond it differs and the report does not hold")
  func comparison() throws {
    for (bound, agrees) in [(122.9, true), (124.2, false)] {
      let folder = try TemporaryFolder()
      let run = SyntheticRun(bounds: [(10_000, 137), (25_000, 127), (50_000, bound)])
      let reference = try ReferenceCurves.load(file: ReferenceCurvesTests.fixture)
      let report = try LearningCurveReport(
        title: "MNIST", fileName: "mnist.md", runs: runs([run], in: folder), reference: reference)
      let outcome = try report.write(context: fixedContext(output: folder.path))
      #expect(outcome.holds == agrees)
      #expect(outcome.verdict.hasPrefix("\(agrees ? 1 : 0) of 8 cells agree"))
      #expect(outcome.verdict.contains("7 are missing"))
      #expect(try folder.text("mnist.md").contains(agrees ? "| agrees" : "| **differs**"))
    }
  }

  @Test("A violated ordering of the reference is found")
  func ordering() throws {
    let folder = try TemporaryFolder()
    let marks = [(10_000, 152.0), (25_000, 142.0), (50_000, 122.0)]
    let worse = [(10_000, 151.0), (25_000, 143.0), (50_000, 134.0)]
    let reference = try ReferenceCurves.load(file: ReferenceCurvesTests.fixture)
    let report = try LearningCurveReport(
      title: "MNIST", fileName: "mnist.md",
      runs: runs(
        [
          SyntheticRun(estimator: "arm", bounds: marks.map { (step: $0.0, bound: $0.1) }),
          SyntheticRun(estimator: "reinforce", bounds: worse.map { (step: $0.0, bound: $0.1) }),
        ], in: folder), reference: reference)
    let outcome = try report.write(context: fixedContext(output: folder.path))
    #expect(!outcome.holds)
    #expect(outcome.verdict.contains("2 of 3 ordering checks hold"))
    #expect(try folder.text("mnist.md").contains("**violated**"))
  }

  @Test("Without a single run the report comes out and names every cell that is missing")
  func noRuns() throws {
    let folder = try TemporaryFolder()
    let reference = try ReferenceCurves.load(file: ReferenceCurvesTests.fixture)
    let report = try LearningCurveReport(title: "MNIST", fileName: "mnist.md", runs: [], reference: reference)
    let outcome = try report.write(context: fixedContext(output: folder.path))
    #expect(outcome.missing == 48)
    let text = try folder.text("mnist.md")
    #expect(text.contains("**48 cells are empty"))
    #expect(text.contains("- mnist-static-linear, arm, seed 1, step 10,000"))
  }

  @Test("A run that was killed half-way is reported as far as it went")
  func stopped() throws {
    let folder = try TemporaryFolder()
    let path = try SyntheticRun(finished: false).write(in: folder)
    let metrics = try String(contentsOfFile: path + "/metrics.jsonl", encoding: .utf8)
    let lines = metrics.split(separator: "\n")
    let kept = lines.prefix(12).map { $0 + "\n" }.joined() + lines[12].dropLast(8)
    try Data(kept.utf8).write(to: URL(fileURLWithPath: path + "/metrics.jsonl"))
    let run = try RecordedRun.load(path)
    #expect(run.result == nil)
    #expect(run.evaluations.map(\.step) == [1000, 2000])
    let expected = 130 + 20_000 / Double(1100) + Double(1) / 10
    #expect(run.trainingNegativeELBO(endingAt: 1000) == expected)
    #expect(run.trainingNegativeELBO(endingAt: 1100) == nil)
    let last = try #require(run.training.last { $0.step == 1000 })
    #expect(run.trainingNegativeELBO(endingAt: 1000, window: last.steps - 1) == last.negativeELBO)
    #expect(run.trainingNegativeELBO(endingAt: 1001, window: last.steps - 1) == nil)
    #expect(run.trainingSeconds(upTo: 1000) == 7.5)
    let report = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: [run])
    _ = try report.write(context: fixedContext(output: folder.path))
    #expect(try folder.text("runs.md").contains("stopped at 2,000 of 4,000"))
  }

  @Test(
    "A malformed run directory is one line that names file, place and what was expected",
    arguments: [
      ("run.json", "{}", "run.json: top level: expected the key 'schema'"),
      ("run.json", "{", "run.json: top level: expected well-formed data"),
      ("metrics.jsonl", "{\"kind\":\"other\"}\n", "metrics.jsonl: line 1, kind: expected well-formed data"),
      ("metrics.jsonl", "\n", "metrics.jsonl: line 1, top level: expected well-formed data"),
      (
        "timing.jsonl", "{\"step\":1,\"trainingSeconds\":\"x\",\"evaluationSeconds\":0}\n",
        "timing.jsonl: line 1, trainingSeconds: expected a value of type Double"
      ),
      ("result.json", "{\"schema\":1}", "result.json: schema: expected a value of type String"),
    ])
  func malformed(file: String, content: String, start: String) throws {
    let folder = try TemporaryFolder()
    let path = try SyntheticRun().write(in: folder)
    try Data(content.utf8).write(to: URL(fileURLWithPath: path + "/" + file))
    #expect {
      try RecordedRun.load(path)
    } throws: {
      "\($0)".hasPrefix("mnist-static-linear-arm-1/" + start) && !"\($0)".contains("\n")
    }
  }

  @Test("A folder without run.json is not a run directory")
  func noManifest() throws {
    let folder = try TemporaryFolder()
    #expect {
      try RecordedRun.load(folder.path)
    } throws: {
      "\($0)".contains("run.json: the file: expected a readable file of a run directory")
    }
  }

  @Test("All runs below a folder are found, and nothing else that lies there")
  func loadAll() throws {
    let folder = try TemporaryFolder()
    _ = try runs(four, in: folder)
    try folder.write("x", to: "notes/readme.txt")
    #expect(
      try RecordedRun.loadAll(below: folder.path).map(\.manifest.estimator) == [
        "arm", "arm", "disarm", "disarm",
      ])
    #expect(try RecordedRun.loadAll(below: folder.file("nowhere")).isEmpty)
  }

  @Test("Two runs of one cell, or two protocols of one name, are refused")
  func mixed() throws {
    let first = try TemporaryFolder()
    let second = try TemporaryFolder()
    let run = try RecordedRun.load(try SyntheticRun().write(in: first))
    let twin = try RecordedRun.load(try SyntheticRun().write(in: second))
    #expect(throws: ReportingError.self) {
      try LearningCurveReport(title: "", fileName: "a.md", runs: [run, twin])
    }
    let other = SyntheticRun(seed: 2, checksum: String(repeating: "99", count: 32))
    let changed = try RecordedRun.load(try other.write(in: second))
    #expect(throws: ReportingError.self) {
      try LearningCurveReport(title: "", fileName: "a.md", runs: [run, changed])
    }
  }
}
