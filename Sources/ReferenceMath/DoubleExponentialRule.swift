internal import Foundation

/// Nodes and weights of the double-exponential (tanh-sinh) rule on a finite interval.
///
/// The integral over (a, b) of f(x) becomes a trapezoidal sum in t with x = (a + b) / 2 + (b - a) / 2 tanh(pi/2 sinh t).
/// For f analytic inside the interval the error falls exponentially with the number of nodes, whether or not f or its
/// derivatives are singular at the ends. Nodes that would round to an end carry less weight than rounding and are left out.
///
/// Source: Takahasi, Mori, "Double Exponential Formulas for Numerical Integration", Publications of the Research
/// Institute for Mathematical Sciences 9, 1974.
package struct DoubleExponentialRule: Sendable {
  package let nodes: [Double]
  /// They sum to the interval's length.
  package let weights: [Double]

  /// - Parameters:
  ///   - lower: the interval's start.
  ///   - upper: the interval's end.
  ///   - step: the distance of neighbouring nodes in t.
  /// - Precondition: `lower < upper`.
  package init(from lower: Double, to upper: Double, step: Double = 1.0 / 12) {
    precondition(lower < upper)
    let reach = Int((3.5 / step).rounded(.up))
    var nodes: [Double] = []
    var weights: [Double] = []
    for index in -reach...reach {
      let t = Double(index) * step
      let s = Double.pi / 2 * sinh(t)
      // The distance from the nearer end, without cancellation.
      let distance = (upper - lower) / (1 + exp(2 * abs(s)))
      let node = s < 0 ? lower + distance : upper - distance
      guard node > lower, node < upper else { continue }
      nodes.append(node)
      weights.append(Double.pi * cosh(t) * distance / (1 + exp(-2 * abs(s))))
    }
    // The trapezoidal sum of a constant is exact to rounding; the rest is what the left-out nodes carried.
    let total = weights.reduce(0, +)
    self.nodes = nodes
    self.weights = weights.map { $0 * (upper - lower) / total }
  }
}
