internal import CGSL

/// An integral and GSL's estimate of its absolute error.
public struct Integral: Hashable, Sendable {
  public let value: Double
  public let absoluteError: Double
}

/// Why an adaptive quadrature failed: the integrand threw, or GSL gave up.
public enum QuadratureError<IntegrandError: Error>: Error, CustomStringConvertible {
  case integrand(IntegrandError)
  case quadrature(GSLError)

  public var description: String {
    switch self {
    case .integrand(let error): "the integrand threw: \(error)"
    case .quadrature(let error): error.description
    }
  }
}

/// The integral of `integrand` from `lower` to `upper` (either may be infinite) by adaptive Gauss-Kronrod
/// quadrature with extrapolation; integrable singularities may lie at the ends.
///
/// It stops when the estimated error is below `absoluteError`, or below `relativeError` times the integral.
///
/// - Throws: `QuadratureError.integrand` with the first error of the integrand; `.quadrature` where the accuracy
///   is not reached, the integral diverges, or an argument is not a number.
/// - Complexity: 15 or 21 evaluations of the integrand for each subinterval.
///
/// Source: GSL's QAGS, QAGI, QAGIU and QAGIL, after Piessens, de Doncker, Ueberhuber, Kahaner, "QUADPACK", 1983.
public func integrate<IntegrandError: Error>(
  from lower: Double, to upper: Double, absoluteError: Double = 0, relativeError: Double = 1e-10,
  subintervals: Int = 1000, _ integrand: (Double) throws(IntegrandError) -> Double
) throws(QuadratureError<IntegrandError>) -> Integral {
  let arguments = "a = \(lower), b = \(upper), epsabs = \(absoluteError), epsrel = \(relativeError)"
  guard lower <= upper, subintervals > 0 else {
    throw .quadrature(GSLLibrary.error("gsl_integration_qags", arguments, code: Int(GSL_EDOM)))
  }
  var failure: IntegrandError?
  // Asked before each evaluation: a plain flag needs no look at a generic type.
  var hasFailed = false
  let outcome = withoutActuallyEscaping(integrand) { integrand in
    run(from: lower, to: upper, absoluteError, relativeError, subintervals) { x in
      // Nothing can be thrown through GSL: after a failure the rest of its nodes are answered without evaluation.
      guard !hasFailed else { return .nan }
      do throws(IntegrandError) { return try integrand(x) } catch {
        hasFailed = true
        failure = error
        return .nan
      }
    }
  }
  if let failure { throw .integrand(failure) }
  guard outcome.status == Int32(GSL_SUCCESS), !outcome.integral.value.isNaN else {
    let code = outcome.status == Int32(GSL_SUCCESS) ? Int(GSL_EFAILED) : Int(outcome.status)
    throw .quadrature(GSLLibrary.error(outcome.function, arguments, code: code))
  }
  return outcome.integral
}

private struct Outcome {
  var function: String
  var status: Int32
  var integral: Integral
}

/// What GSL hands back to the integrand's trampoline.
private struct Context {
  var integrand: (Double) -> Double
}

private func run(
  from lower: Double, to upper: Double, _ absoluteError: Double, _ relativeError: Double, _ limit: Int,
  _ integrand: (Double) -> Double
) -> Outcome {
  GSLLibrary.prepare()
  return withoutActuallyEscaping(integrand) { integrand in
    guard let workspace = unsafe gsl_integration_workspace_alloc(limit) else {
      return Outcome(
        function: "gsl_integration_workspace_alloc", status: Int32(GSL_ENOMEM),
        integral: Integral(value: .nan, absoluteError: .nan))
    }
    defer { unsafe gsl_integration_workspace_free(workspace) }
    var context = Context(integrand: integrand)
    var value = Double.nan, error = Double.nan
    return unsafe withUnsafeMutablePointer(to: &context) { context in
      var function = unsafe gsl_function(
        function: { x, context in
          guard let context = unsafe context else { return .nan }
          return unsafe context.assumingMemoryBound(to: Context.self).pointee.integrand(x)
        }, params: context)
      let name: String
      let status: Int32
      switch (lower.isFinite, upper.isFinite) {
      case (true, true):
        name = "gsl_integration_qags"
        status = unsafe gsl_integration_qags(
          &function, lower, upper, absoluteError, relativeError, limit, workspace, &value, &error)
      case (true, false):
        name = "gsl_integration_qagiu"
        status = unsafe gsl_integration_qagiu(
          &function, lower, absoluteError, relativeError, limit, workspace, &value, &error)
      case (false, true):
        name = "gsl_integration_qagil"
        status = unsafe gsl_integration_qagil(
          &function, upper, absoluteError, relativeError, limit, workspace, &value, &error)
      case (false, false):
        name = "gsl_integration_qagi"
        status = unsafe gsl_integration_qagi(
          &function, absoluteError, relativeError, limit, workspace, &value, &error)
      }
      return Outcome(
        function: name, status: status, integral: Integral(value: value, absoluteError: error))
    }
  }
}
