internal import ElementwiseKernels
internal import RealModule

/// The noise of ARS and ARSM: for each variable exponentials E_c = -log u_c, so that pi = E / sum E is uniform on the
/// simplex; the sample is the category that wins the race, argmin_c E_c e^(-logit_c).
///
/// A row's noise is [variables x categories]. Swapping two entries of E leaves its law as it is, so the sample of any
/// swapped race has the law of z too.
enum ExponentialRace {
  /// The three earliest arrivals of a race: all that a swap of two entries needs to know about the others.
  private struct Podium {
    var categories = (-1, -1, -1)
    var times = (Double.infinity, Double.infinity, Double.infinity)

    mutating func add(_ category: Int, _ time: Double) {
      if time < times.0 {
        (times.2, times.1, times.0) = (times.1, times.0, time)
        (categories.2, categories.1, categories.0) = (categories.1, categories.0, category)
      } else if time < times.1 {
        (times.2, times.1) = (times.1, time)
        (categories.2, categories.1) = (categories.1, category)
      } else if time < times.2 {
        (times.2, categories.2) = (time, category)
      }
    }

    /// The earliest arrival of a category other than two.
    func first(without m: Int, _ j: Int) -> (category: Int, time: Double) {
      if categories.0 != m && categories.0 != j { return (categories.0, times.0) }
      if categories.1 != m && categories.1 != j { return (categories.1, times.1) }
      return (categories.2, times.2)
    }
  }

  /// Draws samples of one variable: that of the race itself and of the race with entries m and j swapped, for all
  /// pairs (m, j) with m < j, or for all m with one j.
  struct Variable {
    private var logTimes = InlineArray<256, Double>(repeating: 0)
    private var logits = InlineArray<256, Double>(repeating: 0)
    private var podium = Podium()

    /// - Complexity: one logarithm for each number, two where u is near 1.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    mutating func load<Scalar: KernelScalar>(logits: Span<Scalar>, noise: Span<Scalar>) {
      podium = Podium()
      for category in 0..<logits.count {
        self.logits[category] = Double(logits[category])
        logTimes[category] = Double.log(-Double.log(Double(noise[category])))
        podium.add(category, logTimes[category] - self.logits[category])
      }
    }

    /// The sample of the race with entries m and j of E swapped; of the race itself for m = j.
    @inline(__always)
    func winner(swapping m: Int, _ j: Int) -> Int {
      guard m != j else { return podium.categories.0 }
      let other = podium.first(without: m, j)
      let timeOfM = logTimes[j] - logits[m]
      let timeOfJ = logTimes[m] - logits[j]
      let best = timeOfM < timeOfJ ? (category: m, time: timeOfM) : (category: j, time: timeOfJ)
      return other.time < best.time ? other.category : best.category
    }
  }

  /// The exponentials' share pi of each category, of one variable's noise.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func fillShares<Scalar: KernelScalar>(noise: Span<Scalar>, into shares: inout MutableSpan<Double>) {
    var total = 0.0
    for category in 0..<noise.count {
      shares[category] = -Double.log(Double(noise[category]))
      total += shares[category]
    }
    for category in 0..<noise.count { shares[category] /= total }
  }

  /// One block for each variable: cubature nodes on the simplex, where they can be enumerated: up to four categories of one
  /// variable, up to three of several.
  static func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let categories = variables.categories
    // A variable of four categories keeps hundreds of nodes, whose products with another's take seconds.
    let largest = SimplexCubature.largestCategoryCount - (variables.count > 1 ? 1 : 0)
    return (0..<variables.count).map { variable in
      let places = variable * categories..<(variable + 1) * categories
      guard categories <= largest else {
        let subject = variables.count > 1 ? "several variables" : "one variable"
        return NoiseBlock(
          indices: Array(places),
          law: .notEnumerable(
            reason:
              "the pieces of the simplex where all swapped races have one winner are enumerated for \(subject) of at most \(largest) categories, not \(categories)"
          ))
      }
      let nodes = nodes(logits: Array(logits[places]), isOneOfSeveral: variables.count > 1)
      let cells = nodes.map { NoiseBlock.Cell(probability: $0.weight, noise: noise(at: $0.point)) }
      return NoiseBlock(indices: Array(places), law: .cells(cells))
    }
  }

  /// Cubature nodes of one variable; few of them for each outcome of all races where those of several variables are
  /// multiplied, as the gradient is linear in pi wherever the outcome is the same.
  private static func nodes(logits: [Double], isOneOfSeveral: Bool) -> [SimplexCubature.Node] {
    let nodes = SimplexCubature.pieces(logits: logits).flatMap { $0.rule() }
    guard isOneOfSeveral else { return nodes }
    var places: [[Int]: Int] = [:]
    var reductions: [QuadraticReduction] = []
    for node in nodes {
      let winners = winners(logits: logits, noise: noise(at: node.point))
      let place = places[winners] ?? reductions.count
      if place == reductions.count {
        places[winners] = place
        reductions.append(QuadraticReduction())
      }
      reductions[place].add(node)
    }
    return reductions.flatMap(\.nodes)
  }

  /// Uniforms whose exponentials have these shares. Only their ratios matter; the largest scale keeps small shares most
  /// precise.
  private static func noise(at point: [Double]) -> [Double] { point.map { .exp(-512 * $0) } }

  /// The samples of the race itself and with any two entries swapped.
  private static func winners(logits: [Double], noise: [Double]) -> [Int] {
    var race = Variable()
    race.load(logits: logits.span, noise: noise.span)
    return logits.indices.flatMap { m in (m..<logits.count).map { race.winner(swapping: m, $0) } }
  }
}
