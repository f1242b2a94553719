import GradientEstimators
import RealModule
import Testing

@testable import ExactExpectations

@Suite("Closed forms")
struct ClosedFormTests {
  private func oneBit(logit: Double, values: [Double]) throws -> Problem {
    try Problem(name: "one bit", latent: .binary(logits: [logit]), objective: .table(values: values))
  }

  private func logit(_ p: Double) -> Double { .log(p / (1 - p)) }

  @Test("ARM, one bit: Var = Delta^2 (2/3 (1/8 - (1/2 - e)^3) - e^2 (1 - e)^2)")
  func arm() throws {
    for p in [0.001, 0.05, 0.19098, 0.4, 0.5, 0.73, 0.999] {
      let moments = try exactMoments(of: ARM(), on: oneBit(logit: logit(p), values: [0.5, 2]))
      let e = min(p, 1 - p)
      let law = 2.0 / 3 * (0.125 - (0.5 - e) * (0.5 - e) * (0.5 - e)) - e * e * (1 - e) * (1 - e)
      #expect((moments.variance[0] - 2.25 * law).magnitude < 1e-14)
    }
  }

  @Test("ARM, one bit: the largest variance is 0.039788 Delta^2, at e = 0.19098")
  func armSupremum() throws {
    func variance(_ p: Double) throws -> Double {
      try exactMoments(of: ARM(), on: oneBit(logit: logit(p), values: [0, 1])).variance[0]
    }
    let largest = try variance(0.19098)
    #expect((largest - 0.039788).magnitude < 5e-7)
    for step in 1..<200 { #expect(try variance(Double(step) / 400) <= largest + 1e-9) }
  }

  @Test("DisARM, one bit: Var = Delta^2 e M^2 (1/2 - e)")
  func disarm() throws {
    for p in [0.005, 0.1798, 0.5, 0.66, 0.99] {
      let moments = try exactMoments(of: DisARM(), on: oneBit(logit: logit(p), values: [1, -1]))
      let e = min(p, 1 - p)
      #expect((moments.variance[0] - 4 * e * (1 - e) * (1 - e) * (0.5 - e)).magnitude < 1e-14)
    }
  }

  @Test("LOORF with two samples, one bit: Var = Delta^2 (p (1 - p) / 2 - p^2 (1 - p)^2)")
  func loorf() throws {
    for p in [0.005, 0.3, 0.5, 0.9] {
      let moments = try exactMoments(of: LOORF(samples: 2), on: oneBit(logit: logit(p), values: [1, 4]))
      let spread = p * (1 - p)
      #expect((moments.variance[0] - 9 * (spread / 2 - spread * spread)).magnitude < 1e-14)
    }
  }

  @Test("DisARM with n pairs has 1/n of the variance of one", arguments: [2, 3])
  func pairs(count: Int) throws {
    for problem in try Fixtures.problems() where problem.variables <= 2 {
      let one = try exactMoments(of: DisARM(), on: problem).variance
      let many = try exactMoments(of: DisARM(pairs: count), on: problem).variance
      #expect(zip(one, many).allSatisfy { ($0 / Double(count) - $1).magnitude <= 1e-13 * $0 + 1e-30 })
    }
  }

  @Test("LEG, one bit: no variance; bitflip-1 and UGC of one bit are LEG")
  func localExpectations() throws {
    let estimators: [any GradientEstimator] = [LocalExpectationGradients(), Bitflip1(), UGC()]
    for problem in try Fixtures.problems() where problem.variables == 1 {
      for estimator in estimators {
        let moments = try exactMoments(of: estimator, on: problem)
        #expect(moments.variance[0] < 1e-30 && moments.bias[0].magnitude < 1e-15)
      }
    }
  }

  @Test("bitflip-1: E[g^2] = D E[LEG^2] in each coordinate")
  func bitflip() throws {
    for problem in try Fixtures.problems() where problem.variables <= 3 {
      let leg = try exactMoments(of: LocalExpectationGradients(), on: problem)
      let bitflip = try exactMoments(of: Bitflip1(), on: problem)
      for d in 0..<problem.variables {
        let second = leg.variance[d] + leg.mean[d] * leg.mean[d]
        let expected = Double(problem.variables) * second - leg.mean[d] * leg.mean[d]
        #expect((bitflip.variance[d] - expected).magnitude < 1e-13)
      }
    }
  }

  @Test("ARMS with two samples has DisARM's mean and variance under both copulas")
  func twoSamples() throws {
    for problem in try Fixtures.problems() where problem.variables <= 3 {
      let disarm = try exactMoments(of: DisARM(), on: problem)
      for arms: any GradientEstimator in [ARMS(samples: 2), ARMSNormal(samples: 2)] {
        let moments = try exactMoments(of: arms, on: problem)
        #expect(zip(moments.mean, disarm.mean).allSatisfy { ($0 - $1).magnitude < 1e-13 })
        #expect(zip(moments.variance, disarm.variance).allSatisfy { ($0 - $1).magnitude < 1e-12 })
      }
    }
  }

  @Test("AR, one bit: E[(1 - 2u)^2 f^2] from the second moments given z")
  func ar() throws {
    for p in [0.02, 0.4, 0.5, 0.8] {
      let moments = try exactMoments(of: AR(), on: oneBit(logit: logit(p), values: [2, 3]))
      let cube = (1 - 2 * p) * (1 - 2 * p) * (1 - 2 * p)
      let second = 9 * (1 - cube) / 6 + 4 * (1 + cube) / 6
      let gradient = p * (1 - p)
      #expect((moments.variance[0] - (second - gradient * gradient)).magnitude < 1e-13)
    }
  }

  @Test(
    "The ARM toy at logit 0: gradient (1 - 2 p0) / 4 and the three variances",
    arguments: [0.49, 0.499, 0.501, 0.51])
  func toy(target: Double) throws {
    let problem = try Problem(
      name: "toy", latent: .binary(logits: [0]), objective: .quadratic(target: target))
    let slope = 1 - 2 * target
    let arm = try exactMoments(of: ARM(), on: problem)
    #expect((arm.gradient[0] - slope / 4).magnitude < 1e-16)
    #expect((arm.variance[0] / (slope * slope / 48) - 1).magnitude < 1e-10)
    #expect(try exactMoments(of: DisARM(), on: problem).variance[0] < 1e-30)
    let loorf = try exactMoments(of: LOORF(samples: 2), on: problem)
    #expect((loorf.variance[0] / (slope * slope / 16) - 1).magnitude < 1e-10)
  }
}
