import ReferenceMath
import Testing

/// The references were computed with mpmath 1.3.0 at 40 digits: `erfc(-x/sqrt(2))/2`, `gammainc(nu/2, 0, x/2,
/// regularized=True)`, `betainc(nu/2, 1/2, 0, nu/(nu+x*x), regularized=True)/2`, `betainc(a, b, 0, x,
/// regularized=True)`, sums of binomial terms, and `findroot` on these for the quantiles.
@Suite struct DistributionTests {
  @Test("The normal distribution agrees with mpmath in the middle and in both tails")
  func normal() throws {
    #expect(try agree(normalCDF(-8), 6.2209605742717841235e-16, within: 1e-14))
    #expect(try agree(normalCDF(-1.5), 0.066807201268858066004, within: 1e-15))
    #expect(try agree(normalCDF(0.25), 0.59870632568292372424, within: 1e-15))
    #expect(try agree(normalTail(10), 7.619853024160526066e-24, within: 1e-14))
    #expect(try agree(normalQuantile(1e-12), -7.0344838253011319298, within: 1e-14))
    #expect(try agree(normalQuantile(0.025), -1.9599639845400542355, within: 1e-14))
    #expect(try agree(normalQuantile(0.9), 1.281551565544600467, within: 1e-14))
    #expect(try normalQuantile(0) == -.infinity)
    #expect(try normalQuantile(1) == .infinity)
  }

  @Test("The chi-squared distribution agrees with mpmath, where GSL's own quantile answers not-a-number too")
  func chiSquared() throws {
    #expect(try agree(chiSquaredCDF(2.5, degreesOfFreedom: 3), 0.52470891665697940984, within: 1e-13))
    #expect(try agree(chiSquaredTail(100, degreesOfFreedom: 10), 5.4497019829205293351e-17, within: 1e-12))
    #expect(try agree(chiSquaredQuantile(0.025, degreesOfFreedom: 4), 0.4844185570879298058, within: 1e-13))
    #expect(try agree(chiSquaredQuantile(0.9, degreesOfFreedom: 1.5), 3.7042599078198316687, within: 1e-13))
    // scipy 1.17.1: chi2.ppf(1e-12, 1), chi2.ppf(0.025, 1e6)
    #expect(try agree(chiSquaredQuantile(1e-12, degreesOfFreedom: 1), 1.5707963267948931e-24, within: 1e-12))
    #expect(try agree(chiSquaredQuantile(0.025, degreesOfFreedom: 1e6), 997230.0871432901, within: 1e-11))
    #expect(try chiSquaredQuantile(0, degreesOfFreedom: 2) == 0)
    #expect(try chiSquaredQuantile(1, degreesOfFreedom: 2) == .infinity)
  }

  @Test("Student's distribution agrees with mpmath, one part in 10^12 into the tail too")
  func student() throws {
    #expect(try agree(studentTail(2.5, degreesOfFreedom: 4), 0.033383272405994072519, within: 1e-13))
    #expect(try agree(studentCDF(-2.5, degreesOfFreedom: 4), 0.033383272405994072519, within: 1e-13))
    #expect(try agree(studentTail(40, degreesOfFreedom: 9), 9.4914992246699132352e-12, within: 1e-12))
    #expect(try agree(studentQuantile(0.975, degreesOfFreedom: 4), 2.7764451051977943578, within: 1e-13))
    #expect(try agree(studentQuantile(0.0005, degreesOfFreedom: 30), -3.6459586350420218161, within: 1e-13))
    // One degree of freedom: the quantile is -cot(pi p).
    #expect(try agree(studentQuantile(1e-12, degreesOfFreedom: 1), -318_309_886_183.79067154, within: 1e-13))
    #expect(try studentQuantile(0.5, degreesOfFreedom: 7) == 0)
    #expect(try studentQuantile(1, degreesOfFreedom: 7) == .infinity)
  }

  @Test("The beta and binomial distributions agree with mpmath")
  func betaAndBinomial() throws {
    #expect(try agree(betaCDF(0.3, 2, 5), 0.579825, within: 1e-13))
    #expect(try agree(betaTail(0.3, 2, 5), 1 - 0.579825, within: 1e-13))
    #expect(try agree(betaCDF(0.001, 3, 9998), 0.99723967590925088896, within: 1e-9))
    #expect(try agree(betaQuantile(0.01, 2, 5), 0.026763191142755056803, within: 1e-13))
    #expect(
      try agree(
        binomialUpperTail(atLeast: 12, trials: 50, probability: 0.1), 0.0032199211359099119536, within: 1e-13)
    )
    #expect(
      try agree(
        binomialLowerTail(atMost: 2, trials: 50, probability: 0.1), 0.11172875634634714781, within: 1e-13))
    #expect(try binomialUpperTail(atLeast: 0, trials: 5, probability: 0.1) == 1)
    #expect(try binomialUpperTail(atLeast: 6, trials: 5, probability: 0.9) == 0)
    #expect(try binomialLowerTail(atMost: 5, trials: 5, probability: 0.9) == 1)
    #expect(try binomialLowerTail(atMost: -1, trials: 5, probability: 0.9) == 0)
  }

  @Test(
    "Quantiles and distribution functions are inverse to each other", arguments: [1e-9, 0.003, 0.4, 0.77])
  func inverse(p: Double) throws {
    #expect(try agree(normalCDF(normalQuantile(p)), p, within: 1e-12))
    #expect(
      try agree(
        studentCDF(studentQuantile(p, degreesOfFreedom: 3.5), degreesOfFreedom: 3.5), p, within: 1e-12))
    #expect(
      try agree(
        chiSquaredCDF(chiSquaredQuantile(p, degreesOfFreedom: 12), degreesOfFreedom: 12), p, within: 1e-12))
    #expect(try agree(betaCDF(betaQuantile(p, 40, 7), 40, 7), p, within: 1e-12))
  }

  @Test("Arguments outside the domain throw, with GSL's function and the arguments")
  func domain() {
    let error = #expect(throws: GSLError.self) { try normalQuantile(1.5) }
    #expect(error?.function == "gsl_cdf_ugaussian_Pinv")
    #expect(error?.arguments == "P = 1.5")
    #expect(error?.code == 1)
    #expect(error?.description == "gsl_cdf_ugaussian_Pinv(P = 1.5): input domain error (GSL status 1)")
    #expect(throws: GSLError.self) { try normalCDF(.nan) }
    #expect(throws: GSLError.self) { try studentQuantile(-0.1, degreesOfFreedom: 3) }
    #expect(throws: GSLError.self) { try studentQuantile(0.3, degreesOfFreedom: 0) }
    #expect(throws: GSLError.self) { try studentCDF(1, degreesOfFreedom: -2) }
    #expect(throws: GSLError.self) { try chiSquaredCDF(1, degreesOfFreedom: -2) }
    #expect(throws: GSLError.self) { try chiSquaredQuantile(.nan, degreesOfFreedom: 2) }
    #expect(throws: GSLError.self) { try betaCDF(0.5, -1, 2) }
    #expect(throws: GSLError.self) { try betaQuantile(2, 1, 2) }
    #expect(throws: GSLError.self) { try binomialUpperTail(atLeast: 1, trials: -1, probability: 0.5) }
    #expect(throws: GSLError.self) { try binomialLowerTail(atMost: 1, trials: 3, probability: 1.5) }
  }

  @Test("A result that is not a number throws where GSL reports nothing")
  func silentFailure() {
    // The continued fraction does not converge at the mean for so many trials.
    let error = #expect(throws: GSLError.self) { try betaCDF(0.5, 5e8, 5e8) }
    #expect(error?.function == "gsl_cdf_beta_P")
    #expect(error?.code == 5)
  }
}
