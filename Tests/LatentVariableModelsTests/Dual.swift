import Numerics

/// A number with its derivative in one direction: forward differentiation, exact up to rounding.
///
/// The tests' own arithmetic: it shares nothing with the networks' backward passes that it checks.
struct Dual {
  var value: Double
  var derivative: Double = 0

  static func + (a: Dual, b: Dual) -> Dual {
    Dual(value: a.value + b.value, derivative: a.derivative + b.derivative)
  }
  static func - (a: Dual, b: Dual) -> Dual {
    Dual(value: a.value - b.value, derivative: a.derivative - b.derivative)
  }
  static func * (a: Dual, b: Dual) -> Dual {
    Dual(value: a.value * b.value, derivative: a.derivative * b.value + a.value * b.derivative)
  }

  static func / (a: Dual, b: Dual) -> Dual {
    let quotient = a.value / b.value
    return Dual(value: quotient, derivative: (a.derivative - quotient * b.derivative) / b.value)
  }

  static func log(_ a: Dual) -> Dual {
    Dual(value: Double.log(a.value), derivative: a.derivative / a.value)
  }

  static func exp(_ a: Dual) -> Dual {
    let value = Double.exp(a.value)
    return Dual(value: value, derivative: value * a.derivative)
  }

  /// log(1 / (1 + exp(-a))).
  static func logSigmoid(_ a: Dual) -> Dual {
    let tail = Double.exp(-a.value.magnitude)
    return Dual(
      value: min(a.value, 0) - Double.log(onePlus: tail),
      derivative: a.derivative * (a.value > 0 ? tail : 1) / (1 + tail))
  }

  func leakyReLU(slope: Double) -> Dual {
    value > 0 ? self : Dual(value: slope * value, derivative: slope * derivative)
  }
}
