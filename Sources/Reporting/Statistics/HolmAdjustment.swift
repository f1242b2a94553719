/// P-values adjusted for being several: reject where the adjusted one is at most a, and the probability that any true
/// hypothesis is rejected is at most a, whatever the dependence.
///
/// With p_(1) <= ... <= p_(m): adjusted p_(i) = max over j <= i of min(1, (m - j + 1) p_(j)).
///
/// - Complexity: a sort of m numbers.
///
/// Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.
func holmAdjusted(_ pValues: [Double]) -> [Double] {
  var adjusted = [Double](repeating: 1, count: pValues.count)
  var largest = 0.0
  let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
  for (rank, index) in order.enumerated() {
    largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
    adjusted[index] = largest
  }
  return adjusted
}
