internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators
internal import RandomStreams
internal import RealModule

/// Identities between gradients on the same noise: they hold draw by draw, so they need no error rate.
struct PathwiseIdentity {
  static let rows = 48
  /// The largest difference, relative to the largest value of the objective, that counts as rounding.
  private static let tolerance = 1e-10

  let candidate: Candidate
  let problem: Problem
  /// [rows x noise per row]
  let noise: [Double]
  let gradient: [Double]

  static func verdicts(_ candidate: Candidate, _ problem: Problem) -> [Verdict] {
    let identity = PathwiseIdentity(candidate, problem)
    let range = problem.evaluated(for: candidate.estimator.target).objectiveRange
    let largest = identity.gradient.reduce(0) { max($0, $1.magnitude) }
    let scale = max(range.lowerBound.magnitude, range.upperBound.magnitude, largest)
    return identity.all().map { name, first, second in
      let off = zip(first, second).map { ($0 - $1).magnitude }.firstIndex { !($0 <= tolerance * scale) }
      let coordinates = problem.shape(rows: 1).logitsPerRow
      let note =
        first.count == second.count
        ? off.map {
          "coordinate \($0 % coordinates) of draw \($0 / coordinates): \(first[$0]) against \(second[$0])"
        } : "\(first.count) numbers against \(second.count)"
      return Verdict(
        estimator: candidate.name, problem: problem.name, check: .pathwiseIdentity, detail: name,
        outcome: note == nil ? .passed : .failed, note: note)
    }
  }

  private init(_ candidate: Candidate, _ problem: Problem) {
    self.candidate = candidate
    self.problem = problem
    let perRow = candidate.estimator.noisePerRow(variables: problem.latentVariables)
    noise = Self.uniforms(rows: Self.rows, perRow: perRow)
    gradient = Self.gradient(candidate.estimator, problem, noise)
  }

  typealias Pair = (name: String, first: [Double], second: [Double])

  private func all() -> [Pair] {
    var pairs = isLinear ? [linearity(), rowByRow()] : [rowByRow()]
    // Shared noise needs the claim's noise layout.
    let perRow = candidate.claim?.noisePerRow(variables: problem.latentVariables)
    guard perRow == noise.count / Self.rows else { return pairs }
    guard problem.latentVariables.isBinary else { return pairs + categorical() }
    switch candidate.claimedName {
    case "reinforce": pairs += [conditionalMeanOfAR()]
    case "reinforce-ema": pairs += [plainFirstStep()]
    case "ar": pairs += [conditionalMeanIsREINFORCE()]
    case "arm": pairs += [invariance(), antitheticAR(), conditionalMeanIsDisARM()]
    case "disarm": pairs += [invariance(), samples == 2 ? conditionalMeanOfARM() : averageOfPairs()]
    case "arms-normal", "unord", "vimco", "local-disarm", "local-arms": pairs += [invariance()]
    case "leg": pairs += [invariance()] + (problem.variables == 1 ? [exactWithOneVariable()] : [])
    case "ugc": pairs += [invariance(), clippedOrPaired()]
    case "bitflip-1": pairs += [invariance(), localExpectationOfOne()]
    case "loorf":
      pairs += [invariance(), leaveOneOut(name: "the leave-one-out form, written out") { _ in 1 }]
    case "arms": pairs += [invariance(), correlated()] + (samples == 2 ? [isDisARM()] : [])
    default: pairs += derivativeIdentities() + controlVariateIdentities()
    }
    return pairs
  }

  private func categorical() -> [Pair] {
    switch candidate.claimedName {
    case "loorf": [sumsOverCategories(), invariance(), categoricalLeaveOneOut()]
    case "unord", "vimco": [sumsOverCategories(), invariance()]
    case "ars": [sumsOverCategories(), invariance(), meanOverReferences()]
    case "arsm":
      [sumsOverCategories(), invariance()] + (problem.categories == 2 ? [isARM()] : [])
    default:
      [sumsOverCategories()] + coupled(claim: candidate.claimedName ?? "") + twoCategories()
        + derivativeIdentities() + controlVariateIdentities()
    }
  }

  var samples: Int { candidate.estimator.evaluations(variables: problem.latentVariables) }
}

// MARK: Identities of every estimator

extension PathwiseIdentity {
  private func linearity() -> Pair {
    ("linear in f", gradient(on: transformed { -3 * $0 }), gradient.map { -3 * $0 })
  }

  /// A bound is not linear in f; derivatives follow a change of f only where the change keeps its extension, as in a table.
  private var isLinear: Bool {
    guard candidate.estimator.target == .expectation else { return false }
    if isTable { return true }
    return !(candidate.estimator is any DifferentiableGradientEstimator)
  }

  func invariance() -> Pair {
    ("unchanged by f + constant", gradient(on: transformed { $0 + 8 }), gradient)
  }

  private func rowByRow() -> Pair {
    let perRow = noise.count / Self.rows
    let alone = (0..<Self.rows).flatMap { row in
      Self.gradient(candidate.estimator, problem, Array(noise[row * perRow..<(row + 1) * perRow]), rows: 1)
    }
    return ("a batch is its rows, one by one", gradient, alone)
  }
}

// MARK: Identities of categorical variables

extension PathwiseIdentity {
  func sumsOverCategories() -> Pair {
    let categories = problem.categories
    let sums = stride(from: 0, to: gradient.count, by: categories).map {
      gradient[$0..<$0 + categories].reduce(0, +)
    }
    return ("the gradients of a variable sum to 0", sums, sums.map { _ in 0 })
  }

  /// 1/n sum_i (f_i - mean of the others) (1[z_i = c] - p_c) on the candidate's own samples.
  private func categoricalLeaveOneOut() -> Pair {
    var batch = EstimatorBatch<Double>(estimator: candidate.estimator, problem: problem, rows: Self.rows)
    batch.noise = noise
    batch.run()
    var expected: [Double] = []
    for row in 0..<Self.rows {
      let f = (0..<samples).map { batch.values[$0 * Self.rows + row] }
      for variable in 0..<problem.variables {
        for (category, p) in problem.probabilities(ofVariable: variable).enumerated() {
          expected.append(
            (0..<samples).reduce(0) { sum, sample in
              let others = (f.reduce(0, +) - f[sample]) / Double(samples - 1)
              let z = batch.samples[(sample * Self.rows + row) * problem.variables + variable]
              return sum + (f[sample] - others) * ((Int(z) == category ? 1 : 0) - p) / Double(samples)
            })
        }
      }
    }
    return ("the leave-one-out form, written out", gradient, expected)
  }
}

// MARK: Identities between two estimators

extension PathwiseIdentity {
  private var probabilities: [Double] { problem.logits.map { .sigmoid($0) } }

  /// The mean of u given which side of p it lies on: AR there is REINFORCE.
  private func sideMeans() -> [Double] {
    mapNoise { u, p in u < p ? p / 2 : (1 + p) / 2 }
  }

  /// The mean of u given its region of the antithetic pair: ARM there is DisARM.
  private func regionMeans() -> [Double] {
    mapNoise { u, p in
      let e = min(p, 1 - p)
      return u < e ? e / 2 : u > 1 - e ? 1 - e / 2 : 0.5
    }
  }

  private func conditionalMeanOfAR() -> Pair {
    ("reinforce = E[ar | z]", gradient, Self.gradient(AR(), problem, sideMeans()))
  }

  private func conditionalMeanIsREINFORCE() -> Pair {
    (
      "E[ar | z] = reinforce", Self.gradient(candidate.estimator, problem, sideMeans()),
      Self.gradient(REINFORCE(), problem, noise)
    )
  }

  private func plainFirstStep() -> Pair {
    ("reinforce at the first step", gradient, Self.gradient(REINFORCE(), problem, noise))
  }

  private func antitheticAR() -> Pair {
    let direct = Self.gradient(AR(), problem, noise)
    let mirrored = Self.gradient(AR(), problem, noise.map { 1 - $0 })
    return ("arm = 1/2 (ar at u + ar at 1 - u)", gradient, zip(direct, mirrored).map { ($0 + $1) / 2 })
  }

  private func conditionalMeanOfARM() -> Pair {
    ("disarm = E[arm | z1, z2]", gradient, Self.gradient(ARM(), problem, regionMeans()))
  }

  /// DisARM with several pairs is the average over its pairs, each with its own part of a row's noise.
  private func averageOfPairs() -> Pair {
    let count = samples / 2
    var average = [Double](repeating: 0, count: gradient.count)
    for pair in 0..<count {
      let single = Self.gradient(DisARM(), problem, partOfNoise(from: pair * problem.variables))
      for i in average.indices { average[i] += single[i] / Double(count) }
    }
    return ("disarm:n = the average of n disarm", gradient, average)
  }

  /// bitflip-1 is D times local expectation gradients on the variable that the row's last number chooses.
  private func localExpectationOfOne() -> Pair {
    let variables = problem.variables
    let perRow = noise.count / Self.rows
    let all = Self.gradient(LocalExpectationGradients(), problem, partOfNoise(from: 0))
    var expected = [Double](repeating: 0, count: gradient.count)
    for row in 0..<Self.rows {
      let chosen = Int(noise[row * perRow + variables] * Double(variables))
      expected[row * variables + chosen] = Double(variables) * all[row * variables + chosen]
    }
    return ("bitflip-1 = D leg on one variable", gradient, expected)
  }

  /// UGC takes bitflip-1 where min(p, 1 - p) < 1/(2D), DisARM elsewhere; its flip is that of the second of the pair.
  private func clippedOrPaired() -> Pair {
    let variables = problem.variables
    let pair = Self.gradient(DisARM(), problem, partOfNoise(from: 0))
    let flips = Self.gradient(Bitflip1(), problem, noise)
    let expected = gradient.indices.map { place in
      let p = probabilities[place % variables]
      return 2 * Double(variables) * min(p, 1 - p) < 1 ? flips[place] : pair[place]
    }
    return ("ugc = bitflip-1 where rare, else disarm", gradient, expected)
  }

  private func exactWithOneVariable() -> Pair {
    let exact = exactGradient(of: problem)
    return ("with one variable, the exact gradient", gradient, gradient.map { _ in exact[0] })
  }

  /// One number for each variable of each row, from a place in the row's noise on.
  private func partOfNoise(from place: Int) -> [Double] {
    let perRow = noise.count / Self.rows
    var part: [Double] = []
    for row in 0..<Self.rows {
      let start = row * perRow + place
      part += noise[start..<start + problem.variables]
    }
    return part
  }

  private func conditionalMeanIsDisARM() -> Pair {
    (
      "E[arm | z1, z2] = disarm", Self.gradient(candidate.estimator, problem, regionMeans()),
      Self.gradient(DisARM(), problem, noise)
    )
  }

  /// ARMS with two samples sees a pair of uniforms as DisARM sees the first one's share of their exponentials.
  private func isDisARM() -> Pair {
    let variables = problem.variables
    let matching = (0..<Self.rows * variables).map { i in
      let place = i / variables * 2 * variables + i % variables
      let first = Double.log(noise[place])
      let share = first / (first + .log(noise[place + variables]))
      return problem.logits[i % variables] < 0 ? share : 1 - share
    }
    return ("arms:2 = disarm", gradient, Self.gradient(DisARM(), problem, matching))
  }
}

// MARK: Leave-one-out forms, written out

extension PathwiseIdentity {
  /// ARMS: the leave-one-out form over 1 - rho, rho from the copula's pair probability, written out.
  private func correlated() -> Pair {
    let exponent = Double(samples - 1)
    return leaveOneOut(name: "the leave-one-out form over 1 - rho, written out") { p in
      let e = min(p, 1 - p)
      let rarePair = Double.pow(max(0, 2 * .pow(e, 1 / exponent) - 1), exponent)
      return p * (1 - p) / (p - (p < 0.5 ? rarePair : 2 * p - 1 + rarePair))
    }
  }

  /// 1/n sum_i (f_i - mean of the others) (z_i - p), times a factor of p, on the candidate's own samples.
  private func leaveOneOut(name: String, factor: (Double) -> Double) -> Pair {
    var batch = EstimatorBatch<Double>(estimator: candidate.estimator, problem: problem, rows: Self.rows)
    batch.noise = noise
    batch.run()
    let variables = problem.variables
    var expected = [Double](repeating: 0, count: gradient.count)
    for row in 0..<Self.rows {
      let f = (0..<samples).map { batch.values[$0 * Self.rows + row] }
      for (variable, p) in probabilities.enumerated() {
        for sample in 0..<samples {
          let others = (f.reduce(0, +) - f[sample]) / Double(samples - 1)
          let z = batch.samples[(sample * Self.rows + row) * variables + variable]
          expected[row * variables + variable] += (f[sample] - others) * (z - p) / Double(samples) * factor(p)
        }
      }
    }
    return (name, gradient, expected)
  }
}

// MARK: Running estimators on given noise

extension PathwiseIdentity {
  func gradient(on other: Problem) -> [Double] {
    Self.gradient(candidate.estimator, other, noise)
  }

  static func gradient(
    _ estimator: any GradientEstimator, _ problem: Problem, _ noise: [Double], rows: Int = Self.rows
  ) -> [Double] {
    var batch = EstimatorBatch<Double>(estimator: estimator, problem: problem, rows: rows)
    batch.noise = noise
    batch.run()
    return batch.gradient
  }

  static func uniforms(rows: Int, perRow: Int) -> [Double] {
    var noise = [Double](repeating: 0, count: rows * perRow)
    var output = noise.mutableSpan
    RandomStream(seed: 0, purpose: .verification, step: 0)
      .fillUniforms(rows: 0..<rows, perRow: perRow, into: &output)
    return noise
  }

  /// Each number of one-uniform-for-each-variable noise, replaced by a function of it and of p.
  private func mapNoise(_ change: (Double, Double) -> Double) -> [Double] {
    let p = probabilities
    return noise.indices.map { change(noise[$0], p[$0 % p.count]) }
  }

  /// The same latent variables with a function of f, as a table.
  func transformed(_ change: (Double) -> Double) -> Problem {
    let values = (0..<problem.stateCount).map { change(problem.value(of: $0)) }
    let other = try? Problem(name: problem.name, latent: problem.latent, objective: .table(values: values))
    return other ?? problem
  }
}
