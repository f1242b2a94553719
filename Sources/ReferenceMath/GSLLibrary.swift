internal import CGSL

/// GSL's default handler aborts the process on any error. Initialised once, by the first entry point that is used;
/// the setting holds for the whole process, other users of GSL included.
private let errorHandlerIsOff: Void = { _ = unsafe gsl_set_error_handler_off() }()

/// The GNU Scientific Library that this process runs with.
public enum GSLLibrary {
  /// Its version, for example `2.7.1`, as the loaded library states it.
  public static var version: String { unsafe String(cString: cgsl_version()) }

  /// Makes GSL report failures as statuses; every entry point of this module calls it first.
  static func prepare() { _ = errorHandlerIsOff }

  /// The error of `function` called with `arguments`, in GSL's words.
  static func error(_ function: String, _ arguments: String, code: Int) -> GSLError {
    GSLError(
      function: function, code: Int32(code), arguments: arguments,
      reason: unsafe String(cString: gsl_strerror(Int32(code))))
  }

  /// Turns a status other than success into an error.
  static func check(
    _ status: Int32, _ function: String, _ arguments: @autoclosure () -> String
  ) throws(GSLError) {
    if status != Int32(GSL_SUCCESS) { throw error(function, arguments(), code: Int(status)) }
  }

  /// The value of a function that reports failure only as not-a-number.
  ///
  /// Some of these functions answer arguments outside their domain with a number, so the domain is checked first.
  static func number(
    _ function: String, _ arguments: @autoclosure () -> String, inDomain: Bool, _ value: () -> Double
  ) throws(GSLError) -> Double {
    prepare()
    guard inDomain else { throw error(function, arguments(), code: Int(GSL_EDOM)) }
    let result = value()
    guard !result.isNaN else { throw error(function, arguments(), code: Int(GSL_EFAILED)) }
    return result
  }

  /// The value of a special function that fills a result and returns a status.
  static func specialValue(
    _ function: String, _ arguments: @autoclosure () -> String,
    _ body: (inout gsl_sf_result) -> Int32
  ) throws(GSLError) -> Double {
    prepare()
    var result = gsl_sf_result(val: .nan, err: .nan)
    try check(body(&result), function, arguments())
    guard !result.val.isNaN else { throw error(function, arguments(), code: Int(GSL_EDOM)) }
    return result.val
  }
}
