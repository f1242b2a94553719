internal import CGSL

/// The Gauss-Legendre quadrature of one order on an interval: exact for polynomials of degree up to 2 order - 1.
///
/// Source: nodes by GSL (gsl_integration_glfixed); weights 2 / ((1 - x^2) P'(x)^2), Abramowitz and Stegun,
/// "Handbook of Mathematical Functions", 1964, equation 25.4.29.
public struct GaussLegendreRule: Hashable, Sendable {
  /// The nodes, ascending, strictly inside the interval.
  public let nodes: [Double]
  /// The positive weights; they sum to the length of the interval.
  public let weights: [Double]

  /// - Throws: `GSLError` unless `order` is in 1...100,000 and the interval is finite.
  /// - Complexity: order^2 multiplications, order of them where GSL has the order tabulated (1...20 and some
  ///   more).
  public init(order: Int, on interval: ClosedRange<Double> = 0...1) throws(GSLError) {
    GSLLibrary.prepare()
    let arguments = "n = \(order), interval = \(interval)"
    guard (1...100_000).contains(order), interval.lowerBound.isFinite, interval.upperBound.isFinite else {
      throw GSLLibrary.error("gsl_integration_glfixed_table_alloc", arguments, code: Int(GSL_EDOM))
    }
    guard let table = unsafe gsl_integration_glfixed_table_alloc(order) else {
      throw GSLLibrary.error("gsl_integration_glfixed_table_alloc", arguments, code: Int(GSL_ENOMEM))
    }
    defer { unsafe gsl_integration_glfixed_table_free(table) }
    let isTabulated = unsafe table.pointee.precomputed != 0
    let half = interval.upperBound / 2 - interval.lowerBound / 2
    let centre = interval.upperBound / 2 + interval.lowerBound / 2
    var nodes = [Double](), weights = [Double]()
    for place in 0..<order {
      var node = 0.0, weight = 0.0
      try GSLLibrary.check(
        unsafe gsl_integration_glfixed_point(-1, 1, place, &node, &weight, table),
        "gsl_integration_glfixed_point", arguments)
      // GSL iterates the orders that it has not tabulated: the nodes to the last bit, the weights only to 1e-10.
      if !isTabulated { weight = Self.weight(at: node, order: order) }
      nodes.append(centre + half * node)
      weights.append(half * weight)
    }
    self.nodes = nodes
    self.weights = weights
  }

  /// The sum of weight times value at the nodes.
  public func integrate(_ integrand: (Double) -> Double) -> Double {
    var sum = 0.0
    for (node, weight) in zip(nodes, weights) { sum += weight * integrand(node) }
    return sum
  }

  /// 2 / ((1 - x^2) P'(x)^2) with (1 - x^2) P'(x) = n (P_{n-1}(x) - x P_n(x)) of the Legendre polynomials.
  private static func weight(at x: Double, order: Int) -> Double {
    var previous = 1.0
    var current = x
    for degree in stride(from: 2.0, through: Double(order), by: 1) {
      (previous, current) = (current, ((2 * degree - 1) * x * current - (degree - 1) * previous) / degree)
    }
    let slope = Double(order) * (previous - x * current)
    return 2 * (1 - x) * (1 + x) / (slope * slope)
  }
}
