internal import RealModule

/// The weights of the unordered-set estimator on one set of states.
///
/// With U(A, T) = sum over orders t_1, t_2, ... of T of the product over i of 1 / P(not in A, t_1, ..., t_{i-1}), the
/// probability of T outside A is U(A, T) times the product of q over T, times a factor of A that cancels in every ratio;
/// so do the products of q.
///
/// One value serves row after row: `load` allocates nothing.
struct SetWeights {
  /// q(s) R(S, s): the probability that s was drawn first, given the set.
  private var first: [Double]
  /// q(s') R2(S, s, s'), [states x states]; the diagonal is q(s).
  private var second: [Double]
  /// Of all states but those of a subset: 1 over their probability, or its negative logarithm, [subsets].
  private var inverseLeft: [Double]
  /// U of subsets, or its logarithm, [subsets].
  private var orders: [Double]
  /// Whether the two are logarithms.
  private var isLogarithmic = false

  /// k! products of k numbers of at most 1 over it stay far below the largest number, for any k up to 8.
  private static let smallestPlainLeft = 1e-30

  init(states: Int) {
    first = [Double](repeating: 0, count: states)
    second = [Double](repeating: 0, count: states * states)
    inverseLeft = [Double](repeating: 0, count: 1 << states)
    orders = inverseLeft
  }

  /// - Complexity: 2^k k^3 multiply-adds for a set of k states; additions of logarithms where next to nothing is left.
  mutating func load(_ states: JointStates) {
    let count = first.count
    let all = (1 << count) - 1
    loadLeft(states)
    let whole = orders(of: all, excluded: 0)
    for s in 0..<count {
      let rest = all & ~(1 << s)
      let others = orders(of: rest, excluded: 1 << s)
      first[s] = ratio(others, whole)
      for t in 0..<count where t != s {
        let both = orders(of: rest & ~(1 << t), excluded: 1 << s | 1 << t)
        second[s * count + t] = ratio(both, others)
      }
      second[s * count + s] = states.probability(ofState: s)
    }
  }

  /// The whole set is never left out.
  private mutating func loadLeft(_ states: JointStates) {
    isLogarithmic = false
    for subset in 0..<inverseLeft.count - 1 {
      let left = states.left(excluded: subset)
      isLogarithmic = isLogarithmic || left < Self.smallestPlainLeft
      inverseLeft[subset] = 1 / left
    }
    guard isLogarithmic else { return }
    for subset in 0..<inverseLeft.count - 1 { inverseLeft[subset] = -states.logLeft(excluded: subset) }
  }

  private func ratio(_ orders: Double, _ others: Double) -> Double {
    isLogarithmic ? .exp(orders - others) : orders / others
  }

  /// q(s) R(S, s) [f(s) - B_s], B_s being the weighted mean of the values.
  func signal(of s: Int, _ values: [Double]) -> Double {
    var baseline = 0.0
    for t in 0..<first.count { baseline += second[s * first.count + t] * values[t] }
    return first[s] * (values[s] - baseline)
  }

  /// U(A, T), by sums over the subsets of T.
  private mutating func orders(of set: Int, excluded: Int) -> Double {
    orders[0] = isLogarithmic ? 0 : 1
    var subset = 0
    while subset != set {
      // The next larger subset of the set.
      subset = (subset - set) & set
      orders[subset] = isLogarithmic ? logSum(over: subset, excluded) : sum(over: subset, excluded)
    }
    return orders[set]
  }

  /// The sum over the last states of a subset's orders.
  private func sum(over subset: Int, _ excluded: Int) -> Double {
    var sum = 0.0
    for last in 0..<first.count where subset >> last & 1 == 1 {
      let before = subset & ~(1 << last)
      sum += orders[before] * inverseLeft[excluded | before]
    }
    return sum
  }

  private func logSum(over subset: Int, _ excluded: Int) -> Double {
    var sum = LogSum()
    for last in 0..<first.count where subset >> last & 1 == 1 {
      let before = subset & ~(1 << last)
      sum.add(orders[before] + inverseLeft[excluded | before])
    }
    return sum.value
  }
}
