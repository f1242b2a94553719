internal import Datasets
package import ExactExpectations
internal import Foundation
package import GradientEstimators

/// Records what estimators do: exact moments, cost and golden bits on the standard problems.
///
/// Where the noise of an estimator cannot be integrated, its moments are sampled: with probability at least 1 -
/// `falseAlarmRate` none of the recorded intervals misses.
package struct BaselineRecording: Sendable {
  /// Half of 1e-6: a comparison holds one recording against another.
  package static let standardFalseAlarmRate = 5e-7

  package let estimators: [any GradientEstimator]
  package let problems: [Problem]
  package let program: Baseline.Program
  /// Of the sampled moments only; all else is the same for every seed.
  package var seed: UInt64 = 1
  package var draws = 65_536
  package var falseAlarmRate = Self.standardFalseAlarmRate
  /// Whether instructions are counted and times taken; in a debug build neither means anything.
  package var measuresCost: Bool

  package init(
    estimators: [any GradientEstimator] = EstimatorCatalogue.standardInstances, problems: [Problem],
    program: Baseline.Program
  ) {
    self.estimators = estimators
    self.problems = problems
    self.program = program
    measuresCost = program.optimised
  }

  /// Records all estimators; the moments on all cores, the cost on one.
  ///
  /// - Throws: `BaselineError.unbounded` for an estimator that can be neither integrated nor sampled.
  /// - Complexity: that of the exact moments, plus the counted instructions.
  package func run(
    progress: @Sendable (Double) -> Void = { _ in }
  ) async throws -> Baseline {
    let items = estimators.flatMap { estimator in
      problems.filter { estimator.supports($0.latentVariables) }
        .flatMap { Item.items(estimator: estimator, problem: $0) }
    }
    let exact = await Self.inOrder(items) { progress(0.9 * $0) }
    let sequences = zip(items, exact).reduce(0) { count, pair in
      pair.1.exact == nil ? count + 2 * pair.1.gradient.count : count
    }
    var records: [String: [Baseline.Record]] = [:]
    for (item, found) in zip(items, exact) {
      var record = found
      if record.exact == nil && !record.gradient.isEmpty {
        record.sampled = try SampledMoments(
          estimator: item.estimator, problem: item.problem, gradient: record.gradient, seed: seed,
          draws: draws, falseAlarmRate: falseAlarmRate / Double(sequences)
        ).intervals()
      }
      records[item.name, default: []].append(record)
    }
    return baseline(records: records, progress: progress)
  }

  private func baseline(
    records: [String: [Baseline.Record]], progress: @Sendable (Double) -> Void
  ) -> Baseline {
    let sorted = estimators.sorted { $0.name < $1.name }
    var recorded: [Baseline.Estimator] = []
    var timing: [Baseline.Timing] = []
    for (place, estimator) in sorted.enumerated() {
      recorded.append(
        Baseline.Estimator(
          name: estimator.name, declaredBias: estimator.bias,
          instructions: measuresCost ? Self.instructions(of: estimator) : nil,
          records: records[estimator.name] ?? []))
      if measuresCost { timing.append(Self.timing(of: estimator)) }
      progress(0.9 + 0.1 * Double(place + 1) / Double(sorted.count))
    }
    return Baseline(
      program: program, problems: problems.map { Baseline.ProblemEntry($0) }, falseAlarmRate: falseAlarmRate,
      estimators: recorded, timing: timing)
  }

  private static func instructions(of estimator: any GradientEstimator) -> Baseline.Instructions? {
    var workload = CostWorkload(estimator: estimator, rows: 2, variables: 8)
    return workload.instructions()
  }

  private static func timing(of estimator: any GradientEstimator) -> Baseline.Timing {
    var workload = CostWorkload(estimator: estimator, rows: 64, variables: 32)
    return Baseline.Timing(
      estimator: estimator.name, nanosecondsPerDraw: twoDigits(workload.nanosecondsPerRow(rounds: 20)))
  }

  /// A time with the digits that mean something.
  private static func twoDigits(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return value }
    let unit = pow(10, log10(value).rounded(.down) - 1)
    return (value / unit).rounded() * unit
  }

  /// The records of the items in their order, computed on all cores.
  private static func inOrder(
    _ items: [Item], progress: @Sendable (Double) -> Void
  ) async -> [Baseline.Record] {
    await withTaskGroup(of: (Int, Baseline.Record).self) { group in
      var waiting = items.enumerated().makeIterator()
      func startNext() {
        guard let (index, item) = waiting.next() else { return }
        group.addTask { (index, item.record()) }
      }
      for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { startNext() }
      var records = [Baseline.Record?](repeating: nil, count: items.count)
      var finished = 0
      for await (index, record) in group {
        startNext()
        records[index] = record
        finished += 1
        progress(Double(finished) / Double(items.count))
      }
      return records.compactMap(\.self)
    }
  }
}

/// One estimator on one problem in one state: a unit of parallel work.
private struct Item: Sendable {
  let name: String
  let estimator: any GradientEstimator
  let problem: Problem
  let state: String

  /// The initial state and, for an estimator that learns, the state after an observed step.
  static func items(estimator: any GradientEstimator, problem: Problem) -> [Item] {
    let observed = GoldenBits.observing(estimator, on: problem)
    let initial = Item(name: estimator.name, estimator: estimator, problem: problem, state: "initial")
    guard observed.state != estimator.state else { return [initial] }
    return [initial, Item(name: estimator.name, estimator: observed, problem: problem, state: "observed")]
  }

  /// What can be known without sampling.
  func record() -> Baseline.Record {
    let range = problem.evaluated(for: estimator.target).objectiveRange
    var record = Baseline.Record(
      problem: problem.name, state: state,
      evaluations: estimator.evaluations(variables: problem.latentVariables), gradient: [],
      size: max(range.lowerBound.magnitude, range.upperBound.magnitude),
      golden: GoldenBits.digests(of: estimator, on: problem))
    do throws(ExactExpectationError) {
      record.gradient = try exactGradient(of: problem, for: estimator)
      let moments = try exactMoments(of: estimator, on: problem)
      record.exact = Baseline.Exact(mean: moments.mean, variance: moments.variance)
    } catch {
      record.note = error.description
    }
    return record
  }
}

extension Baseline.ProblemEntry {
  package init(_ problem: Problem) {
    self.init(name: problem.name, sha256: Self.checksum(of: problem))
  }

  /// Of the problem's JSON with sorted keys, so that the layout of its file does not count.
  private static func checksum(of problem: Problem) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(problem) else {
      preconditionFailure("a problem of finite numbers is JSON")
    }
    return SHA256Stream.digest(of: [UInt8](data))
  }
}

extension Baseline.Program {
  /// This program, on this machine.
  package static func current(context: ReportContext) -> Baseline.Program {
    let revision =
      switch context.revision {
      case .known(let commit, let modified): commit + (modified ? ", modified" : "")
      case .unknown(let reason): "unknown: \(reason)"
      }
    return Baseline.Program(
      revision: revision, recorded: context.started, processor: context.host.processor,
      architecture: context.host.architecture, kernelFamily: context.software.kernelFamily,
      vectors: context.software.vectors,
      compiler: context.software.compiler, toolchain: context.software.toolchain, optimised: isOptimised)
  }

  private static var isOptimised: Bool {
    var optimised = true
    // An assertion's condition is evaluated in builds without optimisation only.
    assert({ optimised = false }() == ())
    return optimised
  }

  /// Why the two programs' instructions cannot be compared, or nil where they can.
  func differenceInCode(from other: Baseline.Program) -> String? {
    guard optimised || other.optimised else { return "debug builds" }
    let facts: [(String, String, String)] = [
      ("architecture", architecture, other.architecture),
      ("kernels", kernelFamily, other.kernelFamily),
      ("vectors", vectors, other.vectors),
      ("compiler", compiler, other.compiler),
      ("build", optimised ? "optimised" : "debug", other.optimised ? "optimised" : "debug"),
      ("toolchain", toolchain, other.toolchain),
    ]
    return facts.first { $0.1 != $0.2 }.map { "\($0.0) \($0.1) against \($0.2)" }
  }
}
