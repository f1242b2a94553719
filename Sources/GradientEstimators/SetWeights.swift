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
  private(set) var first: [Double]
  /// q(s') R2(S, s, s'), [states x states]; the diagonal is q(s).
  private var second: [Double]
  /// The logarithm of the probability of all states but those of a subset, [subsets].
  private var logLeft: [Double]
  /// log U of subsets, [subsets].
  private var logOrders: [Double]

  init(states: Int) {
    first = [Double](repeating: 0, count: states)
    second = [Double](repeating: 0, count: states * states)
    logLeft = [Double](repeating: 0, count: 1 << states)
    logOrders = logLeft
  }

  /// - Complexity: 2^k k^3 additions of logarithms for a set of k states.
  mutating func load(_ states: JointStates) {
    let count = first.count
    let all = (1 << count) - 1
    for subset in 0...all { logLeft[subset] = states.logLeft(excluded: subset) }
    let whole = logOrders(of: all, excluded: 0)
    for s in 0..<count {
      let rest = all & ~(1 << s)
      let others = logOrders(of: rest, excluded: 1 << s)
      first[s] = .exp(others - whole)
      for t in 0..<count where t != s {
        let left = logOrders(of: rest & ~(1 << t), excluded: 1 << s | 1 << t)
        second[s * count + t] = .exp(left - others)
      }
      second[s * count + s] = .exp(states.logProbability(ofState: s))
    }
  }

  /// B_s, the weighted mean of the values.
  func baseline(of s: Int, _ values: [Double]) -> Double {
    var sum = 0.0
    for t in 0..<first.count { sum += second[s * first.count + t] * values[t] }
    return sum
  }

  /// log U(A, T), by sums over the subsets of T.
  private mutating func logOrders(of set: Int, excluded: Int) -> Double {
    logOrders[0] = 0
    var subset = 0
    while subset != set {
      // The next larger subset of the set.
      subset = (subset - set) & set
      var sum = LogSum()
      for last in 0..<first.count where subset >> last & 1 == 1 {
        let before = subset & ~(1 << last)
        sum.add(logOrders[before] - logLeft[excluded | before])
      }
      logOrders[subset] = sum.value
    }
    return logOrders[set]
  }
}
