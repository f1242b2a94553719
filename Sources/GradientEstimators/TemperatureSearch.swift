internal import RealModule

/// The temperature for which the mean square of a gradient is least, learnt without derivatives.
///
/// The derivative of a REBAR gradient with respect to the temperature takes second derivatives of f. Steps are taken in pairs instead: the first
/// uses the logarithm log tau + d, the second log tau - d; if their mean squares are S+ and S-, then
/// (S+ - S-) / (d (S+ + S-)) estimates the derivative of log S, and log tau descends along it. Each step's temperature is a function of earlier
/// steps only. What the finite difference costs is noise, not evaluations.
///
/// Source: Kiefer, Wolfowitz, "Stochastic Estimation of the Maximum of a Regression Function", Annals of Mathematical Statistics 23, 1952.
struct TemperatureSearch: Sendable {
  /// The temperatures that are ever used.
  static let range = 0.1...1.0
  /// The difference d in the logarithm.
  private static let difference = 0.1
  private static let rate = 0.01

  /// log tau between the two of a pair.
  private var center: Double
  /// The mean square of the pair's first step, once it is known.
  private var first: Double?

  /// - Precondition: the temperature lies in `range`.
  init(_ temperature: Double) {
    precondition(
      Self.range.contains(temperature), "a temperature lies in \(Self.range), not at \(temperature)")
    center = Self.clamped(.log(temperature))
  }

  /// The temperature of the next step.
  var temperature: Double {
    let next = Double.exp(center + (first == nil ? Self.difference : -Self.difference))
    return min(max(next, Self.range.lowerBound), Self.range.upperBound)
  }

  /// [log tau, mean square of the pair's first step or -1].
  var state: [Double] {
    get { [center, first ?? -1] }
    set {
      center = newValue[0]
      first = newValue[1] < 0 ? nil : newValue[1]
    }
  }

  /// Learns from a step: the mean over its rows of |g|^2.
  mutating func learn(meanSquare: Double) {
    guard let before = first else {
      first = meanSquare
      return
    }
    first = nil
    let sum = before + meanSquare
    guard sum > 0 else { return }
    center = Self.clamped(center - Self.rate * (before - meanSquare) / (Self.difference * sum))
  }

  private static func clamped(_ logarithm: Double) -> Double {
    min(
      max(logarithm, .log(range.lowerBound) + difference), .log(range.upperBound) - difference)
  }
}
