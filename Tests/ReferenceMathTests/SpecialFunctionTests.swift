import ReferenceMath
import Testing

/// The references were computed with mpmath 1.3.0 at 40 digits: `loggamma`, `log(beta(a, b))`, `erf`,
/// `log(erfc(x))`.
@Suite struct SpecialFunctionTests {
  @Test("The log-gamma function agrees with mpmath, for negative arguments by absolute value")
  func gamma() throws {
    #expect(try agree(logGamma(0.1), 2.2527126517342059599, within: 1e-14))
    #expect(try agree(logGamma(1e6), 12815504.56914761166, within: 1e-15))
    #expect(try agree(logGamma(-1.5), 0.86004701537648101451, within: 1e-14))
  }

  @Test("The log-beta function and binomial coefficients do not cancel")
  func beta() throws {
    #expect(try agree(logBeta(0.5, 1e6), -6.335390211057436965, within: 1e-14))
    #expect(try agree(logBeta(3, 4), -4.0943445622221006848, within: 1e-14))
    #expect(try agree(logChoose(1_000_000_000, 3), 60.378038038611178465, within: 1e-13))
    #expect(try agree(logChoose(100, 50), 66.783841652017426009, within: 1e-13))
    #expect(try logChoose(7, 0) == 0)
    #expect(try logChoose(7, 7) == 0)
  }

  @Test("The error function and the logarithm of its tail agree with mpmath")
  func errorFunctionAndTail() throws {
    #expect(try agree(errorFunction(0.3), 0.32862675945912742764, within: 1e-15))
    #expect(try agree(logErfc(40), -1604.2615566532735557, within: 1e-14))
    #expect(try agree(logErfc(-3), 0.69313613525044681032, within: 1e-14))
  }

  @Test("Poles and arguments outside the domain throw, with GSL's function and the arguments")
  func domain() {
    let error = #expect(throws: GSLError.self) { try logGamma(-2) }
    #expect(error?.function == "gsl_sf_lngamma_e")
    #expect(error?.arguments == "x = -2.0")
    #expect(throws: GSLError.self) { try logBeta(0, 1) }
    #expect(throws: GSLError.self) { try logChoose(3, 4) }
    #expect(throws: GSLError.self) { try errorFunction(.nan) }
    #expect(throws: GSLError.self) { try logErfc(.nan) }
  }

  @Test("The version of the loaded library is known")
  func version() {
    #expect(GSLLibrary.version.split(separator: ".").count >= 2)
  }
}
