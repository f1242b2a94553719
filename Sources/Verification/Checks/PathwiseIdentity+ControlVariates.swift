internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators
internal import RealModule

// MARK: Identities of estimators whose control variates are learnt

extension PathwiseIdentity {
  func controlVariateIdentities() -> [Pair] {
    let shift = isTable ? [invariance()] : []
    switch candidate.claim {
    case is NVIL:
      return [("reinforce at the first step", gradient(inState: NVIL().state), reinforce())]
    case is REBAR:
      return [
        ("reinforce with eta = 0", gradient(inState: REBAR(scale: 0).state), reinforce()),
        relaxedWrittenOut(),
      ]
    case is RELAX:
      return [
        ("reinforce with eta = 0 and r = 0", gradient(inState: RELAX(scale: 0).state), reinforce()),
        (
          "rebar with r = 0", gradient(inState: RELAX(scale: 0.7).state),
          Self.gradient(REBAR(scale: 0.7), problem, noise)
        ),
      ]
    case let claim as DoubleControlVariates:
      let plain = ("loorf with alpha = 0", gradient(inState: [0, 0]), loorf(claim.samples))
      return shift + [plain, doubleControlsWrittenOut()]
    case let claim as RODEO:
      let state = [Double](repeating: 0, count: 8) + [0.5]
      let plain = ("loorf with coefficients 0", gradient(inState: state), loorf(claim.samples))
      return shift + [plain, steinOperatorsWrittenOut()]
    default: return []
    }
  }

  /// The candidate's gradient with what it remembers replaced.
  private func gradient(inState state: [Double]) -> [Double] {
    var learner = candidate.estimator
    learner.state = state
    return Self.gradient(learner, problem, noise)
  }

  private func loorf(_ samples: Int) -> [Double] {
    Self.gradient(LOORF(samples: samples), problem, noise)
  }

  /// REINFORCE on the first number of each variable of each row.
  private func reinforce() -> [Double] {
    let first = (0..<rowCount).flatMap { numbers($0).prefix(problem.variables) }
    return Self.gradient(REINFORCE(), problem, first)
  }

  private var rowCount: Int { gradient.count / problem.shape(rows: 1).logitsPerRow }

  private func numbers(_ row: Int) -> [Double] {
    let perRow = noise.count / rowCount
    return Array(noise[row * perRow..<(row + 1) * perRow])
  }

  /// REBAR with plain logarithms of odds: Z and Z~ from u and from u' = v p or p + v (1 - p), and
  /// dZ~/d(logit) = 1 - du'/d(logit) / (u' (1 - u')).
  private func relaxedWrittenOut() -> Pair {
    var sound = REBAR(scale: 0.7)
    sound.state[2] = .log(0.6)
    let t = sound.temperature
    let p = problem.logits.map { Double.sigmoid($0) }
    let expected = (0..<rowCount).flatMap { row -> [Double] in
      let (u, v) = (numbers(row).prefix(p.count), Array(numbers(row).suffix(p.count)))
      let b = p.indices.map { u[$0] < p[$0] ? 1.0 : 0 }
      let conditional = p.indices.map { b[$0] == 1 ? v[$0] * p[$0] : p[$0] + v[$0] * (1 - p[$0]) }
      func relaxed(_ u: Double, _ d: Int) -> Double {
        let z = Double.log(p[d] / (1 - p[d])) - Double.log(u / (1 - u))
        return 1 / (1 + .exp(-z / t))
      }
      let y = problem.differentiated(at: p.indices.map { relaxed(u[$0], $0) })
      let yBound = problem.differentiated(at: p.indices.map { relaxed(conditional[$0], $0) })
      let f = problem.differentiated(at: b).value
      return p.indices.map { d in
        let (free, bound) = (relaxed(u[d], d), relaxed(conditional[d], d))
        let share = b[d] == 1 ? v[d] : 1 - v[d]
        let slope = 1 - p[d] * (1 - p[d]) * share / (conditional[d] * (1 - conditional[d]))
        let difference =
          y.slope[d] * free * (1 - free) - yBound.slope[d] * bound * (1 - bound) * slope
        return (f - 0.7 * yBound.value) * (b[d] - p[d]) + 0.7 * difference / t
      }
    }
    return ("written out by odds, eta = 0.7", gradient(inState: sound.state), expected)
  }
}

// MARK: Several samples, from the definitions

extension PathwiseIdentity {
  /// The samples of a row of independent bits, with values and derivatives.
  private struct Draws {
    let p: [Double]
    /// [samples][variables]
    let z: [[Double]]
    let f: [Double]
    let slope: [[Double]]

    init(_ problem: Problem, numbers: [Double]) {
      let p = problem.logits.map { Double.sigmoid($0) }
      let z = stride(from: 0, to: numbers.count, by: p.count).map { start in
        p.indices.map { numbers[start + $0] < p[$0] ? 1.0 : 0 }
      }
      let outcomes = z.map { problem.differentiated(at: $0) }
      self.p = p
      self.z = z
      f = outcomes.map(\.value)
      slope = outcomes.map(\.slope)
    }

    func others(_ k: Int) -> [Int] { z.indices.filter { $0 != k } }

    /// The mean of a quantity over the samples but one.
    func mean(without k: Int, _ quantity: (Int) -> Double) -> Double {
      others(k).reduce(0) { $0 + quantity($1) } / Double(z.count - 1)
    }
  }

  /// Both control variates of Titsias and Shi, sample by sample.
  private func doubleControlsWrittenOut() -> Pair {
    let alpha = -0.6
    let expected = (0..<rowCount).flatMap { row -> [Double] in
      let draws = Draws(problem, numbers: numbers(row))
      let signals = draws.z.indices.map { k in
        draws.f[k]
          + draws.p.indices.reduce(0) { sum, d in
            sum + alpha * draws.mean(without: k) { draws.slope[$0][d] } * (draws.z[k][d] - draws.p[d])
          }
      }
      let count = Double(draws.z.count)
      return draws.p.indices.map { d in
        let (p, mean) = (draws.p[d], draws.slope.reduce(0) { $0 + $1[d] } / count)
        let score = draws.z.indices.reduce(0) { sum, k in
          sum + (signals[k] - draws.mean(without: k) { signals[$0] }) * (draws.z[k][d] - p)
        }
        return score / count - alpha * p * (1 - p) * mean
      }
    }
    return ("written out, alpha = -0.6", gradient(inState: [alpha, 0]), expected)
  }

  /// RODEO with every flip made: the operator on h, and on each component of the vector h~.
  private func steinOperatorsWrittenOut() -> Pair {
    let (alpha, beta, s) = (SIMD2(0.5, -0.3), SIMD2(-0.7, 0.4), 0.75)
    let state = [alpha.x, 0, alpha.y, 0, beta.x, 0, beta.y, 0, s * s]
    let expected = (0..<rowCount).flatMap { row -> [Double] in
      let draws = Draws(problem, numbers: numbers(row))
      func function(_ factors: SIMD2<Double>, _ k: Int, _ x: [Double]) -> Double {
        let change = draws.mean(without: k) { j in
          x.indices.reduce(0) { $0 + draws.slope[j][$1] * (x[$1] - draws.z[j][$1]) }
        }
        let height = change / (s * s + change * change).squareRoot()
        return s * (factors.x * height + factors.y * height * height)
      }
      func transported(_ k: Int, _ h: ([Double]) -> Double) -> Double {
        draws.p.indices.reduce(0) { sum, d in
          var flipped = draws.z[k]
          flipped[d] = 1 - flipped[d]
          let probability = flipped[d] == 1 ? draws.p[d] : 1 - draws.p[d]
          return sum + probability * (h(flipped) - h(draws.z[k]))
        }
      }
      let signals = draws.z.indices.map { k in draws.f[k] + transported(k) { function(alpha, k, $0) } }
      return draws.p.indices.map { d in
        draws.z.indices.reduce(0) { sum, k in
          let signal = draws.f[k] - draws.mean(without: k) { signals[$0] }
          let added = transported(k) { function(beta, k, $0) * ($0[d] - draws.p[d]) }
          return sum + (signal * (draws.z[k][d] - draws.p[d]) + added) / Double(draws.z.count)
        }
      }
    }
    return ("written out with every flip", gradient(inState: state), expected)
  }
}
