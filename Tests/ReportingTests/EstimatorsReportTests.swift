import ExactExpectations
import Foundation
import GradientEstimators
import Testing
import Verification

@testable import Reporting

@Suite("The report of the catalogue")
struct EstimatorsReportTests {
  /// Estimators of every kind, on one small problem of each kind.
  private static let names = ["arm", "loorf", "vimco", "st", "arsm", "psa"]

  private static let descriptions = Result {
    let problems = try StandardProblems.load()
    return try EstimatorDescription.all(
      of: names.compactMap { EstimatorCatalogue.entry(named: $0) }, problems: [problems[1], problems[10]],
      networks: try StandardProblems.loadNetworks().filter { $0.name == "network of one layer" })
  }

  @Test("Each estimator has a source, a check of its mean and a mutant; a biased one says why")
  func complete() throws {
    let descriptions = try Self.descriptions.get()
    #expect(descriptions.count == Self.names.count)
    for description in descriptions {
      let kinds = description.checks.filter { $0.problems > 0 }.map(\.kind)
      #expect(!description.citations.isEmpty && !description.evaluations.isEmpty, "\(description.name)")
      #expect(description.isUnbiased == (description.bias == nil), "\(description.name)")
      #expect(
        kinds.contains(description.isUnbiased ? .exactUnbiasedness : .exactMean), "\(description.name)")
      #expect(kinds.contains(.floatPath) && kinds.contains(.pathwiseIdentity), "\(description.name)")
      #expect(!description.mutants.isEmpty, "\(description.name)")
    }
  }

  @Test(
    "Uniform numbers of a row are a formula in the variables and their categories",
    arguments: [
      ("arm", "D"), ("loorf:3", "3 D"), ("bitflip-1", "D + 1"), ("carms-i:2", "3 D"),
      ("disarm-iw", "(C - 1) D"),
      ("carms-g:2", "2 C D"), ("arsm", "C D"), ("rebar", "2 D"), ("gumbel:1", "D; with C categories C D"),
    ])
  func noise(name: String, formula: String) throws {
    #expect(NoiseCount.text(try EstimatorCatalogue.make(name), layered: nil) == formula)
  }

  @Test("Networks and bounds are named in the setting")
  func settings() throws {
    let descriptions = try Self.descriptions.get()
    func setting(_ name: String) -> String? { descriptions.first { $0.name == name }?.setting }
    #expect(setting("psa") == "binary, in networks")
    #expect(setting("vimco:K")?.hasSuffix("K-sample bound") == true)
    #expect(setting("arm") == "binary; networks of binary layers")
    #expect(setting("loorf:N") == "binary and categorical; networks of binary and categorical layers")
    #expect(setting("arsm") == "categorical; networks of categorical layers")
    #expect(descriptions.first { $0.name == "psa" }?.noisePerRow == "1 for each unit")
  }

  @Test("The figure has a point for each check of the table, and one where there are mutants")
  func figure() throws {
    let report = EstimatorsReport(try Self.descriptions.get())
    let panel = try #require(report.checkFigure).panels[0]
    #expect(panel.y.names == report.descriptions.reversed().map(\.name))
    #expect(panel.x.names == report.checkKinds.map(\.rawValue) + ["mutants"])
    for description in report.descriptions {
      let row = try #require(panel.y.names.firstIndex(of: description.name))
      let found = panel.series.flatMap(\.points).filter { $0.y == Double(row) }.map {
        panel.x.names[Int($0.x)]
      }
      let kinds = description.checks.filter { $0.problems > 0 }.map(\.kind.rawValue)
      #expect(Set(found) == Set(kinds).union(description.mutants.isEmpty ? [] : ["mutants"]))
      #expect(found.count == Set(found).count)
    }
  }

  @Test("The report has each estimator's facts and counts, and its lock every count")
  func report() throws {
    let folder = try TemporaryFolder()
    let written = try EstimatorsReport(try Self.descriptions.get()).write(
      context: fixedContext(output: folder.path))
    let text = try folder.text("estimators.md")
    for pattern in ["arm", "loorf:N", "vimco:K", "st", "arsm", "psa"] {
      #expect(text.contains("`\(pattern)`"), "\(pattern)")
    }
    #expect(written.verdict.hasPrefix("6 estimators, 4 unbiased and 2 biased"))
    #expect(text.contains("exact-variance on 2 problems: independent formula"))
    let lock = try ReportLock.load(report: written.file).lock
    #expect(lock.recipe == .estimators)
    #expect(lock.cells.contains { $0.name == "checks/arm/exact-variance" && $0.value == "2" })
  }
}
