internal import ElementwiseKernels

/// r(c, c') = p_c p_c' / J(c, c') for the categories that the antithetic samples of one variable have, J(c, c') the
/// probability that two of the samples are c and c'.
///
/// One value serves variable after variable of a batch and allocates nothing. Reading is mutating too: to read a value of
/// this size otherwise, the optimiser copies it.
protocol CategoryPairs: ~Copyable {
  /// Different categories that are looked at together.
  static var capacity: Int { get }

  /// Begins with a variable's logits and no categories.
  mutating func load<Scalar: KernelScalar>(_ logits: Span<Scalar>)

  mutating func removeAll()

  /// Adds a category, once.
  ///
  /// - Precondition: no more than `capacity` different ones.
  mutating func insert(_ category: Int)

  /// Finds r for all pairs of the categories.
  mutating func update()

  /// r of two different categories that have been inserted, after `update`.
  mutating func ratio(_ category: Int, _ other: Int) -> Double
}

/// The pair form of CARMS: g = 1/(n (n-1)) sum over pairs i < j of r(z_i, z_j) (f(z_i) - f(z_j)) (1[z_i = c] - 1[z_j = c]).
///
/// Pairs of equal values contribute nothing, so neither p nor J(c, c) is needed; with r = 1 it is LOORF.
enum PairForm {
  /// - Complexity: n (n - 1) / 2 multiply-adds for each variable, beside what the ratios take.
  @inline(__always)
  static func combine<Scalar: KernelScalar, Pairs: CategoryPairs & ~Copyable>(
    _ pairs: inout Pairs, evaluations: Int, logits: Span<Scalar>, samples: Span<Scalar>,
    values: Span<Scalar>, shape: LatentShape, into gradient: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    precondition(!shape.isBinary && logits.count == shape.logitCount && gradient.count == shape.logitCount)
    precondition(samples.count == evaluations * count && values.count == evaluations * shape.rows)
    let isTogether = evaluations <= Pairs.capacity
    let scale = 1 / Scalar(evaluations * (evaluations - 1))
    gradient.update(repeating: 0)
    // Variable by variable: rows that share their logits follow one another.
    for variable in 0..<shape.variables {
      for row in 0..<shape.rows {
        let i = row * shape.variables + variable
        // Equal samples contribute nothing, and posteriors that training has sharpened have many.
        guard !areEqual(samples, place: i, stride: count) else { continue }
        pairs.load(logits.extracting(i * categories..<(i + 1) * categories))
        if isTogether {
          for sample in 0..<evaluations { pairs.insert(categoryIndex(samples[sample * count + i])) }
          pairs.update()
        }
        for first in 0..<evaluations {
          for second in first + 1..<max(evaluations, first + 1) {
            let category = categoryIndex(samples[first * count + i])
            let other = categoryIndex(samples[second * count + i])
            guard category != other else { continue }
            if !isTogether {
              pairs.removeAll()
              pairs.insert(category)
              pairs.insert(other)
              pairs.update()
            }
            let difference = values[first * shape.rows + row] - values[second * shape.rows + row]
            let weight = scale * Scalar(pairs.ratio(category, other)) * difference
            gradient[i * categories + category] += weight
            gradient[i * categories + other] -= weight
          }
        }
      }
    }
  }

  /// Whether all samples of a variable are one category.
  @inline(__always)
  private static func areEqual<Scalar: KernelScalar>(
    _ samples: Span<Scalar>, place: Int, stride count: Int
  ) -> Bool {
    for other in stride(from: place + count, to: samples.count, by: count)
    where samples[other] != samples[place] {
      return false
    }
    return true
  }

  /// Bounds from the largest ratio of a category: the objective's range times floor(n^2/4) / (n (n-1)) times it.
  static func bounds(
    objective: ClosedRange<Double>, evaluations: Int, ratios: [Double]
  ) -> ClosedRange<Double> {
    let range = objective.upperBound - objective.lowerBound
    let largest = LeaveOneOut.largest(range: range, evaluations: evaluations) * ratios.reduce(0, max)
    return -largest...largest
  }
}

/// A few different categories, each with its place.
struct CategorySet: Sendable {
  static let capacity = 8
  private(set) var count = 0
  private var categories = InlineArray<8, Int>(repeating: 0)

  mutating func removeAll() { count = 0 }

  /// - Precondition: no more than `capacity` different ones.
  mutating func insert(_ category: Int) {
    for place in 0..<count where categories[place] == category { return }
    precondition(count < Self.capacity)
    categories[count] = category
    count += 1
  }

  subscript(_ place: Int) -> Int { categories[place] }

  func place(of category: Int) -> Int {
    for place in 0..<count where categories[place] == category { return place }
    preconditionFailure("category \(category) was not inserted")
  }
}
