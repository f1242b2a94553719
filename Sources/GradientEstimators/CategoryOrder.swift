/// An order of C categories along the unit interval, one of the C (C - 1) / 2 in which each pair of categories is
/// exactly once at the two ends.
///
/// It begins with `first`, then come the categories after `last`, then those from 0 on (without `first`), up to `last`.
/// Boundaries follow from the distribution function in the natural order, so no order is ever tabulated.
///
/// Source: Dimitriev, Zhou, "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator", NeurIPS 2021,
/// inverse CDF sampling with permutations.
package struct CategoryOrder: Hashable, Sendable {
  package let first: Int
  package let last: Int

  /// - Precondition: `0 <= first < last`.
  package init(first: Int, last: Int) {
    precondition(0 <= first && first < last)
    self.first = first
    self.last = last
  }

  /// How many orders there are.
  package static func count(categories: Int) -> Int { categories * (categories - 1) / 2 }

  /// The order k with k/K <= u < (k + 1)/K.
  static func chosen(by uniform: Double, categories: Int) -> CategoryOrder {
    let count = count(categories: categories)
    var index = min(Int(uniform * Double(count)), count - 1)
    var first = 0
    while index >= categories - 1 - first {
      index -= categories - 1 - first
      first += 1
    }
    return CategoryOrder(first: first, last: first + 1 + index)
  }

  /// The boundary below a category.
  func lower(of category: Int, law: CategoricalLaw) -> Double {
    category == first ? 0 : boundary(sum: law.cumulative(below: category), category: category, law: law)
  }

  /// The boundary above a category: p for the first one, exactly 1 for the last.
  func upper(of category: Int, law: CategoricalLaw) -> Double {
    if category == first { return law.probability(of: first) }
    if category == last { return 1 }
    return boundary(sum: law.cumulative(below: category + 1), category: category, law: law)
  }

  /// What lies below a place that has probability `sum` below it in the natural order, `category` beside it.
  private func boundary(sum: Double, category: Int, law: CategoricalLaw) -> Double {
    let tail = law.cumulative(below: last + 1)
    if category > last { return law.probability(of: first) + (sum - tail) }
    return min((category < first ? law.probability(of: first) : 0) + (1 - tail) + sum, 1)
  }

  /// The category whose interval contains u; above the last possible one's, that one.
  func category(at uniform: Double, law: CategoricalLaw) -> Int {
    if uniform < law.probability(of: first) { return first }
    var possible = first
    for category in last + 1..<max(law.categories, last + 1) where law.probability(of: category) > 0 {
      if uniform < upper(of: category, law: law) { return category }
      possible = category
    }
    for category in 0...last where category != first && law.probability(of: category) > 0 {
      if uniform < upper(of: category, law: law) { return category }
      possible = category
    }
    return possible
  }
}
