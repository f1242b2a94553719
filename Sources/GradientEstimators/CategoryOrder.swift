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

  /// The boundaries below and above a category: 0 below the first, its p above it, exactly 1 above the last.
  ///
  /// `probabilities` and `sums` are those of a `CategoricalLaw`.
  func interval(
    of category: Int, probabilities: Span<Double>, sums: Span<Double>
  ) -> (lower: Double, upper: Double) {
    if category == first { return (0, probabilities[first]) }
    let tail = sums[last + 1]
    if category > last {
      return (
        probabilities[first] + (sums[category] - tail), probabilities[first] + (sums[category + 1] - tail)
      )
    }
    let before = (category < first ? probabilities[first] : 0) + (1 - tail)
    return (min(before + sums[category], 1), category == last ? 1 : min(before + sums[category + 1], 1))
  }

  /// The category whose interval contains u; above the last possible one's, that one.
  func category(at uniform: Double, probabilities: Span<Double>, sums: Span<Double>) -> Int {
    if uniform < probabilities[first] { return first }
    var possible = first
    var category = last
    for _ in 0..<probabilities.count {
      category = category + 1 == probabilities.count ? 0 : category + 1
      guard category != first && probabilities[category] > 0 else { continue }
      possible = category
      if uniform < interval(of: category, probabilities: probabilities, sums: sums).upper { break }
    }
    return possible
  }
}

extension CategoryOrder {
  func interval(of category: Int, law: CategoricalLaw) -> (lower: Double, upper: Double) {
    interval(of: category, probabilities: law.probabilities.span, sums: law.sums.span)
  }
}
