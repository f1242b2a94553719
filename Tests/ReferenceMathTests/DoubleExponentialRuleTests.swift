import Foundation
import Testing

@testable import ReferenceMath

@Suite struct DoubleExponentialRuleTests {
  @Test(
    "Singular ends cost nothing: square root, logarithm and logistic functions are integrated to rounding")
  func singularEnds() {
    let rule = DoubleExponentialRule(from: 0, to: 1)
    #expect(agree(integrate(rule) { $0.squareRoot() }, 2.0 / 3, within: 1e-14))
    #expect(agree(integrate(rule) { log($0) }, -1, within: 1e-13))
    #expect(agree(integrate(rule) { 1 / (1 + exp($0)) }, 1 - log((1 + M_E) / 2), within: 1e-14))
  }

  @Test("An interval is shifted and scaled, and the weights sum to its length")
  func interval() {
    let rule = DoubleExponentialRule(from: 0.25, to: 0.75)
    #expect(agree(rule.weights.reduce(0, +), 0.5, within: 1e-15))
    #expect(rule.nodes.allSatisfy { $0 > 0.25 && $0 < 0.75 })
    #expect(agree(integrate(rule) { $0 * $0 }, (0.421875 - 0.015625) / 3, within: 1e-14))
  }

  @Test("A jump inside the interval is not integrated exactly: it must be a breakpoint")
  func jump() {
    let rule = DoubleExponentialRule(from: 0, to: 1)
    #expect(!agree(integrate(rule) { $0 < 0.3 ? 1 : 0 }, 0.3, within: 1e-6))
  }

  private func integrate(_ rule: DoubleExponentialRule, _ f: (Double) -> Double) -> Double {
    zip(rule.nodes, rule.weights).reduce(0) { $0 + $1.1 * f($1.0) }
  }
}
