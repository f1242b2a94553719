import ElementwiseKernels
import RealModule
import Testing

@testable import GradientEstimators

@Suite("Pathwise identities")
struct PathwiseIdentityTests {
  static let logits = [-2.5, -0.4, 0.0, 0.7, 3.1]

  private func close(_ a: [Double], _ b: [Double], tolerance: Double = 1e-13) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { ($0 - $1).magnitude <= tolerance }
  }

  private func run(
    _ estimator: any GradientEstimator, _ noise: [Double], _ shift: Double = 0, scale: Double = 1
  )
    -> EstimatorRun<Double>
  {
    EstimatorRun(estimator, logits: Self.logits, noise: noise) { scale * irregularObjective($0) + shift }
  }

  @Test("ARM is the mean of AR at u and AR at 1 - u")
  func antitheticAR() {
    let noise: [Double] = irregularNoise(5)
    let mirrored = noise.map { 1 - $0 }
    let mean = zip(run(AR(), noise).gradient, run(AR(), mirrored).gradient).map { ($0 + $1) / 2 }
    // AR(1 - u) draws z1 and weighs it by 2u - 1.
    #expect(close(run(ARM(), noise).gradient, mean))
  }

  @Test("ARMS with two samples is DisARM, given the matching noise")
  func twoSampleARMS() {
    for turn in 1...50 {
      let noise = (0..<10).map {
        (Double($0 + 10 * turn) * 0.7548776662466927).truncatingRemainder(dividingBy: 1)
      }
      let shares = (0..<5).map { variable in
        Double.log(noise[variable]) / (Double.log(noise[variable]) + Double.log(noise[5 + variable]))
      }
      // The rare value is 1 below logit 0 and 0 from there on, so the first share plays u or 1 - u.
      let uniform = zip(shares, Self.logits).map { $1 < 0 ? $0 : 1 - $0 }
      let arms = run(ARMS(samples: 2), noise)
      let disarm = run(DisARM(), uniform)
      #expect(arms.samples == disarm.samples)
      #expect(close(arms.gradient, disarm.gradient))
    }
  }

  @Test("ARMS without correlation is LOORF: the same samples combine alike up to 1 / (1 - rho)")
  func uncorrelatedARMS() {
    for count in 2...5 {
      let loorf = run(LOORF(samples: count), irregularNoise(5 * count))
      let noNoise: [Double] = []
      var arms = [Double](repeating: 0, count: 5)
      var output = arms.mutableSpan
      ARMS(samples: count).combine(
        logits: Self.logits.span, noise: noNoise.span, samples: loorf.samples.span, values: loorf.values.span,
        shape: LatentShape(rows: 1, variables: 5), gradient: &output)
      let factors = Self.logits.map { DirichletCopula(samples: count).debiasFactor(logit: $0) }
      #expect(close(zip(arms, factors).map { $0 / $1 }, loorf.gradient))
    }
  }

  @Test("LOORF with two samples is 1/2 (f1 - f2) (z1 - z2)")
  func twoSampleLOORF() {
    let loorf = run(LOORF(samples: 2), irregularNoise(10))
    let expected = (0..<5).map {
      (loorf.values[0] - loorf.values[1]) * (loorf.samples[$0] - loorf.samples[5 + $0]) / 2
    }
    #expect(close(loorf.gradient, expected))
  }

  @Test(
    "A constant added to f changes no difference estimator",
    arguments: [
      "arm", "disarm", "disarm:3", "loorf:3", "arms:3", "arms:4", "arms-normal:3", "arms-normal:4", "leg",
      "bitflip-1", "ugc",
    ])
  func invariance(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let noise: [Double] = irregularNoise(estimator.noisePerRow(variables: .binary(5)))
    #expect(close(run(estimator, noise).gradient, run(estimator, noise, 64).gradient, tolerance: 1e-12))
  }

  @Test("A constant added to f does change REINFORCE: the invariance check can fail")
  func noInvariance() {
    let noise: [Double] = irregularNoise(5)
    #expect(!close(run(REINFORCE(), noise).gradient, run(REINFORCE(), noise, 64).gradient, tolerance: 1e-12))
  }

  @Test(
    "Every estimator of an expectation is linear in f",
    arguments: EstimatorCatalogue.valueInstances(supporting: .binary(1)))
  func linearity(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    guard estimator.target == .expectation else { return }
    let noise: [Double] = irregularNoise(estimator.noisePerRow(variables: .binary(5)))
    let once = run(estimator, noise).gradient
    #expect(close(run(estimator, noise, scale: -3).gradient, once.map { -3 * $0 }, tolerance: 1e-12))
  }

  @Test(
    "A batch gives each row what it gets alone",
    arguments: EstimatorCatalogue.valueInstances(supporting: .binary(1)))
  func batching(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let rows = 67, perRow = estimator.noisePerRow(variables: .binary(5))
    let logits = (0..<rows).flatMap { row in Self.logits.map { $0 + Double(row) / 20 } }
    let noise: [Double] = irregularNoise(rows * perRow)
    let batch = EstimatorRun(estimator, logits: logits, noise: noise, rows: rows) { irregularObjective($0) }
    for row in 0..<rows {
      let alone = EstimatorRun(
        estimator, logits: Array(logits[row * 5..<(row + 1) * 5]),
        noise: Array(noise[row * perRow..<(row + 1) * perRow])
      ) { irregularObjective($0) }
      #expect(close(Array(batch.gradient[row * 5..<(row + 1) * 5]), alone.gradient, tolerance: 1e-12))
    }
  }

  @Test("DisARM with n pairs is the average of n single pairs, each with its own part of the noise")
  func pairs() {
    for count in [1, 2, 5] {
      let noise: [Double] = irregularNoise(5 * count)
      let singles = (0..<count).map { run(DisARM(), Array(noise[$0 * 5..<($0 + 1) * 5])) }
      let average = (0..<5).map { d in singles.reduce(0) { $0 + $1.gradient[d] } / Double(count) }
      let together = run(DisARM(pairs: count), noise)
      #expect(close(together.gradient, average))
      #expect(together.samples == singles.flatMap(\.samples))
    }
  }

  @Test("ARMS with two samples of the Gaussian copula is DisARM, given the matching noise")
  func twoSampleGaussianARMS() {
    for turn in 1...50 {
      let noise = (0..<10).map {
        (Double($0 + 10 * turn) * 0.7548776662466927).truncatingRemainder(dividingBy: 1)
      }
      // The first normal number is (y1 - y2) / sqrt 2; the rare value is 1 below logit 0 and 0 from there on.
      let uniform = Self.logits.indices.map { d in
        let x =
          (StandardNormal.quantile(noise[d]) - StandardNormal.quantile(noise[5 + d])) / 2.0.squareRoot()
        return StandardNormal.cdf(Self.logits[d] < 0 ? -x : x)
      }
      let arms = run(ARMSNormal(samples: 2), noise)
      let disarm = run(DisARM(), uniform)
      #expect(arms.samples == disarm.samples)
      #expect(close(arms.gradient, disarm.gradient))
    }
  }

  @Test("Both copulas combine the same samples alike up to their 1 / (1 - rho)")
  func copulas() {
    for count in 2...5 {
      let loorf = run(LOORF(samples: count), irregularNoise(5 * count))
      let noNoise: [Double] = []
      var arms = [Double](repeating: 0, count: 5)
      var output = arms.mutableSpan
      ARMSNormal(samples: count).combine(
        logits: Self.logits.span, noise: noNoise.span, samples: loorf.samples.span, values: loorf.values.span,
        shape: LatentShape(rows: 1, variables: 5), gradient: &output)
      let factors = Self.logits.map { GaussianCopula(samples: count).debiasFactor(logit: $0) }
      #expect(close(zip(arms, factors).map { $0 / $1 }, loorf.gradient))
    }
  }

  @Test("Local expectation gradients of one variable are p (1 - p) (f(1) - f(0)), whatever the noise")
  func oneVariable() {
    for logit in [-3.0, 0, 0.4] {
      let p = Double.sigmoid(logit)
      for noise in [0.01, 0.5, 0.99] {
        let leg = EstimatorRun(LocalExpectationGradients(), logits: [logit], noise: [noise]) { 2 + 5 * $0[0] }
        #expect((leg.gradient[0] - 5 * p * (1 - p)).magnitude < 1e-15)
      }
    }
  }

  @Test("bitflip-1 is D times local expectation gradients on its choice, and their mean over the choice")
  func bitflip() {
    let noise: [Double] = irregularNoise(5)
    let leg = run(LocalExpectationGradients(), noise).gradient
    var mean = [Double](repeating: 0, count: 5)
    for chosen in 0..<5 {
      let bitflip = run(Bitflip1(), noise + [(Double(chosen) + 0.3) / 5]).gradient
      #expect(close(bitflip, (0..<5).map { $0 == chosen ? 5 * leg[$0] : 0 }))
      for d in 0..<5 { mean[d] += bitflip[d] / 5 }
    }
    #expect(close(mean, leg))
  }

  @Test("UGC is bitflip-1 in the coordinates with min(p, 1 - p) < 1/(2D) and DisARM in the others")
  func ugc() {
    let takesBitflip = Self.logits.map { min(Double.sigmoid($0), .sigmoid(-$0)) < 0.1 }
    #expect(takesBitflip == [true, false, false, false, true])
    for turn in 1...40 {
      let noise = (0..<6).map {
        (Double($0 + 6 * turn) * 0.7548776662466927).truncatingRemainder(dividingBy: 1)
      }
      let bitflip = run(Bitflip1(), noise).gradient
      let disarm = run(DisARM(), Array(noise.prefix(5))).gradient
      let expected = (0..<5).map { takesBitflip[$0] ? bitflip[$0] : disarm[$0] }
      #expect(close(run(UGC(), noise).gradient, expected))
    }
  }

  @Test("The uniform that chooses a variable reaches each of them, and none beyond, in Float and Double")
  func choice() {
    for variables in 1...40 {
      #expect(
        CoordinatePick.variable(uniform: Float.openUniform(.max, .max), variables: variables) == variables - 1
      )
      #expect(CoordinatePick.variable(uniform: Double.openUniform(0, 0), variables: variables) == 0)
      let chosen = (0..<variables).map {
        CoordinatePick.variable(uniform: (Double($0) + 0.5) / Double(variables), variables: variables)
      }
      #expect(chosen == Array(0..<variables))
    }
  }
}
