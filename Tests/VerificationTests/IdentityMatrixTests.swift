import ExactExpectations
import GradientEstimators
import Testing

@testable import Verification

@Suite("The identity matrix: equalities between estimators, draw by draw, on shared noise")
struct IdentityMatrixTests {
  /// An estimator by its name, a problem of the fixtures, and the identity that the battery holds it to there.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let problem: Int
    let identity: String

    init(_ name: String, _ problem: Int, _ identity: String) {
      (self.name, self.problem, self.identity) = (name, problem, identity)
    }

    var testDescription: String { "\(name) on problem \(problem): \(identity)" }
  }

  static let rows = [
    Row("reinforce", 5, "reinforce = E[ar | z]"),
    Row("ar", 5, "E[ar | z] = reinforce"),
    Row("arm", 8, "arm = 1/2 (ar at u + ar at 1 - u)"),
    Row("arm", 5, "E[arm | z1, z2] = disarm"),
    Row("disarm", 8, "disarm = E[arm | z1, z2]"),
    Row("u2g", 5, "disarm = E[arm | z1, z2]"),
    Row("disarm:2", 5, "disarm:n = the average of n disarm"),
    Row("arms:2", 8, "arms:2 = disarm"),
    Row("arms:3", 6, "the leave-one-out form over 1 - rho, written out"),
    Row("loorf:3", 5, "the leave-one-out form, written out"),
    Row("loorf:3", 13, "the leave-one-out form, written out"),
    Row("leg", 2, "with one variable, the exact gradient"),
    Row("bitflip-1", 8, "bitflip-1 = D leg on one variable"),
    Row("ugc", 7, "ugc = bitflip-1 where rare, else disarm"),
    Row("reinforce-ema", 5, "reinforce at the first step"),
    Row("nvil", 5, "reinforce at the first step"),
    Row("rebar", 5, "reinforce with eta = 0"),
    Row("relax", 5, "reinforce with eta = 0 and r = 0"),
    Row("relax", 5, "rebar with r = 0"),
    Row("double-cv:3", 5, "loorf with alpha = 0"),
    Row("rodeo:3", 5, "loorf with coefficients 0"),
    Row("muprop", 2, "the exact gradient where f is affine"),
    Row("st", 8, "st = leg on a multilinear f"),
    Row("st", 13, "local expectations on a multilinear f, written out"),
    Row("gumbel:0.5", 2, "gumbel = st-gumbel where f is affine"),
    Row("ars", 11, "the mean over reference categories is arsm"),
    Row("arsm", 18, "with two categories, arm"),
    Row("carms-i:2", 18, "with two categories, the rarer first, arms:2"),
    Row("carms-i:3", 18, "with two categories, the rarer first, arms:3"),
    Row("carms-i:3", 13, "the pair form, written out"),
    Row("carms-sb:2", 18, "with two categories, arms:2"),
    Row("carms-sb:3", 18, "with two categories, arms:3"),
    Row("carms-sb:3", 13, "the pair form, written out"),
    Row("disarm-iw", 18, "with two categories, disarm"),
    Row("disarm-sb", 18, "with two categories, disarm"),
    Row("disarm-tree", 18, "with two categories, disarm"),
  ]

  private func verdicts(of candidate: Candidate, _ problem: Problem) -> [Verdict] {
    PathwiseIdentity.verdicts(candidate, problem)
  }

  @Test("Each row holds for the catalogue's estimator, as a check of the battery", arguments: rows)
  func holds(row: Row) throws {
    let candidate = Candidate(try EstimatorCatalogue.make(row.name))
    let found = verdicts(of: candidate, try Fixtures.problems(row.problem)[0])
      .filter { $0.detail == row.identity }
    #expect(found.count == 1 && found.allSatisfy(\.passed), "\(found.map(\.line))")
  }

  @Test("Each row can fail: it does for the estimator times 2", arguments: rows)
  func canFail(row: Row) throws {
    let problem = try Fixtures.problems(row.problem)[0]
    let claim = try EstimatorCatalogue.make(row.name)
    let fault = Candidate(name: "fault", estimator: doubled(claim), claim: claim)
    #expect(verdicts(of: fault, problem).contains { $0.detail == row.identity && $0.failed })
  }

  private func doubled(_ estimator: any GradientEstimator) -> any GradientEstimator {
    func opened(_ base: some GradientEstimator) -> any GradientEstimator {
      ScaledMutant(base: base, factor: 2)
    }
    func opened(_ base: some DifferentiableGradientEstimator) -> any GradientEstimator {
      Scaled(base) { _ in 2 }
    }
    if let differentiable = estimator as? any DifferentiableGradientEstimator {
      return opened(differentiable)
    }
    return opened(estimator)
  }

  /// Estimators whose gradient a constant added to f changes, and why.
  static let shifted = [
    "reinforce": "f itself multiplies the score", "ar": "f itself multiplies 1 - 2u",
    "reinforce-ema": "the running mean does not know the constant yet",
    "nvil": "the baselines do not know the constant yet",
    "rebar": "f(b) - eta f(Z~) keeps 1 - eta of it, and a learnt eta is not 1", "relax": "as in rebar",
  ]

  @Test(
    "Every estimator of the catalogue is held to the properties that it has, and lacks those it is excused from"
  )
  func properties() throws {
    for problem in try Fixtures.problems(5, 14) {
      for estimator in EstimatorCatalogue.standardInstances(supporting: problem.latentVariables) {
        let candidate = Candidate(estimator)
        let held = Set(verdicts(of: candidate, problem).filter(\.passed).map(\.detail))
        let isExcused = Self.shifted[candidate.claimedName ?? ""] != nil
        #expect(held.contains("unchanged by f + constant") == !isExcused, "\(estimator.name)")
        // A bound is no linear function of f.
        #expect(held.contains("linear in f") == (estimator.target == .expectation), "\(estimator.name)")
        #expect(
          held.contains("the gradients of a variable sum to 0") == !problem.latentVariables.isBinary,
          "\(estimator.name)")
        #expect(held.contains("a batch is its rows, one by one"), "\(estimator.name)")
      }
    }
  }

  @Test("PSA is LEG in one layer, and unbiased where the layers above have one unit each")
  func networks() throws {
    let networks = try NetworkProblem.loadAll(in: Fixtures.folder)
    let candidate = NetworkCandidate(try EstimatorCatalogue.makeLayered("psa"))
    func verdicts(_ name: String) throws -> [Verdict] {
      let network = try #require(networks.first { $0.name == name })
      return NetworkExactChecks(candidate: candidate, problem: network).verdicts
    }
    let single = try verdicts("network of one layer").filter { $0.detail == "with one layer, leg" }
    #expect(single.count == 1 && single.allSatisfy(\.passed))
    let narrow = try verdicts("network of 2, 1 and 1 units").filter { $0.check == .exactUnbiasedness }
    #expect(narrow.count >= 3 && narrow.allSatisfy(\.passed), "\(narrow.map(\.line))")
  }
}
