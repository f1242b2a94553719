import ElementwiseKernels
import ExactExpectations
import Foundation
import GradientEstimators
import Testing

@testable import Reporting
@testable import Verification

/// A sound or faulty estimator with one thing changed.
private struct Altered<Base: GradientEstimator>: GradientEstimator {
  var base: Base
  /// What the gradient is multiplied by.
  var factor = 1.0
  /// Whether the noise law is withheld, so that moments must be sampled.
  var isOpaque = false
  /// Useless rounds of arithmetic at each combination.
  var uselessRounds = 0

  var name: String { base.name }
  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }
  func evaluations(variables: LatentVariables) -> Int { base.evaluations(variables: variables) }
  func noisePerRow(variables: LatentVariables) -> Int { base.noisePerRow(variables: variables) }

  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    isOpaque
      ? [
        NoiseBlock(
          indices: Array(0..<noisePerRow(variables: variables)), law: .notEnumerable(reason: "opaque"))
      ]
      : base.noiseLaw(logits: logits, variables: variables)
  }

  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let bounds = base.gradientBounds(
      objective: objective, logits: logits, variables: variables, coordinate: coordinate)
    return factor * bounds.lowerBound...factor * bounds.upperBound
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
    if factor != 1 {
      for i in 0..<gradient.count { gradient[i] *= Scalar(factor) }
    }
    if uselessRounds > 0 { gradient[0] += Scalar(spin(uselessRounds)) }
  }
}

/// Zero, after some work that no compiler can leave out.
@inline(never)
private func spin(_ rounds: Int) -> Double {
  var sum = Double(rounds)
  for _ in 0..<rounds { sum = sum.nextUp.nextDown }
  return sum - Double(rounds)
}

/// Recordings of few estimators on few problems, as a debug build can make them.
private enum Recordings {
  static let program = Baseline.Program(
    revision: "0123456789abcdef", recorded: "2026-01-02T03:04:05Z", processor: "Test CPU",
    architecture: "x86-64", kernelFamily: "armature-1", vectors: "avx2",
    compiler: "Swift 6.3", toolchain: "Swift version 6.3.1",
    optimised: true)

  /// Problems by the numbers of their files.
  static func problems(_ numbers: Int...) throws -> [Problem] {
    let all = try StandardProblems.load()
    return numbers.map { all[$0 - 1] }
  }

  static func record(
    _ estimators: [any GradientEstimator], on problems: [Problem], seed: UInt64 = 1,
    draws: Int = 4096
  ) async throws -> Baseline {
    var recording = BaselineRecording(estimators: estimators, problems: problems, program: program)
    recording.seed = seed
    recording.draws = draws
    recording.measuresCost = false
    return try await recording.run()
  }

  static func record(_ names: [String], on problems: [Problem], seed: UInt64 = 1) async throws -> Baseline {
    try await record(try names.map { try EstimatorCatalogue.make($0) }, on: problems, seed: seed)
  }

  static func compare(_ old: Baseline, _ new: Baseline) throws -> Comparison {
    try Comparison(baseline: old, file: "b.json", current: new)
  }

  static func freshSeed() -> UInt64 {
    ProcessInfo.processInfo.environment["ARMATURE_SEED"] == "entropy" ? .random(in: 0 ... .max) : 2
  }
}

@Suite("The gate for changes of estimators")
struct ComparisonTests {
  @Test("Untouched estimators are the same, whatever the seed")
  func untouched() async throws {
    let names = ["arm", "disarm", "loorf:2", "arms:3", "reinforce-ema", "carms-i:2", "ugc"]
    let problems = try Recordings.problems(1, 5, 12)
    let old = try await Recordings.record(names, on: problems)
    let new = try await Recordings.record(names, on: problems, seed: Recordings.freshSeed())
    let comparison = try Recordings.compare(old, new)
    #expect(comparison.holds && comparison.better.isEmpty, "\(comparison.summary)")
    #expect(comparison.names == names.sorted())
    #expect(comparison.findings.filter { $0.property == .bias }.allSatisfy { $0.outcome == .same })
    #expect(old.estimators == new.estimators)
  }

  @Test(
    "A planted sign, factor, normaliser or sampler is found, with the estimator and the property",
    arguments: [
      ("arm-sign", "arm", [Comparison.Property.bias, .goldenBits]),
      ("disarm-without-half", "disarm", [.bias, .variance, .goldenBits]),
      ("arms-4-over-n", "arms:4", [.bias, .goldenBits]),
      ("sampler-complement", "loorf:4", [.bias, .goldenBits]),
      ("sampler-first-rows-noise", "loorf:4", [.goldenBits]),
      ("disarm-not-integrated", "disarm", [.variance, .goldenBits]),
    ])
  func planted(mutant: String, estimator: String, properties: [Comparison.Property]) async throws {
    let problems = try Recordings.problems(5)
    let old = try await Recordings.record([estimator, "ugc"], on: problems)
    let faulty = try #require(Mutant.all.first { $0.name == mutant }?.estimator)
    let new = try await Recordings.record([faulty, UGC()], on: problems)
    let comparison = try Recordings.compare(old, new)
    #expect(!comparison.holds)
    #expect(Set(comparison.worse.map(\.estimator)) == [estimator])
    let found = Set(comparison.worse.map(\.property))
    #expect(Set(properties).isSubset(of: found), "\(comparison.summary)")
    #expect(
      comparison.summary.contains("\(estimator) (") && comparison.summary.contains(properties[0].rawValue))
  }

  /// Those whose mutants show on two small problems.
  private static let families: Set<String> = [
    "arm", "disarm", "disarm:2", "loorf:2", "loorf:4", "arms:2", "arms:4",
  ]

  @Test("Every mutant of ARM, DisARM, LOORF and ARMS is found; the one that has less variance as better")
  func allMutants() async throws {
    let problems = try Recordings.problems(5, 11)
    for (base, mutants) in Dictionary(
      grouping: Mutant.all.filter { Self.families.contains($0.base) }, by: \.base)
    {
      let old = try await Recordings.record([base], on: problems)
      for mutant in mutants {
        guard let estimator = mutant.estimator else { continue }
        let new = try await Recordings.record([estimator], on: problems)
        let comparison = try Recordings.compare(old, new)
        #expect(
          comparison.holds == (mutant.name == "arm-as-disarm"), "\(mutant.name): \(mutant.fault)")
        #expect(!comparison.holds || comparison.better.map(\.property) == [.variance])
      }
    }
  }

  @Test(
    "A planted slowdown of ten per cent is found in the counted instructions",
    .enabled(if: InstructionCounter.isAvailable))
  func slower() async throws {
    func counted(_ rounds: Int) throws -> Baseline.Instructions {
      var workload = CostWorkload(
        estimator: Altered(base: UGC(), uselessRounds: rounds), rows: 1, variables: 4)
      // What other tests make the runtime do on first use can only add to a count.
      let counts = (0..<6).compactMap { _ in workload.instructions() }
      return try #require(counts.min { $0.total < $1.total })
    }
    let (one, many) = (try counted(1), try counted(21))
    let perRound = Double(many.total - one.total) / 20
    var old = try await Recordings.record(["ugc"], on: try Recordings.problems(1))
    var new = old
    old.estimators[0].instructions = one
    new.estimators[0].instructions = try counted(1 + Int(0.1 * Double(one.total) / perRound))
    let comparison = try Recordings.compare(old, new)
    #expect(comparison.worse.map(\.property) == [.instructions], "\(comparison.summary)")
    #expect(comparison.worse.first?.estimator == "ugc")
  }

  @Test(
    "More than two per cent of the instructions are a change",
    arguments: [(0.985, 0), (1.015, 0), (1.03, 1), (0.97, -1)])
  func instructions(factor: Double, sign: Int) async throws {
    var old = try await Recordings.record(["disarm"], on: try Recordings.problems(1))
    var new = old
    old.estimators[0].instructions = .init(draw: 40_000, combine: 60_000)
    new.estimators[0].instructions = .init(draw: 40_000, combine: 60_000 + Int((factor - 1) * 100_000))
    let comparison = try Recordings.compare(old, new)
    #expect(comparison.worse.map(\.property) == (sign > 0 ? [.instructions] : []))
    #expect(comparison.better.map(\.property) == (sign < 0 ? [.instructions] : []))
  }

  @Test("Moments that cannot be integrated are sampled: no false alarm (at most 1e-6), a factor is found")
  func sampled() async throws {
    let problems = try Recordings.problems(5)
    let sound = Altered(base: LOORF(samples: 2), isOpaque: true)
    let old = try await Recordings.record([sound], on: problems, draws: 16_384)
    let new = try await Recordings.record([sound], on: problems, seed: Recordings.freshSeed(), draws: 16_384)
    #expect(old.estimators[0].records[0].exact == nil && old.estimators[0].records[0].sampled != nil)
    #expect(try Recordings.compare(old, new).holds)
    let exact = try await Recordings.record(["loorf:2"], on: problems)
    #expect(try Recordings.compare(exact, new).holds, "a noise law that is withheld is no change of the law")
    let doubled = Altered(base: LOORF(samples: 2), factor: 2, isOpaque: true)
    let wrong = try await Recordings.record(
      [doubled], on: problems, seed: Recordings.freshSeed(), draws: 16_384)
    let found = Set(try Recordings.compare(old, wrong).worse.map(\.property))
    #expect(found == [.bias, .variance, .goldenBits])
  }

  @Test("A shorter interval that excludes the gradient is a bias, but of an estimator whose bias is known")
  func shorterInterval() async throws {
    let sampled = Altered(base: LOORF(samples: 2), isOpaque: true)
    var old = try await Recordings.record([sampled], on: try Recordings.problems(5), draws: 1024)
    var new = old
    let gradient = old.estimators[0].records[0].gradient[0]
    old.estimators[0].records[0].sampled?.mean[0] = .init(gradient - 1...gradient + 1)
    new.estimators[0].records[0].sampled?.mean[0] = .init(gradient + 0.5...gradient + 0.6)
    #expect(try Recordings.compare(old, new).worse.map(\.property) == [.bias])
    old.estimators[0].declaredBias = "a relaxation"
    #expect(try Recordings.compare(old, new).holds)
    new.estimators[0].records[0].sampled?.mean[0] = .init(gradient + 1.1...gradient + 1.2)
    #expect(try Recordings.compare(old, new).worse.map(\.property) == [.bias])
  }

  @Test("An improvement may change bits; a change of bits alone is held against an estimator")
  func bits() async throws {
    let old = try await Recordings.record(["arm"], on: try Recordings.problems(5))
    var new = old
    new.estimators[0].records[0].golden.float = "0000000000000000"
    let changed = try Recordings.compare(old, new)
    #expect(changed.worse.map(\.property) == [.goldenBits])
    #expect(changed.worse.first?.detail.contains("Float") == true)
    new.estimators[0].records[0].exact?.variance[0] *= 0.9
    let better = try Recordings.compare(old, new)
    #expect(better.holds && better.better.map(\.property) == [.variance])
    new.estimators[0].records[0].evaluations += 1
    #expect(Set(try Recordings.compare(old, new).worse.map(\.property)) == [.evaluations, .goldenBits])
  }

  @Test("Rounding is no change; a relative change of 1e-10 is one")
  func rounding() async throws {
    let old = try await Recordings.record(["arm"], on: try Recordings.problems(5))
    var new = old
    new.estimators[0].records[0].exact?.variance[0] *= 1 + 1e-14
    new.estimators[0].records[0].exact?.mean[0] += 1e-15
    #expect(try Recordings.compare(old, new).holds)
    new.estimators[0].records[0].exact?.variance[0] *= 1 + 1e-10
    #expect(try Recordings.compare(old, new).worse.map(\.property) == [.variance])
    new = old
    new.estimators[0].records[0].exact?.mean[0] += 1e-10
    #expect(try Recordings.compare(old, new).worse.map(\.property) == [.bias])
  }

  @Test("An estimator that disappeared is held against the change, a new one is not")
  func presence() async throws {
    let problems = try Recordings.problems(5)
    let both = try await Recordings.record(["arm", "disarm"], on: problems)
    let one = try await Recordings.record(["arm"], on: problems)
    let disappeared = try Recordings.compare(both, one)
    #expect(disappeared.worse.map(\.estimator) == ["disarm"])
    #expect(disappeared.worse.first?.change == "disappeared")
    let appeared = try Recordings.compare(one, both)
    #expect(appeared.holds && appeared.finding("disarm", .presence)?.outcome == .new)
  }

  @Test("Instructions of another compiler, build or processor family are not judged")
  func otherCode() async throws {
    let old = try await Recordings.record(["arm"], on: try Recordings.problems(5))
    var new = old
    new.estimators[0].instructions = .init(draw: 1000, combine: 1000)
    var before = old
    before.estimators[0].instructions = .init(draw: 10, combine: 10)
    #expect(!(try Recordings.compare(before, new).holds))
    var elsewhere = before
    elsewhere.program.processor = "Another CPU"
    elsewhere.estimators[0].instructions = .init(draw: 10, combine: 1000)
    before.estimators[0].instructions = .init(draw: 10, combine: 950)
    #expect(!(try Recordings.compare(before, withProcessor("Test CPU", elsewhere)).holds))
    #expect(try Recordings.compare(before, elsewhere).holds, "5 % is no change on another processor")
    new.program.optimised = false
    let comparison = try Recordings.compare(before, new)
    #expect(comparison.holds && comparison.finding("arm", .instructions)?.outcome == .notJudged)
    #expect(comparison.markdown(baselineName: "b.json").contains("build debug against optimised"))
  }

  private func withProcessor(_ name: String, _ baseline: Baseline) -> Baseline {
    var changed = baseline
    changed.program.processor = name
    return changed
  }

  @Test("Markdown, JUnit and JSON name what got worse")
  func forms() async throws {
    let problems = try Recordings.problems(5)
    let old = try await Recordings.record(["arm", "disarm"], on: problems)
    let new = try await Recordings.record([ARM(), Altered(base: DisARM(), factor: 1.1)], on: problems)
    let comparison = try Recordings.compare(old, new)
    let text = comparison.markdown(baselineName: "b.json")
    #expect(
      text.contains("**FAIL: 2 estimators on 1 problems; worse: disarm (bias, variance, golden bits)**"))
    #expect(text.contains("armature baseline record --output b.json"))
    #expect(text.contains("0.100"), "the relative bias of a factor 1.1")
    let junit = comparison.junitXML()
    #expect(junit.contains("failures=\"3\"") && junit.contains("classname=\"disarm\" name=\"bias\""))
    let json = try JSONEncoder().encode(comparison.scriptSummary)
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(object["holds"] as? Bool == false && (object["findings"] as? [Any])?.isEmpty == false)
  }
}

@Suite("A baseline's file")
struct BaselineFileTests {
  private func baseline() async throws -> Baseline {
    let opaque = Altered(base: LOORF(samples: 2), isOpaque: true)
    return try await Recordings.record(
      [DisARM(), opaque], on: try Recordings.problems(5, 6), draws: 64)
  }

  @Test("A baseline is read as it was written, to the last bit, one line for each estimator and problem")
  func roundTrip() async throws {
    let folder = try TemporaryFolder()
    let written = try await baseline()
    try written.write(to: folder.file("b.json"))
    #expect(try Baseline.load(folder.file("b.json")) == written)
    let text = try folder.text("b.json")
    for record in written.estimators.flatMap(\.records) {
      #expect(
        text.split(separator: "\n").contains {
          $0.contains(record.golden.float) && $0.contains("\"problem\"")
        })
    }
    var moved = written
    moved.estimators[0].records[0].exact?.variance[0] *= 2
    try moved.write(to: folder.file("b.json"))
    let lines = zip(text.split(separator: "\n"), try folder.text("b.json").split(separator: "\n"))
    #expect(lines.filter { $0.0 != $0.1 }.count == 1, "the diff shows what moved and nothing else")
  }

  @Test("Files that are missing, malformed, newer or of other problems are refused in one line")
  func badFiles() async throws {
    let folder = try TemporaryFolder()
    let good = try await baseline()
    let text = try good.text()
    let cases: [(String, String)] = [
      ("", "JSON"), ("{", "JSON"), ("{\"schema\": \"armature.baseline/3\"}", "newer"),
      ("{\"schema\": \"armature.run/1\"}", "armature.baseline/2"),
      (text.replacing("\"falseAlarmRate\"", with: "\"rate\""), "falseAlarmRate"),
      (text.replacing("\"variance\":[", with: "\"variance\":[1,"), "one number for each"),
    ]
    for (content, part) in cases {
      try folder.write(content, to: "b.json")
      let error = #expect(throws: BaselineError.self) { try Baseline.load(folder.file("b.json")) }
      let line = try #require(error).description
      #expect(line.contains("b.json") && line.contains(part) && !line.contains("\n"), "\(line)")
    }
    #expect(throws: BaselineError.unreadable(file: folder.file("none.json"))) {
      try Baseline.load(folder.file("none.json"))
    }
    var other = good
    other.problems[0].sha256 = "0"
    #expect(throws: BaselineError.otherProblems(file: "b.json", problem: other.problems[0].name)) {
      try Comparison(baseline: good, file: "b.json", current: other)
    }
    #expect(throws: BaselineError.unknownEstimator(file: "b.json", name: "arm")) {
      try Comparison(baseline: good, file: "b.json", current: good, estimators: ["arm"])
    }
  }

  @Test("A file that is no baseline is not overwritten")
  func foreignFile() async throws {
    let folder = try TemporaryFolder()
    try folder.write("precious", to: "notes.json")
    let baseline = try await baseline()
    #expect(throws: BaselineError.notABaseline(file: folder.file("notes.json"))) {
      try baseline.write(to: folder.file("notes.json"))
    }
    #expect(try folder.text("notes.json") == "precious")
    #expect(throws: BaselineError.self) { try baseline.write(to: folder.file("missing/b.json")) }
  }
}
