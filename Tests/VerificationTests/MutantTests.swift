import ExactExpectations
import GradientEstimators
import Testing

@testable import Verification

@Suite("Mutants")
struct MutantTests {
  /// Those that no exact check can see: their noise law is that of the sound sampler, or has too many nodes, and only drawing
  /// tells.
  static let seenByDrawingOnly: Set<String> = [
    "sampler-shifted-probability", "sampler-coarse-uniforms", "relax-score-averaging",
  ]

  @Test("Every mutant that an exact check can see is caught by one, on some of six small problems")
  func exact() async throws {
    let settings = VerificationSettings(seed: TestSeed.value, draws: 64)
    let relaxations = Set((Mutant.relaxations + Mutant.relaxedControls).map(\.name))
    var left = Mutant.all.filter {
      $0.layered == nil && !Self.seenByDrawingOnly.contains($0.name) && !relaxations.contains($0.name)
    }
    // Problem by problem: most are caught on the first of their kind.
    for problems in [(5, 11), (6, 18), (4, 12)] where !left.isEmpty {
      let battery = Battery(problems: try Fixtures.problems(problems.0, problems.1), settings: settings)
      let caught = Set(
        try await battery.runMutants(left).mutants
          .filter { mutant in mutant.caughtBy.contains { !$0.isRandom } }.map(\.name))
      left.removeAll { caught.contains($0.name) }
    }
    #expect(left.isEmpty, "\(left.map(\.name))")
  }

  @Test("Every mutant of a relaxation of bits is caught by an exact check, and the one of another race")
  func relaxations() async throws {
    let settings = VerificationSettings(seed: TestSeed.value, draws: 64)
    let categorical = Mutant.relaxations.filter { $0.estimator?.supports(.binary(1)) == false }
    let bits = Mutant.relaxations.filter { $0.estimator?.supports(.binary(1)) == true }
    #expect(bits.count == 12 && categorical.count == 2)
    // Three categories take seconds in a debug build: one mutant stands for both.
    for (problem, mutants) in [(15, bits), (17, Array(categorical.prefix(1)))] {
      let result = try await Battery(problems: try Fixtures.problems(problem), settings: settings)
        .runMutants(mutants)
      #expect(result.passed, "\(result.summary)")
      #expect(result.mutants.allSatisfy { mutant in mutant.caughtBy.contains { !$0.isRandom } })
    }
  }

  @Test("A wrong sampler is caught by drawing: uniform numbers of 8 bits where p = 0.005")
  func sampler() async throws {
    // p = 0.0078 in place of 0.005 gains 0.0028 nats for each draw of four: 166 +- 18 in all, where 27 suffice.
    let settings = VerificationSettings(seed: TestSeed.value, draws: 60_000)
    let mutants = Mutant.all.filter { $0.name == "sampler-coarse-uniforms" }
    let result = try await Battery(problems: try Fixtures.problems(3), settings: settings).runMutants(mutants)
    #expect(result.passed)
    #expect(result.mutants.first?.caughtBy.contains(.samplerLaw) == true)
    #expect((result.mutants.first?.draws ?? .max) <= 60_000)
  }

  @Test("Names are unique, and every mutant claims to be an estimator of the catalogue")
  func names() {
    #expect(Set(Mutant.all.map(\.name)).count == Mutant.all.count)
    for mutant in Mutant.all {
      #expect(throws: Never.self) {
        if mutant.layered == nil {
          _ = try EstimatorCatalogue.make(mutant.base)
        } else {
          _ = try EstimatorCatalogue.makeLayered(mutant.base)
        }
      }
    }
  }

  @Test("Every estimator of the catalogue has mutants")
  func coverage() {
    let bases = Set(
      Mutant.all.compactMap { mutant in
        EstimatorCatalogue.entry(named: String(mutant.base.prefix { $0 != "+" }))?.baseName
      })
    #expect(bases == Set(EstimatorCatalogue.entries.map(\.baseName)))
  }

  @Test("The facts of two mutants: the own value in the baseline leaves (n-1)/n; a missing half doubles")
  func knownBiases() async throws {
    let settings = VerificationSettings(seed: TestSeed.value, draws: 64)
    let names: Set = [
      "loorf-2-own-value-in-baseline", "loorf-4-own-value-in-baseline", "disarm-without-half",
    ]
    let result = try await Battery(problems: try Fixtures.problems(5), settings: settings)
      .runMutants(Mutant.all.filter { names.contains($0.name) })
    let biases = result.mutants.sorted { $0.name < $1.name }.compactMap(\.relativeBias)
    #expect(zip(biases, [1, 0.5, 0.25]).allSatisfy { ($0 - $1).magnitude < 1e-10 } && biases.count == 3)
  }

  @Test("A sound estimator among the mutants survives: catching is not a foregone conclusion")
  func survivor() async throws {
    let sound = Mutant("sound", base: "arm", fault: "none", ARM())
    let result = try await Battery(
      problems: try Fixtures.problems(5), settings: VerificationSettings(seed: TestSeed.value, draws: 512)
    ).runMutants([sound])
    #expect(!result.passed && result.survivors.map(\.name) == ["sound"])
    #expect(result.summary.hasPrefix("FAIL") && result.table().contains("NOT CAUGHT"))
  }
}
