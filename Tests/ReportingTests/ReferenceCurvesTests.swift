import Foundation
import Testing

@testable import Reporting

@Suite("Reference curves")
struct ReferenceCurvesTests {
  static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Fixtures/Published/reference-curves-jax.yaml").standardizedFileURL.path

  @Test("The fixture has all 24 marks, with the two values missing in its source left empty")
  func fixture() throws {
    let reference = try ReferenceCurves.load(file: Self.fixture)
    let marks = reference.curves.flatMap(\.marks)
    #expect(marks.count == 24)
    #expect(marks.flatMap { $0.testBound + $0.training }.count { $0 == nil } == 2)
    let last = try #require(
      reference.mark(protocol: "mnist-static-nonlinear", estimator: "reinforce", steps: 50_000))
    #expect(last.testBound == [nil, 126.02])
    #expect(
      reference.agreement.allowed(for: "reinforce") == 2 && reference.agreement.allowed(for: "arm") == 1)
    #expect(reference.marks(of: "mnist-static-linear") == [10_000, 25_000, 50_000])
  }

  @Test("Every ordering that the fixture lists holds in the fixture itself")
  func orderings() throws {
    let reference = try ReferenceCurves.load(file: Self.fixture)
    for ordering in reference.orderings {
      for name in ordering.protocols {
        for steps in reference.marks(of: name) {
          let lower = try #require(reference.mark(protocol: name, estimator: ordering.lower, steps: steps))
          let higher = try #require(reference.mark(protocol: name, estimator: ordering.higher, steps: steps))
          let means = [lower, higher].map { SeedSummary($0.testBound.compactMap { $0 }).mean }
          #expect(means[0] < means[1])
        }
      }
    }
  }

  @Test(
    "A malformed file is one line that names file, place and what was expected",
    arguments: [
      ("schema: other\n", "reference.yaml: top level: expected the key "),
      ("a: [\n", "reference.yaml: "),
    ])
  func malformed(text: String, start: String) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(text, to: "reference.yaml")
    #expect {
      try ReferenceCurves.load(file: file)
    } throws: {
      "\($0)".hasPrefix(start) && !"\($0)".contains("\n")
    }
  }

  @Test("A mark with too few values is refused")
  func wrongLength() throws {
    let folder = try TemporaryFolder()
    let text = try String(contentsOfFile: Self.fixture, encoding: .utf8)
    let file = try folder.write(text.replacing("[137.02, 137.04]", with: "[137.02]"), to: "reference.yaml")
    #expect {
      try ReferenceCurves.load(file: file)
    } throws: {
      "\($0)".contains(
        "curves, mnist-static-linear, arm, steps 10000: expected one finite number or null for each of 2 seeds"
      )
    }
  }
}
