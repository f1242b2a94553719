internal import ExactExpectations
internal import GradientEstimators
internal import RandomStreams
internal import RealModule

/// Identities between gradients of networks on the same noise: they hold draw by draw, so they need no error rate.
struct NetworkIdentity {
  private static let rows = 24
  /// The largest difference, relative to the largest value of the objective, that counts as rounding.
  private static let tolerance = 1e-10

  private let candidate: NetworkCandidate
  private let problem: NetworkProblem
  private let batch: LayeredBatch<Double>
  /// [rows x parameters]
  private let gradient: [Double]

  private typealias Pair = (name: String, first: [Double], second: [Double])

  static func verdicts(_ candidate: NetworkCandidate, _ problem: NetworkProblem) -> [Verdict] {
    let identity = NetworkIdentity(candidate, problem)
    let range = problem.objectiveRange
    let scale = max(1, range.lowerBound.magnitude, range.upperBound.magnitude)
    return identity.all().map { name, first, second in
      let off = zip(first, second).map { ($0 - $1).magnitude }.firstIndex { !($0 <= tolerance * scale) }
      let count = first.count / rows
      let note = off.map {
        "coordinate \($0 % count) of draw \($0 / count): \(first[$0]) against \(second[$0])"
      }
      return Verdict(
        estimator: candidate.name, problem: problem.name, check: .pathwiseIdentity, detail: name,
        outcome: note == nil ? .passed : .failed, note: note)
    }
  }

  /// The formula on a single path that the claimed estimator must follow, if there is one.
  static func pathRule(of candidate: NetworkCandidate) -> PathFormulas.Rule? {
    switch candidate.claim {
    case is PSA: .sampleAnalytic
    case is DeepStraightThrough: .straightThrough
    case let claim as DeepStraightThroughGumbel: .straightThroughGumbel(temperature: claim.temperature)
    default: nil
    }
  }

  private init(_ candidate: NetworkCandidate, _ problem: NetworkProblem) {
    self.candidate = candidate
    self.problem = problem
    batch = Self.batch(candidate.estimator, problem, rows: 0..<Self.rows)
    gradient = Self.gradient(of: batch)
  }

  private func all() -> [Pair] {
    var pairs = [linearity(), rowByRow()]
    if !["reinforce", "ar"].contains(candidate.claimName) { pairs.append(invariance()) }
    if problem.network.layers.count == 1, let pair = oneLayer() { pairs.append(pair) }
    if let rule = Self.pathRule(of: candidate), hasNumberForEachUnit { pairs.append(alongPath(rule)) }
    if let formula = RelaxedNetworkFormula(candidate.claim, on: problem),
      isNoisy == (formula.temperature != nil)
    {
      pairs.append(relaxed(formula))
    }
    return pairs
  }

  private var isNoisy: Bool { batch.layers.contains { $0.noiseCounts.perRow > 0 } }

  private var hasNumberForEachUnit: Bool {
    batch.layers.map(\.noiseCounts.own) == problem.network.widths
  }

  private func linearity() -> Pair {
    (
      "linear in f", gradient(onTable: { -3 * $0 }), gradient(onTable: { $0 }).map { -3 * $0 }
    )
  }

  private func invariance() -> Pair {
    ("unchanged by f + constant", gradient(onTable: { $0 + 8 }), gradient(onTable: { $0 }))
  }

  private func rowByRow() -> Pair {
    let alone = (0..<Self.rows).flatMap {
      Self.gradient(of: Self.batch(candidate.estimator, problem, rows: $0..<$0 + 1))
    }
    return ("a batch is its rows, one by one", gradient, alone)
  }

  /// PSA and, where f is multilinear, straight-through are local expectation gradients in a single layer, and Concrete and
  /// straight-through Gumbel-softmax are what they are for bits there.
  private func oneLayer() -> Pair? {
    guard !(candidate.claim is MeanField) else { return nil }
    let isRelaxed = candidate.claim is DeepConcrete || candidate.claim is DeepStraightThroughGumbel
    let isBackward = candidate.claim is any BackwardLayeredEstimator && !isRelaxed
    let name = isBackward ? "leg" : String((candidate.claimName ?? "").prefix { $0 != "+" })
    guard let estimator = try? EstimatorCatalogue.make(name), case .table(let values) = problem.head,
      let independent = try? Problem(
        name: problem.name,
        latent: .binary(logits: problem.network.logits(layer: 0, input: problem.point.input)),
        objective: .table(values: values))
    else { return nil }
    var single = EstimatorBatch<Double>(estimator: estimator, problem: independent, rows: Self.rows)
    guard single.noise.count == batch.layers[0].noise.count else { return nil }
    // The relaxed samples of bits fall in u where those of networks rise.
    single.noise = batch.layers[0].noise.map { isRelaxed ? 1 - $0 : $0 }
    single.run()
    return ("with one layer, \(name)", batch.layers[0].gradient, single.gradient)
  }

  private func alongPath(_ rule: PathFormulas.Rule) -> Pair {
    let formulas = PathFormulas(problem: problem, rule: rule)
    let widths = problem.network.widths
    let count = problem.headParameters.lowerBound
    var found: [Double] = []
    var expected: [Double] = []
    for row in 0..<Self.rows {
      let noise = logisticNoise(row: row)
      let sampled = widths.enumerated().map { layer, width in
        let first = (batch.tree.trunk[layer] * Self.rows + row) * width
        return Array(batch.layers[layer].samples[first..<first + width])
      }
      expected += formulas.gradient(bits: formulas.bits(noise: noise) ?? sampled, noise: noise)
      let start = row * batch.parameterCount
      found += gradient[start..<start + count]
    }
    return ("forward through the layers, by definition", found, expected)
  }

  /// The derivative of f of the relaxed samples, at the logistic numbers that the noise stands for.
  private func relaxed(_ formula: RelaxedNetworkFormula) -> Pair {
    let count = problem.headParameters.lowerBound
    var found: [Double] = []
    var expected: [Double] = []
    for row in 0..<Self.rows {
      let noise = logisticNoise(row: row).flatMap { $0 }
      let units = problem.network.widths.reduce(0, +)
      expected += formula.gradient(
        noise: formula.temperature == nil ? [Double](repeating: 0, count: units) : noise)
      let start = row * batch.parameterCount
      found += gradient[start..<start + count]
    }
    return ("the derivative of the relaxed network, by definition", found, expected)
  }

  /// The logistic numbers, log(u / (1 - u)), that a row's own noise stands for in each layer.
  private func logisticNoise(row: Int) -> [[Double]] {
    batch.layers.map { layer in
      (0..<layer.noiseCounts.own).map { unit -> Double in
        let u = layer.noise[row * layer.noiseCounts.own + unit]
        return .log(u / (1 - u))
      }
    }
  }

  private func gradient(onTable change: (Double) -> Double) -> [Double] {
    let head = NetworkHead.table(values: problem.headValues.map(change))
    guard
      let other = try? NetworkProblem(
        name: problem.name, network: problem.network, head: head, point: problem.point)
    else { return [] }
    return Self.gradient(of: Self.batch(candidate.estimator, other, rows: 0..<Self.rows))
  }

  /// A batch that has run on some of the identities' rows of noise.
  private static func batch(
    _ estimator: any LayeredGradientEstimator, _ problem: NetworkProblem, rows: Range<Int>
  ) -> LayeredBatch<Double> {
    var batch = LayeredBatch<Double>(estimator: estimator, problem: problem, rows: rows.count)
    var step: UInt64 = 0
    batch.forEachNoise { perRow, numbers in
      RandomStream(seed: 0, purpose: .verification, step: step)
        .fillUniforms(rows: rows, perRow: perRow, into: &numbers)
      step += 1
    }
    batch.run()
    return batch
  }

  private static func gradient(of batch: LayeredBatch<Double>) -> [Double] {
    var gradient = [Double](repeating: 0, count: batch.shape.rows * batch.parameterCount)
    var output = gradient.mutableSpan
    batch.parameterGradients(into: &output)
    return gradient
  }
}
