package import ElementwiseKernels
internal import RealModule

/// The law of one categorical variable: p = softmax(logits) and the distribution function, in double precision.
///
/// One value serves variable after variable of a batch: `load` allocates nothing. It is large: hot loops take the spans
/// of its arrays, because a call with the value itself may copy it.
package struct CategoricalLaw: Sendable {
  package private(set) var categories = 0
  private(set) var probabilities = InlineArray<256, Double>(repeating: 0)
  /// The probability of all categories before each.
  private(set) var sums = InlineArray<257, Double>(repeating: 0)

  package init() {}

  /// The law of one variable of a row.
  package init(variable: Int, logits: [Double], variables: LatentVariables) {
    let categories = variables.logitsPerVariable
    load(logits.span.extracting(variable * categories..<(variable + 1) * categories))
  }

  /// - Precondition: at most `LatentVariables.largestCategoryCount` logits.
  /// - Complexity: one exponential for each logit.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func load<Scalar: KernelScalar>(_ logits: Span<Scalar>) {
    precondition(logits.count > 0 && logits.count <= LatentVariables.largestCategoryCount)
    categories = logits.count
    var largest = logits[0]
    for category in 1..<categories { largest = max(largest, logits[category]) }
    var total = 0.0
    for category in 0..<categories {
      probabilities[category] = Double.exp(Double(logits[category]) - Double(largest))
      total += probabilities[category]
    }
    sums[0] = 0
    for category in 0..<categories {
      probabilities[category] /= total
      sums[category + 1] = min(sums[category] + probabilities[category], 1)
    }
    // Rounding must not leave room above the last category.
    sums[categories] = 1
  }

  package func probability(of category: Int) -> Double { probabilities[category] }

  /// The probability of the categories 0 ..< `category`.
  package func cumulative(below category: Int) -> Double { sums[category] }

  /// The inverse of the distribution function: the category c with cumulative(c) <= u < cumulative(c + 1).
  ///
  /// What rounding leaves above the last boundary belongs to the last category that is possible at all.
  package func category(at uniform: Double) -> Int {
    Self.category(
      at: uniform, probabilities: probabilities.span.extracting(0..<categories), sums: sums.span)
  }

  static func category(at uniform: Double, probabilities: Span<Double>, sums: Span<Double>) -> Int {
    var last = 0
    for category in 0..<probabilities.count where probabilities[category] > 0 {
      if uniform < sums[category + 1] { return category }
      last = category
    }
    return last
  }

  /// p and 1 - p of the event that a logit stands for, each with full relative precision.
  static func odds(
    of coordinate: Int, logits: [Double], variables: LatentVariables
  ) -> (probability: Double, complement: Double) {
    guard !variables.isBinary else {
      return (.sigmoid(logits[coordinate]), .sigmoid(-logits[coordinate]))
    }
    let categories = variables.categories
    let law = CategoricalLaw(variable: coordinate / categories, logits: logits, variables: variables)
    let category = coordinate % categories
    let others = (0..<categories).filter { $0 != category }.reduce(0) { $0 + law.probability(of: $1) }
    return (law.probability(of: category), others)
  }
}

/// A sample as a category, by way of `Double`: the generic conversion costs many times more.
@inline(__always)
func categoryIndex<Scalar: KernelScalar>(_ sample: Scalar) -> Int { Int(Double(sample)) }
