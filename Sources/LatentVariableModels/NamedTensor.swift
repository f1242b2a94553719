/// A tensor by name, as it stands in a checkpoint; row-major.
public struct NamedTensor: Hashable, Sendable {
  /// Elements, in the precision in which they are computed with, so that a checkpoint continues bit for bit.
  public enum Values: Hashable, Sendable {
    case float([Float])
    case double([Double])

    public var count: Int {
      switch self {
      case .float(let values): values.count
      case .double(let values): values.count
      }
    }
  }

  /// For example `encoder.0.weight`.
  public let name: String
  public let shape: [Int]
  public let values: Values

  /// - Precondition: the product of `shape` is `values.count`.
  public init(name: String, shape: [Int], values: Values) {
    precondition(shape.reduce(1, *) == values.count)
    self.name = name
    self.shape = shape
    self.values = values
  }

  /// Whether no element is infinite or no number.
  package var isFinite: Bool {
    switch values {
    case .float(let values): values.allSatisfy(\.isFinite)
    case .double(let values): values.allSatisfy(\.isFinite)
    }
  }
}
