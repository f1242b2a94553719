/// The shape of a batch of several layers of binary variables, each layer's law given by the samples of the one below.
public struct LayeredShape: Hashable, Sendable {
  /// Data points of the batch; each has its own input and its own noise.
  public let rows: Int
  /// Binary variables of each layer, from the input side.
  public let widths: [Int]

  /// - Precondition: all numbers are positive, at least one layer.
  public init(rows: Int, widths: [Int]) {
    precondition(rows > 0 && !widths.isEmpty && widths.allSatisfy { $0 > 0 })
    self.rows = rows
    self.widths = widths
  }

  public var layers: Int { widths.count }

  /// The shape of one layer.
  public func layer(_ layer: Int) -> LatentShape { LatentShape(rows: rows, variables: widths[layer]) }
}

/// Uniform numbers that one row takes at one layer.
///
/// The noise of a layer of a batch is [rows x own], then [rows x continuing].
public struct LayerNoise: Hashable, Sendable {
  /// For the samples that the layer's own gradient is made of.
  public let own: Int
  /// For the samples that continue the paths of the layers below.
  public let continuing: Int

  public init(own: Int, continuing: Int = 0) {
    self.own = own
    self.continuing = continuing
  }

  public var perRow: Int { own + continuing }
}
