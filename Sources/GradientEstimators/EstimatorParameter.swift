extension EstimatorCatalogue {
  /// A number that an estimator's name takes after a colon.
  public struct Parameter: Hashable, Sendable {
    /// What it is: what it counts, in the plural, or the quantity.
    public let name: String
    public let allowed: ClosedRange<Double>
    /// Whether only whole numbers are taken.
    public let isWhole: Bool
    /// The number that a name without parameters stands for, if it may be left out.
    public let whenMissing: Double?
    /// The number that messages propose.
    let example: Double

    /// What may be typed, in words.
    var expectation: String {
      let range = "from \(text(of: allowed.lowerBound)) to \(text(of: allowed.upperBound))"
      return isWhole ? "a whole number of \(name) \(range)" : "a \(name) \(range)"
    }

    /// The number of a text, if it is one that the parameter takes.
    func value(of text: Substring) -> Double? {
      guard text.allSatisfy({ ("0"..."9").contains($0) || (!isWhole && $0 == ".") }),
        let value = Double(text), allowed.contains(value)
      else { return nil }
      return value
    }

    static let samples = Parameter(
      name: "samples", allowed: 2...256, isWhole: true, whenMissing: nil, example: 4)
    static let pairs = Parameter(name: "pairs", allowed: 1...128, isWhole: true, whenMissing: 1, example: 2)
    static let boundSamples = Parameter(
      name: "samples of the bound", allowed: 2...256, isWhole: true, whenMissing: nil, example: 5)
    static let boundPairs = Parameter(
      name: "samples of the bound", allowed: 1...128, isWhole: true, whenMissing: nil, example: 5)
    static let setStates = Parameter(
      name: "states in a set", allowed: 2...8, isWhole: true, whenMissing: nil, example: 3)
    static let temperature = Parameter(
      name: "temperature", allowed: 0.01...100, isWhole: false, whenMissing: nil, example: 0.5)
  }
}
