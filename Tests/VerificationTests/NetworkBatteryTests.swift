import ExactExpectations
import GradientEstimators
import Testing

@testable import Verification

/// False-alarm probability of each run: 1e-6.
@Suite("Battery on networks")
struct NetworkBatteryTests {
  private let settings = VerificationSettings(seed: TestSeed.value, draws: 2048, generators: [.philox])

  /// Small enough for every exact check in a debug build: two layers of different widths, states -1 and +1.
  private func smallNetwork() throws -> NetworkProblem {
    try NetworkProblem(
      name: "2 and 1 units",
      network: StochasticBinaryNetwork(
        layers: [
          .init(weights: [[0.8], [-1.3]], biases: [0.4, 0.2]), .init(weights: [[1.2, -0.7]], biases: [0.3]),
        ], states: .plusMinusOne),
      head: .table(values: [1.7, -0.4]), point: NetworkPoint(input: [0.6]))
  }

  private func fixtures(_ names: String...) throws -> [NetworkProblem] {
    try NetworkProblem.loadAll(in: Fixtures.folder).filter { names.contains($0.name) }
  }

  @Test("Every estimator of networks passes all checks")
  func pass() async throws {
    let result = try await Battery(
      problems: [], networks: try fixtures("network of one layer") + [smallNetwork()], settings: settings
    ).run(estimators: [])
    #expect(result.passed, "\(result.failures.map(\.line))")
    // Smooth noise of three units has too many nodes; with one unit it is integrated, in the next tests.
    #expect(result.skipped.allSatisfy { ["gumbel:0.5", "st-gumbel:0.5"].contains($0.estimator) })
    #expect((result.largestRelativeBias ?? 1) < 1e-12)
    #expect(result.estimators == EstimatorCatalogue.standardLayeredInstances.map(\.name))
    let kinds = Set(result.verdicts.map(\.check))
    #expect(kinds == [.exactUnbiasedness, .exactMean, .exactVariance, .pathwiseIdentity, .floatPath])
  }

  @Test("Concrete and mean field have the exact means of the relaxed network, and their mutants do not")
  func relaxed() async throws {
    func network(_ layers: [StochasticBinaryNetwork.Layer]) throws -> NetworkProblem {
      try NetworkProblem(
        name: "\(layers.count) layers of one unit",
        network: StochasticBinaryNetwork(layers: layers, states: .plusMinusOne),
        head: .quadratic(target: 0.3), point: NetworkPoint(input: [0.6]))
    }
    let first = StochasticBinaryNetwork.Layer(weights: [[1.4]], biases: [0.4])
    let single = try network([first])
    let result = try await Battery(problems: [], networks: [single], settings: settings)
      .run(
        estimators: [], layered: [DeepConcrete(temperature: 0.5), DeepConcrete(temperature: 1), MeanField()])
    #expect(result.passed && result.skipped.isEmpty, "\(result.failures.map(\.line))")
    #expect(
      result.verdicts.filter { $0.check == .exactMean && $0.detail == "independent formula" }.count == 3)
    let pair = try network([first, .init(weights: [[-0.9]], biases: [0.2])])
    for mutant in Mutant.relaxedNetworks {
      let candidate = NetworkCandidate(
        name: mutant.name, estimator: try #require(mutant.layered),
        claim: try EstimatorCatalogue.makeLayered(mutant.base))
      let isSeen = NetworkIdentity.verdicts(candidate, pair).contains(where: \.failed)
      // Another estimator's noise has another layout: only its mean tells.
      #expect(isSeen == (mutant.name != "tanh-sampled"), "\(mutant.name)")
    }
    let sampled = NetworkExactChecks(
      candidate: NetworkCandidate(
        name: "tanh-sampled", estimator: DeepStraightThrough(), claim: MeanField()), problem: pair)
    #expect(sampled.verdicts.contains { $0.check == .exactMean && $0.failed })
  }

  @Test(
    "Straight-through Gumbel-softmax has its exact mean and follows its definition; planted faults do not")
  func straightThroughGumbel() async throws {
    let (estimator, small) = (DeepStraightThroughGumbel(temperature: 0.5), try smallNetwork())
    let single = try NetworkProblem(
      name: "one unit",
      network: StochasticBinaryNetwork(
        layers: [.init(weights: [[1.4]], biases: [0.4])], states: .plusMinusOne),
      head: .quadratic(target: 0.3), point: NetworkPoint(input: [0.6]))
    let result = try await Battery(problems: [], networks: [single, small], settings: settings)
      .run(estimators: [], layered: [estimator])
    #expect(result.passed, "\(result.failures.map(\.line))")
    // Three units have too many nodes; drawing is then held against the formula's mean.
    #expect(result.skipped.map(\.problem) == [small.name])
    #expect(result.verdicts.filter { $0.check == .exactMean }.map(\.detail) == ["independent formula"])
    #expect(result.verdicts.filter { $0.check == .floatPath && $0.passed }.count == 2)
    for mutant in Mutant.straightThroughNetworks {
      let candidate = NetworkCandidate(
        name: mutant.name, estimator: try #require(mutant.layered), claim: estimator)
      let isSeen = NetworkIdentity.verdicts(candidate, small).contains(where: \.failed)
      #expect(isSeen, "\(mutant.name)")
    }
    let wrong = NetworkCandidate(
      name: "faulty", estimator: FaultyBackpropagation(base: estimator, fault: .factor(1.0001)),
      claim: estimator)
    let exact = NetworkExactChecks(candidate: wrong, problem: single).verdicts
    #expect(exact.contains { $0.check == .exactMean && $0.failed })
  }

  @Test("PSA and deep straight-through follow their definitions in three layers and with an output layer")
  func biased() async throws {
    let networks = try fixtures(
      "network of 2, 2 and 2 units", "network of 2 and 2 units with an output layer")
    let result = try await Battery(problems: [], networks: networks, settings: settings)
      .run(estimators: [], layered: [PSA(), DeepStraightThrough()])
    #expect(networks.count == 2 && result.passed, "\(result.failures.map(\.line))")
  }

  @Test("Every mutant of an estimator of networks is caught by an exact check")
  func mutants() async throws {
    let (small, square, output) = (
      try smallNetwork(), try fixtures("network of 2 and 2 units"),
      try fixtures("network of 2 and 2 units with an output layer")
    )
    let (wide, narrow) = (Mutant.sampleAnalytic + Mutant.deepStraightThrough, Mutant.branching)
    for (mutants, networks) in [(wide, square + output), (narrow, [small])] {
      let result = try await Battery(problems: [], networks: networks, settings: settings).runMutants(mutants)
      #expect(result.passed, "\(result.summary)")
      #expect(result.mutants.count == mutants.count)
      #expect(result.mutants.allSatisfy { mutant in mutant.caughtBy.contains { !$0.isRandom } })
    }
  }

  @Test("The float path alone catches a wrong sign and a copied continuation")
  func drawing() async throws {
    let names: Set = ["psa-start-sign", "arm-network-copied-continuation", "arm-network-sign"]
    var settings = settings
    settings.draws = 65_536
    let result = try await Battery(problems: [], networks: [smallNetwork()], settings: settings)
      .runMutants(Mutant.all.filter { names.contains($0.name) })
    #expect(result.mutants.count == 3 && result.mutants.allSatisfy { $0.caughtBy.contains(.floatPath) })
  }

  @Test("A sound estimator among the mutants survives")
  func survivor() async throws {
    let sound = Mutant("sound", base: "disarm", fault: "none", layered: LayeredBranching(DisARM()))
    let result = try await Battery(problems: [], networks: [smallNetwork()], settings: settings)
      .runMutants([sound])
    #expect(result.survivors.map(\.name) == ["sound"])
  }

  @Test("A battery without networks leaves their mutants out; names of estimators are not repeated")
  func mixture() async throws {
    let chosen = Mutant.all.filter { ["psa-start-sign", "arm-sign"].contains($0.name) }
    let result = try await Battery(problems: try Fixtures.problems(5), settings: settings).runMutants(chosen)
    #expect(result.mutants.map(\.name) == ["arm-sign"])
    let both = try await Battery(
      problems: try Fixtures.problems(5), networks: [smallNetwork()], settings: settings
    ).run(estimators: [ARM()], layered: [LayeredBranching(ARM()), PSA()])
    #expect(both.estimators == ["arm", "psa"] && both.problems.count == 2 && both.passed)
  }
}
