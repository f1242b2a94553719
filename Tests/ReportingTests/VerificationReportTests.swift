import ExactExpectations
import GradientEstimators
import Testing

@testable import Reporting
@testable import Verification

@Suite("The verification report")
struct VerificationReportTests {
  private func problems() throws -> [Problem] {
    [
      try Problem(
        name: "two | bits", latent: .binary(logits: [0.3, -1.2]),
        objective: .table(values: [1.9, -0.6, 0.4, 3.1]))
    ]
  }

  private func battery() throws -> Battery {
    Battery(problems: try problems(), settings: VerificationSettings(seed: 1, draws: 256))
  }

  private func mutants(_ reports: [MutationResult.Report]) -> MutationResult {
    MutationResult(settings: VerificationSettings(), mutants: reports)
  }

  private func report(
    name: String, fault: String, caughtBy: [CheckKind], bias: Double?, draws: Int?
  ) -> MutationResult.Report {
    MutationResult.Report(
      name: name, base: "arm", fault: fault, isCaught: !caughtBy.isEmpty, caughtBy: caughtBy,
      relativeBias: bias,
      draws: draws, drawsCheck: draws.map { _ in .floatPath }, drawsProblem: nil)
  }

  private var caught: [MutationResult.Report] {
    [
      report(
        name: "arm-sign", fault: "wrong | sign", caughtBy: [.exactUnbiasedness, .floatPath], bias: 2,
        draws: 73),
      report(
        name: "arm-epsilon", fault: "an epsilon", caughtBy: [.exactUnbiasedness], bias: 4.5e-6, draws: nil),
    ]
  }

  @Test("A battery that passes gives a report that holds, with every table (false alarms: at most 1e-6)")
  func passing() async throws {
    let folder = try TemporaryFolder()
    let estimators = [try EstimatorCatalogue.make("arm"), try EstimatorCatalogue.make("disarm")]
    let result = try await battery().run(estimators: estimators)
    let written = try VerificationReport(result: result, problems: problems(), mutants: mutants(caught))
      .write(context: fixedContext(output: folder.path, gnuplot: .find("gnuplot")))
    let text = try folder.text("verification.md")
    #expect(written.holds)
    #expect(written.verdict.hasPrefix("PASS: 2 estimators on 1 problems"))
    #expect(written.verdict.hasSuffix("."))
    for heading in ["Checks", "Exact biases", "Exact variances", "Mutants", "How the error budget was spent"]
    {
      #expect(text.contains("\n## \(heading)\n"))
    }
    #expect(!text.contains("## What failed"))
    #expect(text.contains("two \\| bits") && text.contains("wrong \\| sign"))
    #expect(text.contains("The smallest bias that must be caught is 4.50e-4 % of the gradient."))
    #expect(text.contains("By drawing alone, the smallest one caught is 200 %."))
    #expect(text.contains("float-path under philox"))
    #expect(folder.exists("figures/verification-mutants.dat"))
  }

  @Test("The exact variances in the table are those of exactMoments")
  func variances() throws {
    let table = try VarianceTable(
      estimators: ["arm", "unknown", "loorf:2"], problems: problems(), cells: ReportCells())
    #expect(table.columns.map(\.estimator) == ["arm", "loorf:2"])
    #expect(table.columns.map(\.evaluations) == [2, 2])
    let moments = try exactMoments(of: EstimatorCatalogue.make("arm"), on: problems()[0])
    #expect(table.columns[0].totals == [moments.variance.reduce(0, +)])
  }

  @Test("A failed check fails the report and is named in it")
  func failing() async throws {
    let folder = try TemporaryFolder()
    let result = try await battery().run(estimators: [try EstimatorCatalogue.make("arm")])
    let failure = Verdict(
      estimator: "arm", problem: "two | bits", check: .floatPath, detail: "philox", outcome: .failed,
      note: "coordinate 1: mean outside of its interval")
    let failed = VerificationResult(
      settings: result.settings, estimators: result.estimators, problems: result.problems,
      verdicts: result.verdicts + [failure], budget: result.budget)
    let written = try VerificationReport(result: failed, problems: problems())
      .write(context: fixedContext(output: folder.path))
    #expect(!written.holds)
    #expect(written.verdict.hasPrefix("FAIL:") && written.verdict.hasSuffix("No mutants were run."))
    let text = try folder.text("verification.md")
    #expect(text.contains("## What failed"))
    #expect(text.contains("coordinate 1: mean outside of its interval"))
  }

  @Test("A mutant that survives fails the report")
  func survivor() async throws {
    let folder = try TemporaryFolder()
    let result = try await battery().run(estimators: [try EstimatorCatalogue.make("arm")])
    let survivor = report(name: "arm-subtle", fault: "subtle", caughtBy: [], bias: 0.01, draws: nil)
    let written = try VerificationReport(
      result: result, problems: problems(), mutants: mutants(caught + [survivor])
    )
    .write(context: fixedContext(output: folder.path))
    #expect(!written.holds)
    #expect(written.verdict.contains("survivors: arm-subtle"))
    #expect(try folder.text("verification.md").contains("**not caught**"))
  }
}
