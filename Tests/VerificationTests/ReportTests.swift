import ExactExpectations
import Foundation
import GradientEstimators
import Testing

@testable import Verification

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Verdicts and their renderings")
struct ReportTests {
  /// A run with one sound estimator and one mutant; the mutant is caught by the exact checks whatever is drawn.
  private func result() async throws -> VerificationResult {
    let mutant = try #require(Mutant.all.first { $0.name == "disarm-without-half" })
    let settings = VerificationSettings(seed: TestSeed.value, draws: 4096)
    return try await Battery(problems: try Fixtures.problems(5), settings: settings).run(
      candidates: [
        Candidate(ARM()),
        Candidate(name: mutant.name, estimator: try #require(mutant.estimator), claim: DisARM()),
      ], progress: { _ in })
  }

  @Test("A failed mean names its coordinate, interval and e-value, in one line")
  func failure() async throws {
    let result = try await result()
    let verdict = try #require(result.failures.first { $0.check == .floatPath })
    let evidence = try #require(verdict.evidence)
    let interval = try #require(evidence.interval)
    #expect(evidence.coordinate != nil && interval.count == 2 && interval[0] < interval[1])
    #expect((evidence.largestLogEValue ?? 0) > 13.8 && (evidence.rejectedAt ?? 0) > 0)
    for word in ["coordinate", "confidence interval", "e-value", "draws"] {
      #expect(verdict.line.contains(word))
    }
    #expect(!verdict.line.contains("\n"))
    #expect(result.summary.hasPrefix("FAIL"))
  }

  @Test("The result survives JSON")
  func json() async throws {
    let result = try await result()
    let copy = try JSONDecoder().decode(VerificationResult.self, from: JSONEncoder().encode(result))
    #expect(
      copy.verdicts == result.verdicts && copy.budget == result.budget && copy.settings == result.settings)
  }

  @Test("The JUnit XML parses, with one case for each check and one failure for each failed one")
  func junit() async throws {
    let result = try await result()
    let counter = ElementCounter()
    let parser = XMLParser(data: Data(result.junitXML().utf8))
    parser.delegate = counter
    #expect(parser.parse())
    #expect(counter.counts["testcase"] == result.verdicts.count)
    #expect(counter.counts["failure"] == result.failures.count)
  }

  @Test("Markup and control characters in names are escaped in the XML")
  func escaping() async throws {
    let problem = try Problem(
      name: "a<b> & \"c\"\n", latent: .binary(logits: [0.2]), objective: .quadratic(target: 2))
    let result = try await Battery(problems: [problem], settings: VerificationSettings(draws: 64))
      .run(estimators: [ARM()])
    let parser = XMLParser(data: Data(result.junitXML().utf8))
    #expect(parser.parse())
  }

  @Test("The table has one aligned line for each estimator")
  func table() async throws {
    let result = try await result()
    let lines = result.table().split(separator: "\n")
    #expect(lines.count == 3 && Set(lines.map(\.count)).count == 1)
  }

  @Test(
    "Numbers are written with three digits",
    arguments: [(0.000123456, "1.23e-4"), (-99.96, "-1.00e2"), (5, "5.00e0")])
  func digits(number: Double, text: String) {
    #expect(threeDigits(number) == text)
  }
}

private final class ElementCounter: NSObject, XMLParserDelegate {
  var counts: [String: Int] = [:]

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    counts[name, default: 0] += 1
  }
}
