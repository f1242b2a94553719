internal import ElementwiseKernels

/// The ratios of CARMS-I: J(c, c') is the mean over the category orders of the Dirichlet copula's rectangles.
///
/// The boundaries of a category in all orders, and their roots, are found once and serve all its pairs; a block of orders
/// at a time, so that nothing is allocated whatever the number of categories.
struct OrderedPairs: ~Copyable, CategoryPairs {
  static var capacity: Int { CategorySet.capacity }
  /// Orders that are looked at together, at least as many as end with one category.
  private static let block = 256

  private let copula: DirichletCopula
  private var law = CategoricalLaw()
  private var categories = CategorySet()
  /// [capacity x block], roots of the boundaries below and above a category.
  private var lower = InlineArray<2048, Double>(repeating: 0)
  private var upper = InlineArray<2048, Double>(repeating: 0)
  private var masses = InlineArray<256, Double>(repeating: 0)
  /// Sums over the orders [capacity x capacity], of which those with row < column are used.
  private var sums = InlineArray<64, Double>(repeating: 0)

  init(copula: DirichletCopula) { self.copula = copula }

  mutating func load<Scalar: KernelScalar>(_ logits: Span<Scalar>) {
    law.load(logits)
    categories.removeAll()
  }

  mutating func removeAll() { categories.removeAll() }

  mutating func insert(_ category: Int) { categories.insert(category) }

  mutating func ratio(_ category: Int, _ other: Int) -> Double {
    let (first, second) = (categories.place(of: category), categories.place(of: other))
    let sum = sums[min(first, second) * Self.capacity + max(first, second)]
    let orders = Double(CategoryOrder.count(categories: law.categories))
    return CARMSI.ratio(
      product: law.probabilities[category] * law.probabilities[other], pairProbability: sum / orders,
      orders: orders)
  }

  /// - Complexity: for each order, at most two roots for each category, and four powers for each pair of categories.
  mutating func update() {
    guard categories.count > 1 else { return }
    sums = InlineArray(repeating: 0)
    var last = 1
    while last < law.categories {
      var orders = 0
      while last < law.categories && orders + last <= Self.block {
        for place in 0..<categories.count { fillRoots(place, last: last, from: orders) }
        orders += last
        last += 1
      }
      addMasses(of: orders)
    }
  }

  /// The roots of a category's boundaries, those of `CategoryOrder.interval`, in the orders that end with `last`.
  private mutating func fillRoots(_ place: Int, last: Int, from start: Int) {
    let category = categories[place]
    let offset = place * Self.block + start
    var lowerSpan = lower.mutableSpan
    var upperSpan = upper.mutableSpan
    var lowers = lowerSpan._mutatingExtracting(offset..<offset + last)
    var uppers = upperSpan._mutatingExtracting(offset..<offset + last)
    let probabilities = law.probabilities.span
    let (below, above, tail) = (law.sums[category], law.sums[category + 1], law.sums[last + 1])
    if category > last {
      // After the last one in the natural order: right behind the first one.
      copula.fillRoots(of: probabilities.extracting(0..<last), plus: below - tail, into: &lowers)
      copula.fillRoots(of: probabilities.extracting(0..<last), plus: above - tail, into: &uppers)
      return
    }
    // Where the first one comes before this category, taking it away changes no boundary of this category.
    let (lowerBoundary, upperBoundary) = (min((1 - tail) + below, 1), min((1 - tail) + above, 1))
    let lowerRoot = copula.root(lowerBoundary)
    let upperRoot = category == last ? 1 : copula.root(upperBoundary)
    for order in 0..<category {
      lowers[order] = lowerRoot
      uppers[order] = upperRoot
    }
    guard category < last else { return }
    lowers[category] = 0
    uppers[category] = copula.root(probabilities[category])
    let later = category + 1..<last
    var lowerPart = lowers._mutatingExtracting(later)
    var upperPart = uppers._mutatingExtracting(later)
    copula.fillRoots(of: probabilities.extracting(later), plus: (1 - tail) + below, into: &lowerPart)
    copula.fillRoots(of: probabilities.extracting(later), plus: (1 - tail) + above, into: &upperPart)
  }

  private mutating func addMasses(of orders: Int) {
    for place in 0..<categories.count {
      for other in place + 1..<max(categories.count, place + 1) {
        let (start, otherStart) = (place * Self.block, other * Self.block)
        var span = masses.mutableSpan
        var part = span._mutatingExtracting(0..<orders)
        copula.fillRectangles(
          (lower.span.extracting(start..<start + orders), upper.span.extracting(start..<start + orders)),
          (
            lower.span.extracting(otherStart..<otherStart + orders),
            upper.span.extracting(otherStart..<otherStart + orders)
          ), into: &part)
        sums[place * Self.capacity + other] += Self.sum(masses.span.extracting(0..<orders))
      }
    }
  }

  /// Four sums side by side: a single one would wait for each addition.
  private static func sum(_ terms: Span<Double>) -> Double {
    var partial = SIMD4<Double>(repeating: 0)
    let whole = terms.count & ~3
    for i in stride(from: 0, to: whole, by: 4) {
      partial += SIMD4(terms[i], terms[i + 1], terms[i + 2], terms[i + 3])
    }
    var sum = partial.sum()
    for i in whole..<terms.count { sum += terms[i] }
    return sum
  }
}
