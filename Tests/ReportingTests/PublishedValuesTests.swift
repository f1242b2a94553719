import Foundation
import GradientEstimators
import Testing

@testable import Reporting

@Suite("Published values beside ours")
struct PublishedValuesTests {
  private static let folder = URL(fileURLWithPath: ReferenceCurvesTests.fixture).deletingLastPathComponent()

  @Test("Every file states its source; each value names protocols and estimators that exist")
  func fixtures() throws {
    let all = try PublishedValues.loadAll()
    #expect(all.count >= 3 && all.contains { $0.sourceKind == .secondary })
    let protocols = Self.folder.deletingLastPathComponent().appendingPathComponent("Protocols").path
    for file in all {
      #expect(!file.source.isEmpty && !file.paper.isEmpty && !file.values.isEmpty)
      let places = file.values.map { "\($0.benchmark), \($0.place)" }
      #expect(Set(places).count == places.count, "no value stands twice")
      for value in file.values {
        for name in value.protocols {
          #expect(FileManager.default.fileExists(atPath: "\(protocols)/\(name).yaml"), "\(name)")
        }
        if let estimator = value.estimator {
          #expect(EstimatorCatalogue.entries.contains { $0.baseName == estimator }, "\(estimator)")
        }
        #expect(file.sourceKind == .primary || value.protocols.isEmpty || value.differs != nil)
      }
    }
  }

  @Test("The table of the Gumbel-softmax paper has all of its 28 numbers, the ARSM log its 4")
  func tables() throws {
    let all = try PublishedValues.loadAll()
    let gumbel = try #require(all.first { $0.paper.contains("Gumbel-Softmax") })
    #expect(gumbel.values.count == 28)
    #expect(gumbel.values.first { $0.place.contains("VAE (Cat.), column Gumbel") }?.value == 101.5)
    let log = try #require(all.first { $0.paper.contains("ARSM") })
    #expect(log.values.map(\.value) == [78.39615, 87.147675, 79.039825, 86.58706])
  }

  @Test("The published accuracies at checkpoint 2000 are complete, and no network is taken for theirs")
  func laterCheckpoint() throws {
    let path = Self.folder.appendingPathComponent("psa-accuracy-checkpoint-2000.yaml").path
    let published = try PublishedAccuracy.load(file: path)
    #expect(published.layers == 4 && published.estimators.count == 7 && published.network == nil)
    #expect(published.value(.cosine, estimator: "psa", layer: 1, size: 100) == 0.933)
    #expect(published.value(.relativeRMSE, estimator: "gumbel:0.1", layer: 0, size: 1) == 113)
    #expect(!published.isAbout(expectedLoss: 0.68, gradientNorms: [1, 1, 1, 1]))
  }

  /// Student's factors of 4 seeds: 3.1824 (two-sided 95 %), 2.3534 (one-sided 95 %); the values have standard deviation 1, so
  /// the half-widths are 1.5912 and 1.1767.
  private static let ours = [-1.0, -1, 1, 1].map { 100 + $0 * (0.75).squareRoot() }

  @Test(
    "Each verdict, on values with mean 100 and standard deviation 1",
    arguments: [
      (100.5, 2.0, "reproduced"), (98.42, 2.0, "reproduced"), (101.7, 3.0, "equivalent within 3.0 nats"),
      (101.7, 2.9, "equivalent within 2.9 nats"), (101.7, 2.8, "better"), (98.3, 2.8, "worse"),
      (98.3, 2.9, "equivalent within 2.9 nats"),
      (100.5, 1.0, "undecided: our interval is wider than 1.0 nats"),
    ])
  func verdicts(published: Double, margin: Double, expected: String) {
    let verdict = PublishedVerdict(ours: Self.ours, published: published, rounding: 0, margin: margin)
    #expect(verdict.description == expected)
  }

  @Test("Rounding of the published value widens the interval; one seed decides nothing")
  func rounding() {
    #expect(PublishedVerdict(ours: Self.ours, published: 101.6, rounding: 0, margin: 2) == .better)
    #expect(PublishedVerdict(ours: Self.ours, published: 101.6, rounding: 0.05, margin: 2) == .reproduced)
    #expect(
      PublishedVerdict(ours: [100], published: 100, rounding: 0, margin: 2)
        == .undecided(reason: "one seed gives no interval"))
  }

  private func file(differs: String?, steps: Int) -> String {
    """
    schema: armature.published-values/1
    paper: "A paper"
    source: "these tests"
    sourceKind: primary
    transcribed: "2026-01-02"
    margin: 9
    values:
      - benchmark: "b"
        place: "Table 1"
        estimator: arm
        value: -122.5
        decimals: 1
        measure: testBound
        negated: true
        protocols: [mnist-static-linear]
        steps: \(steps)
    \(differs.map { "    differs: \"\($0)\"" } ?? "")
    """
  }

  @Test("Runs of fewer steps than their protocol's are not compared")
  func shortRuns() throws {
    let folder = try TemporaryFolder()
    let published = try PublishedValues.load(
      file: try folder.write(file(differs: nil, steps: 4000), to: "values.yaml"))
    let path = try SyntheticRun(bounds: [(4000, 122)]).write(in: folder)
    let manifest = try String(contentsOfFile: path + "/run.json", encoding: .utf8)
    // The protocol's own number of steps is the first one in alphabetical order that is followed by the run's.
    let longer = manifest.replacing(
      #""source":"these tests","steps":4000"#, with: #""source":"these tests","steps":9000"#)
    #expect(longer != manifest)
    try longer.write(toFile: path + "/run.json", atomically: true, encoding: .utf8)
    let curves = try LearningCurves(runs: [try RecordedRun.load(path)], reference: nil)
    let row = try #require(PublishedComparison(curves, published: [published]).rows.first)
    #expect(row.verdict == .notComparable(reason: "runs of 4,000 steps, the protocol has 9,000"))
  }

  @Test("A report sets them beside ours, says why a value is not comparable, and what was not seen")
  func report() throws {
    for (differs, steps, verdict) in [
      (nil, 4000, "reproduced"), ("another network", 4000, "not comparable: another network"),
      (nil, 9000, "not comparable: 4,000 steps here, 9,000 there"),
    ] {
      let folder = try TemporaryFolder()
      let published = try PublishedValues.load(
        file: try folder.write(file(differs: differs, steps: steps), to: "values.yaml"))
      let runs = [
        SyntheticRun(estimator: "arm", seed: 1, bounds: [(4000, 122)]),
        SyntheticRun(estimator: "arm", seed: 2, bounds: [(4000, 123)]),
        SyntheticRun(estimator: "disarm", seed: 1, bounds: [(4000, 121)]),
      ]
      let report = try LearningCurveReport(
        title: "Runs", fileName: "runs.md",
        runs: try runs.map { try RecordedRun.load(try $0.write(in: folder)) },
        published: [published])
      _ = try report.write(context: fixedContext(output: folder.path))
      let text = try folder.text("runs.md")
      #expect(text.contains("## Beside published values") && text.contains("| \(verdict)"))
      #expect(text.contains("|    -122.5 |") && text.contains("1: A paper. Read in: these tests"))
      #expect(text.contains("No published value was seen for: mnist-static-linear, disarm."))
    }
  }

  @Test("A report names what was published for estimators that it has no runs of")
  func others() throws {
    for (estimator, isNamed) in [("disarm", true), ("arm", false)] {
      let folder = try TemporaryFolder()
      let published = try PublishedValues.load(
        file: try folder.write(file(differs: nil, steps: 4000), to: "values.yaml"))
      let run = SyntheticRun(estimator: estimator, seed: 1, bounds: [(4000, 122)])
      let report = try LearningCurveReport(
        title: "Runs", fileName: "runs.md", runs: [try RecordedRun.load(try run.write(in: folder))],
        published: [published])
      _ = try report.write(context: fixedContext(output: folder.path))
      let text = try folder.text("runs.md")
      #expect(text.contains("by estimators of which there are no runs here") == isNamed)
      #expect(text.contains("mnist-static-linear: -122.5, ") == isNamed)
      #expect(text.contains("1: A paper. Read in: these tests"))
    }
  }

  @Test(
    "A malformed file is one line with the place",
    arguments: [
      ("margin: 9", "margin: 0", "margin"), ("schema: armature.published-values/1", "schema: x/1", "schema"),
      ("    measure: testBound\n", "", "Table 1"), ("value: -122.5", "value: .nan", "Table 1"),
      ("sourceKind: primary", "sourceKind: hearsay", "sourceKind"),
    ])
  func malformed(part: String, replacement: String, place: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      file(differs: nil, steps: 4000).replacing(part, with: replacement), to: "values.yaml")
    #expect {
      _ = try PublishedValues.load(file: path)
    } throws: {
      let line = "\($0)"
      return line.hasPrefix("values.yaml: ") && line.contains(place) && !line.contains("\n")
    }
  }
}
