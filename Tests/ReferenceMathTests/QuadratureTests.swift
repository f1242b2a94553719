import ReferenceMath
import Testing

@Suite struct QuadratureTests {
  @Test(
    "A rule integrates every polynomial up to degree 2 n - 1 exactly",
    arguments: [1, 2, 5, 20, 21, 50, 63, 200])
  func exactness(order: Int) throws {
    let rule = try GaussLegendreRule(order: order, on: 0...1)
    #expect(rule.nodes == rule.nodes.sorted())
    #expect(rule.nodes.allSatisfy { $0 > 0 && $0 < 1 })
    for degree in 0..<min(2 * order, 60) {
      let integral = rule.integrate { x in (0..<degree).reduce(1.0) { product, _ in product * x } }
      #expect(agree(integral, 1 / Double(degree + 1), within: 1e-14), "degree \(degree)")
    }
  }

  @Test("A rule of too low an order does not integrate the next polynomial")
  func inexactness() throws {
    let rule = try GaussLegendreRule(order: 2, on: 0...1)
    #expect(!agree(rule.integrate { $0 * $0 * $0 * $0 }, 0.2, within: 1e-3))
  }

  @Test("Nodes and weights agree with mpmath, tabulated by GSL or not")
  func nodes() throws {
    // mpmath 1.3.0: roots of legendre(n, x) and 2 / ((1 - x^2) P'(x)^2)
    let five = try GaussLegendreRule(order: 5, on: -1...1)
    #expect(agree(five.nodes[4], 0.9061798459386639928, within: 1e-15))
    #expect(agree(five.weights[4], 0.23692688505618908751, within: 1e-15))
    let fifty = try GaussLegendreRule(order: 50, on: -1...1)
    #expect(agree(fifty.nodes[49], 0.99886640442007105019, within: 1e-15))
    #expect(agree(fifty.weights[49], 0.0029086225531551409584, within: 1e-12))
    #expect(agree(fifty.nodes[25], 0.031098338327188876112, within: 1e-14))
    #expect(agree(fifty.weights[25], 0.062176616655347262321, within: 1e-14))
  }

  @Test("A rule of no node or on an infinite interval throws")
  func invalidRules() {
    #expect(throws: GSLError.self) { try GaussLegendreRule(order: 0) }
    #expect(throws: GSLError.self) { try GaussLegendreRule(order: 3, on: 0 ... .infinity) }
  }

  @Test("Adaptive quadrature reaches the stated accuracy on finite and infinite intervals")
  func adaptive() throws {
    let rational = try integrate(from: 0, to: 1) { 1 / (1 + $0 * $0) }
    #expect(agree(rational.value, .pi / 4, within: 1e-10))
    let singular = try integrate(from: 0, to: 1) { 1 / $0.squareRoot() }
    #expect(agree(singular.value, 2, within: 1e-10))
    let line = try integrate(from: -.infinity, to: .infinity) { 1 / (1 + $0 * $0) }
    #expect(agree(line.value, .pi, within: 1e-10))
    let right = try integrate(from: 1, to: .infinity) { 1 / ($0 * $0) }
    #expect(agree(right.value, 1, within: 1e-10))
    let left = try integrate(from: -.infinity, to: -1) { 1 / ($0 * $0) }
    #expect(agree(left.value, 1, within: 1e-10))
    #expect(line.absoluteError <= 1e-9)
  }

  struct Refusal: Error, Equatable { var x: Double }

  @Test("An error of the integrand comes out of the quadrature")
  func integrandError() {
    let error = #expect(throws: QuadratureError<Refusal>.self) {
      try integrate(from: 0, to: 1) { (x: Double) throws(Refusal) -> Double in
        if x > 0.9 { throw Refusal(x: x) }
        return x
      }
    }
    if case .integrand(let refusal)? = error {
      #expect(refusal.x > 0.9 && refusal.x < 1)
    } else {
      Issue.record("expected the integrand's error, got \(String(describing: error))")
    }
  }

  @Test("A divergent integral and too few subintervals throw, with GSL's function and the arguments")
  func divergence() {
    let error = #expect(throws: QuadratureError<Never>.self) { try integrate(from: 0, to: 1) { 1 / $0 } }
    if case .quadrature(let failure)? = error {
      #expect(failure.function == "gsl_integration_qags")
      #expect(failure.arguments.hasPrefix("a = 0.0, b = 1.0"))
    }
    #expect(throws: QuadratureError<Never>.self) {
      try integrate(from: 0, to: 100, subintervals: 1) { 1 / (1e-4 + ($0 - 31) * ($0 - 31)) }
    }
    #expect(throws: QuadratureError<Never>.self) { try integrate(from: 1, to: .nan) { $0 } }
    #expect(throws: QuadratureError<Never>.self) { try integrate(from: 0, to: 1) { _ in .nan } }
  }
}
