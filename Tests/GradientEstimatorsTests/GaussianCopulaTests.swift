import ElementwiseKernels
import RandomStreams
import RealModule
import ReferenceMath
import Testing

@testable import GradientEstimators

@Suite("Gaussian copula")
struct GaussianCopulaTests {
  static let logits = [-40.0, -9, -5.3, -1.1, -0.2, 0, 0.3, 0.9, 5.3, 9, 40]

  @Test("The normal quantile agrees with GSL's to 1e-13, tails included")
  func quantile() throws {
    for exponent in stride(from: 0.302, through: 307, by: 0.7) {
      let p = Double.exp(-exponent * .log(10))
      #expect((StandardNormal.quantile(p) / (try normalQuantile(p)) - 1).magnitude < 2e-13)
    }
    for p in stride(from: 0.51, to: 1, by: 0.01) {
      #expect((StandardNormal.quantile(p) - (try normalQuantile(p))).magnitude < 1e-15 * 8)
    }
    #expect(StandardNormal.quantile(0.5).magnitude < 1e-16)
  }

  @Test("The normal distribution function agrees with GSL's, and undoes the quantile")
  func cdf() throws {
    for x in stride(from: -37.0, through: 8, by: 0.25) {
      #expect((StandardNormal.cdf(x) / (try normalCDF(x)) - 1).magnitude < 1e-12)
    }
    for p in [1e-300, 1e-100, 1e-9, 0.02, 0.3, 0.5, 0.77, 0.9999] {
      // An error of x 1e-13 in the quantile x is one of x^2 1e-13 in its probability.
      let x = StandardNormal.quantile(p)
      #expect((StandardNormal.cdf(x) / p - 1).magnitude < 1e-13 * (1 + x * x))
    }
  }

  @Test("Quantiles at the ends of the number range are finite")
  func quantileEnds() {
    for p in [0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1 - Double.ulpOfOne / 2, 1] {
      #expect(StandardNormal.quantile(p).magnitude < 38)
    }
  }

  @Test("The quadrature of order n has the nodes and weights of GSL's")
  func quadrature() throws {
    let rule = GaussLegendreQuadrature<16>()
    let reference = try GaussLegendreRule(order: 16)
    for place in 0..<16 {
      #expect((rule.nodes[place] - reference.nodes[place]).magnitude < 1e-15)
      #expect((rule.weights[place] - reference.weights[place]).magnitude < 1e-15)
    }
    let larger = GaussLegendreQuadrature<32>()
    for power in 0..<64 {
      let sum = (0..<32).reduce(0) { $0 + larger.weights[$1] * .pow(larger.nodes[$1], power) }
      #expect((sum * Double(power + 1) - 1).magnitude < 1e-13)
    }
  }

  @Test("P11 is the bivariate normal probability, by adaptive quadrature of its conditional form, to 1e-12")
  func bivariate() throws {
    for samples in [3, 4, 5, 9, 33] {
      let copula = GaussianCopula(samples: samples)
      let r = -1 / Double(samples - 1)
      for logit in Self.logits {
        let q = StandardNormal.quantile(.sigmoid(logit))
        let expected = try integrate(from: -.infinity, to: min(q, 8), absoluteError: 1e-14) {
          (x) throws(GSLError) in
          let density = Double.exp(-x * x / 2) / (2 * .pi).squareRoot()
          return density * (try normalCDF((q - r * x) / (1 - r * r).squareRoot()))
        }
        #expect((copula.pairProbability(logit: logit) - expected.value).magnitude < 1e-12)
      }
    }
  }

  @Test("Two samples: P11 = max(0, 2p - 1) and 1 / (1 - rho) = max(p, 1 - p), as for DisARM")
  func pair() {
    let copula = GaussianCopula(samples: 2)
    for logit in Self.logits {
      let p = Double.sigmoid(logit)
      #expect((copula.pairProbability(logit: logit) - max(0, 2 * p - 1)).magnitude < 1e-15)
      #expect((copula.debiasFactor(logit: logit) - max(p, 1 - p)).magnitude < 1e-15)
    }
  }

  @Test(
    "P(all of k below the limit) is the integral over one of them, by adaptive quadrature, to 1e-12",
    arguments: [(2, -0.5), (3, -1.0 / 3), (3, -0.25), (4, -0.25), (4, -0.2), (5, -0.2)])
  func recursion(count: Int, r: Double) throws {
    for limit in [-4.0, -1.3, -0.2, 0, 0.7] {
      let expected = try integrate(from: -9, to: limit, absoluteError: 1e-14) { x in
        // Given one variable the others have correlation r / (1 + r) and variance 1 - r^2.
        let rest = EquicorrelatedNormal.probabilityAllBelow(
          (limit - r * x) / (1 - r * r).squareRoot(), count: count - 1, correlation: r / (1 + r))
        return .exp(-x * x / 2) / (2 * .pi).squareRoot() * rest
      }
      let found = EquicorrelatedNormal.probabilityAllBelow(limit, count: count, correlation: r)
      #expect((found - expected.value).magnitude < 1e-12)
    }
  }

  @Test("Orthants have their closed forms: two and three variables")
  func orthants() {
    for r in [-0.3, -0.2, 0.0] {
      let two = EquicorrelatedNormal.probabilityAllBelow(0, count: 2, correlation: r)
      #expect((two - (0.25 + .asin(r) / (2 * .pi))).magnitude < 1e-15)
      let three = EquicorrelatedNormal.probabilityAllBelow(0, count: 3, correlation: r)
      #expect((three - (0.125 + 3 * .asin(r) / (4 * .pi))).magnitude < 1e-15)
    }
  }

  @Test(
    "The cells' probabilities sum to 1 and give the samples' marginal and pair probabilities",
    arguments: 2...6)
  func cells(samples: Int) {
    let copula = GaussianCopula(samples: samples)
    for logit in Self.logits {
      var total = 0.0
      var first = 0.0
      var pair = 0.0
      var outcomes: Set<[Double]> = []
      for cell in copula.cells(logit: logit) {
        let drawn = draw(copula, logit: logit, noise: cell.noise)
        #expect(cell.noise.allSatisfy { $0 > 0 && $0 < 1 })
        #expect(outcomes.insert(drawn).inserted)
        total += cell.probability
        first += cell.probability * drawn[0]
        pair += cell.probability * drawn[0] * drawn[samples - 1]
      }
      #expect((total - 1).magnitude < 1e-12)
      #expect((first - .sigmoid(logit)).magnitude < 1e-12)
      #expect((pair - copula.pairProbability(logit: logit)).magnitude < 1e-12)
    }
  }

  @Test("At logit 0 the cells are symmetric in the number of rare samples", arguments: 2...6)
  func symmetry(samples: Int) {
    var byCount = [Double](repeating: 0, count: samples + 1)
    let copula = GaussianCopula(samples: samples)
    for cell in copula.cells(logit: 0) {
      byCount[Int(draw(copula, logit: 0, noise: cell.noise).reduce(0, +))] += cell.probability
    }
    #expect(byCount[0] == 0 && byCount[samples] == 0)
    for count in 0...samples { #expect((byCount[count] - byCount[samples - count]).magnitude < 1e-12) }
  }

  @Test("Drawn samples follow the cells' law (false alarm below 1e-6), and not that of the other copula")
  func sampled() {
    let draws = 40_000
    for (samples, logit) in [(3, -0.4), (4, 1.2), (5, 0.3)] {
      let copula = GaussianCopula(samples: samples)
      var noise = [Double](repeating: 0, count: samples * draws)
      var uniforms = noise.mutableSpan
      RandomStream(seed: TestSeed.value, purpose: .estimatorNoise, step: 0)
        .fillUniforms(rows: 0..<draws, perRow: samples, into: &uniforms)
      var frequencies = [Double](repeating: 0, count: 1 << samples)
      for row in 0..<draws {
        let drawn = draw(copula, logit: logit, noise: Array(noise[row * samples..<(row + 1) * samples]))
        frequencies[index(drawn)] += 1 / Double(draws)
      }
      // Hoeffding's inequality for each of at most 32 cells: 2 exp(-2 draws width^2) = 1e-8.
      let width = (Double.log(2e8) / Double(2 * draws)).squareRoot()
      var law = [Double](repeating: 0, count: 1 << samples)
      for cell in copula.cells(logit: logit) {
        law[index(draw(copula, logit: logit, noise: cell.noise))] += cell.probability
      }
      #expect(zip(frequencies, law).allSatisfy { ($0 - $1).magnitude <= width })
      let independent = law.indices.map { cell in
        let ones = cell.nonzeroBitCount
        return Double.pow(.sigmoid(logit), ones) * .pow(.sigmoid(-logit), samples - ones)
      }
      #expect(zip(frequencies, independent).contains { ($0 - $1).magnitude > width })
    }
  }

  @Test("1 / (1 - rho) equals p (1 - p) / (p - P11) where that form is stable", arguments: 2...6)
  func debias(samples: Int) {
    let copula = GaussianCopula(samples: samples)
    for logit in Self.logits where logit.magnitude < 10 {
      let p = Double.sigmoid(logit)
      let plain = p * (1 - p) / (p - copula.pairProbability(logit: logit))
      #expect((copula.debiasFactor(logit: logit) / plain - 1).magnitude < 1e-10)
    }
  }

  @Test("1 / (1 - rho) stays between 1/2 and 1 at any logit")
  func range() {
    for samples in [2, 3, 7, 50] {
      for logit in [-1e6, -740, -700, -300, -30, -0.01, 0, 0.01, 30, 300, 700, 740, 1e6] {
        let factor = GaussianCopula(samples: samples).debiasFactor(logit: logit)
        #expect(factor >= 0.5 && factor <= 1)
      }
    }
  }

  private func index(_ bits: [Double]) -> Int {
    bits.reversed().reduce(0) { 2 * $0 + Int($1) }
  }

  private func draw(_ copula: GaussianCopula, logit: Double, noise: [Double]) -> [Double] {
    var samples = [Double](repeating: .nan, count: copula.samples)
    var output = samples.mutableSpan
    copula.draw(
      logits: [logit].span, noise: noise.span, shape: LatentShape(rows: 1, variables: 1), into: &output)
    return samples
  }
}
