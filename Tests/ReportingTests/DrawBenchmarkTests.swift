import Foundation
import GradientEstimators
import Testing

@testable import Reporting

@Suite("The benchmark of gradient draws")
struct DrawBenchmarkTests {
  @Test("Every estimator for one layer is timed, with two and with four samples where it takes any")
  func names() {
    let names = DrawBenchmark().names
    for entry in EstimatorCatalogue.entries where !entry.standardInstances.isEmpty {
      #expect(
        names.contains { EstimatorCatalogue.entry(named: $0)?.pattern == entry.pattern }, "\(entry.pattern)")
    }
    #expect(Set(names).count == names.count)
    #expect(
      ["disarm", "disarm:2", "loorf:2", "loorf:4", "arms:4", "local-arms:2,2"].allSatisfy(names.contains))
  }

  @Test(
    "Entries into the allocator are counted, and nothing else is",
    .enabled(if: InstructionCounter.isAvailable))
  func allocations() {
    func allocations(_ body: () -> Void) -> Int {
      InstructionCounter.exclusively {
        InstructionCounter.start()
        body()
        _ = InstructionCounter.stop()
        return InstructionCounter.allocations
      }
    }
    final class Block {}
    var kept: [Block] = []
    kept.reserveCapacity(16)
    var sum = 0.0
    for _ in 0..<2 {
      #expect(allocations { sum = (sum + 1).squareRoot() } == 0)
    }
    _ = Block()
    for count in 1...3 {
      #expect(allocations { for _ in 0..<count { kept.append(Block()) } } == count)
    }
    #expect(sum > 0 && kept.count == 6)
  }

  @Test("Rates are positive and in order, and the report sets them beside other tools")
  func report() throws {
    var benchmark = DrawBenchmark()
    benchmark.sizes = [8]
    benchmark.rounds = 2
    benchmark.seconds = 0.001
    benchmark.countsAllocations = false
    let measured = try benchmark.run(names: ["disarm", "carms-i:2", "st"])
    #expect(measured.draws.map(\.estimator) == ["disarm", "carms-i:2", "st"])
    #expect(measured.draws.map(\.evaluations) == [2, 2, 1] && measured.draws[1].categories == 10)
    #expect(measured.draws.allSatisfy { 0 < $0.slowest && $0.slowest <= $0.fastest && $0.rows >= 8 })
    let folder = try TemporaryFolder()
    _ = try DrawBenchmarkReport(measured).write(context: fixedContext(output: folder.path), training: nil)
    let text = try folder.text("benchmarks.md")
    #expect(text.contains("`carms-i:2`") && text.contains("NumPy") && text.contains("JAX"))
    #expect(text.contains("figures/benchmarks-draws"))
  }

  @Test(
    "The figure has a row for each estimator, the first on top, and the other tools' figures in the same rows"
  )
  func figure() throws {
    func draw(_ name: String, _ rate: Double) -> DrawMeasurements.Draw {
      .init(
        estimator: name, variables: 8, categories: nil, evaluations: 2, rows: 8, drawsPerSecond: rate,
        slowest: rate, fastest: rate, allocations: nil)
    }
    let report = DrawBenchmarkReport(
      DrawMeasurements(
        draws: [draw("arm", 10), draw("disarm", 20)],
        batch: .init(
          estimator: "carms-i:3", variables: 20, categories: 10, rows: 50, milliseconds: 1, limit: 2,
          allocations: nil)))
    let peers = try PeerThroughput.load()
    let panel = try #require(report.rateFigure(beside: peers)).panels[0]
    #expect(panel.y.names == ["disarm", "arm"])
    #expect(panel.series[0].points.map(\.y) == [1, 0] && panel.series[0].points.map(\.x) == [10, 20])
    let others = peers.rows.filter { $0.variables == 8 && $0.estimator == "disarm" }.map(\.drawsPerSecond)
    #expect(!others.isEmpty && panel.series[1].points.filter { $0.y == 0 }.map(\.x) == others)
  }

  @Test("A batch that is too slow, and a draw that allocates, fail the benchmark and are named")
  func verdicts() {
    func measured(_ milliseconds: Double, allocations: Int?) -> DrawBenchmarkReport {
      let counted = allocations.map { DrawMeasurements.Allocations(draw: $0, batch: 7) }
      return DrawBenchmarkReport(
        DrawMeasurements(
          draws: [
            .init(
              estimator: "arm", variables: 8, categories: nil, evaluations: 2, rows: 8, drawsPerSecond: 1,
              slowest: 1, fastest: 1, allocations: counted)
          ],
          batch: .init(
            estimator: "carms-i:3", variables: 20, categories: 10, rows: 50, milliseconds: milliseconds,
            limit: 2, allocations: .init(draw: 0, batch: 0))))
    }
    #expect(measured(1.9, allocations: 0).holds && measured(1.9, allocations: 0).verdict.hasPrefix("PASS"))
    #expect(!measured(2.1, allocations: 0).holds && measured(2.1, allocations: 0).verdict.hasPrefix("FAIL"))
    let leaking = measured(1, allocations: 3)
    #expect(!leaking.holds && leaking.verdict.contains("these allocate memory: arm, D = 8"))
    #expect(measured(1, allocations: nil).verdict.contains("cannot be counted here"))
  }
}
