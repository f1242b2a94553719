import ElementwiseKernels
import Numerics
import Testing

@testable import GradientEstimators

@Suite("Dirichlet copula")
struct DirichletCopulaTests {
  static let logits = [-40.0, -9, -5.3, -1.1, -0.2, 0, 0.3, 0.9, 5.3, 9, 40]

  @Test(
    "The cells' probabilities sum to 1 and give the samples' marginal and pair probabilities",
    arguments: 2...6)
  func cells(samples: Int) {
    let copula = DirichletCopula(samples: samples)
    for logit in Self.logits {
      var total = 0.0
      var first = 0.0
      var pair = 0.0
      for cell in copula.cells(logit: logit) {
        let drawn = draw(copula, logit: logit, noise: cell.noise)
        total += cell.probability
        first += cell.probability * drawn[0]
        pair += cell.probability * drawn[0] * drawn[samples - 1]
      }
      #expect((total - 1).magnitude < 1e-13)
      #expect((first - .sigmoid(logit)).magnitude < 1e-13)
      #expect((pair - copula.pairProbability(logit: logit)).magnitude < 1e-13)
    }
  }

  @Test("A cell's noise makes exactly the samples of its mask rare", arguments: 2...6)
  func representatives(samples: Int) {
    let copula = DirichletCopula(samples: samples)
    for logit in Self.logits where logit.magnitude < 10 {
      var outcomes: Set<[Double]> = []
      for cell in copula.cells(logit: logit) where cell.probability > 1e-13 {
        #expect(cell.noise.allSatisfy { $0 > 0 && $0 < 1 })
        #expect(outcomes.insert(draw(copula, logit: logit, noise: cell.noise)).inserted)
      }
    }
  }

  @Test("Three samples: the cells match the simplex areas, cut by cut")
  func areas() {
    // Shares of three are uniform on a triangle; corner i is cut off where d_i > t, with relative area (1 - t)^2.
    let copula = DirichletCopula(samples: 3)
    for logit in [-3.0, -1, 0.4, 2] {
      let rare = Double.sigmoid(-logit.magnitude)
      let cut = 1 - rare.squareRoot()
      let two = max(0, 1 - 2 * cut) * max(0, 1 - 2 * cut)
      let three = max(0, 1 - 3 * cut) * max(0, 1 - 3 * cut)
      let expected = [1 - 3 * rare + 3 * two - three, rare - 2 * two + three, two - three, three]
      for (count, probability) in expected.enumerated() {
        #expect((copula.probabilityExactlyRare(count, logit: logit) - max(0, probability)).magnitude < 1e-14)
      }
    }
  }

  @Test("1 / (1 - rho) equals p (1 - p) / (p - P11) where that form is stable", arguments: 2...6)
  func debias(samples: Int) {
    let copula = DirichletCopula(samples: samples)
    for logit in Self.logits where logit.magnitude < 10 {
      let p = Double.sigmoid(logit)
      let plain = p * (1 - p) / (p - copula.pairProbability(logit: logit))
      #expect((copula.debiasFactor(logit: logit) / plain - 1).magnitude < 1e-10)
    }
  }

  @Test("1 / (1 - rho) stays between 1/2 and 1 at any logit")
  func range() {
    for samples in [2, 3, 7, 50] {
      for logit in [-700.0, -300, -30, -0.01, 0, 0.01, 30, 300, 700] {
        let factor = DirichletCopula(samples: samples).debiasFactor(logit: logit)
        #expect(factor >= 0.5 && factor <= 1)
      }
    }
  }

  @Test("Probabilities as small as 1e-120 keep their relative precision")
  func tiny() {
    let logit = -276.31021115928547
    #expect(
      (DirichletCopula(samples: 4).probabilityExactlyRare(1, logit: logit) / 1e-120 - 1).magnitude < 1e-9)
  }

  private func draw(_ copula: DirichletCopula, logit: Double, noise: [Double]) -> [Double] {
    var samples = [Double](repeating: .nan, count: copula.samples)
    var output = samples.mutableSpan
    copula.draw(
      logits: [logit].span, noise: noise.span, shape: LatentShape(rows: 1, variables: 1), into: &output)
    return samples
  }

  @Test("a share of four samples has the cube root of its power, to three roundings, whatever its size")
  func cubeRoots() {
    let copula = DirichletCopula(samples: 4)
    #expect(copula.root(0) == 0 && copula.root(1) == 1)
    var (x, worst) = (1.0, 0.0)
    while x > 1e-300 {
      let root = Double.root(x, 3)
      worst = max(worst, ((copula.root(x) - root) / root).magnitude)
      x *= 0.973
    }
    #expect(worst < 4 * 0x1p-52)
  }
}
