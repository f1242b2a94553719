/// The shape of a batch of several layers of latent variables, each layer's law given by the samples of the one below.
public struct LayeredShape: Hashable, Sendable {
  /// Data points of the batch; each has its own input and its own noise.
  public let rows: Int
  /// Variables of each layer, from the input side.
  public let widths: [Int]
  /// Categories of each variable; nil for binary variables.
  public let categories: Int?

  /// - Precondition: all numbers are positive, at least one layer, at least 2 categories if any.
  public init(rows: Int, widths: [Int], categories: Int? = nil) {
    precondition(rows > 0 && !widths.isEmpty && widths.allSatisfy { $0 > 0 })
    precondition(categories ?? 2 >= 2)
    self.rows = rows
    self.widths = widths
    self.categories = categories
  }

  public var layers: Int { widths.count }
  /// 1 for a binary variable, the number of categories for a categorical one.
  public var logitsPerVariable: Int { categories ?? 1 }

  /// Logits of a row at a layer.
  public func logitsPerRow(_ layer: Int) -> Int { widths[layer] * logitsPerVariable }

  /// The shape of one layer.
  public func layer(_ layer: Int) -> LatentShape {
    LatentShape(rows: rows, variables: widths[layer], logitsPerVariable: logitsPerVariable)
  }
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
