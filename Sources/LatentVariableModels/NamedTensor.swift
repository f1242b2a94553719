/// A tensor by name, as it stands in a checkpoint: row-major, `Float`.
public struct NamedTensor: Hashable, Sendable {
  public let name: String
  public let shape: [Int]
  public let values: [Float]

  /// - Precondition: the product of `shape` is `values.count`.
  public init(name: String, shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count)
    self.name = name
    self.shape = shape
    self.values = values
  }
}
