/// How the sample paths of a layered estimator branch: each path of a layer continues one of the layer below.
///
/// Paths of the last layer are the estimator's evaluations. One path of each layer is its trunk: the gradient of layer t
/// is with respect to the logits that follow from the trunk of layer t - 1 (for layer 0, from the input), so parameters of
/// layer t get J^T gradient with that trunk's samples as the layer's input.
public struct PathTree: Hashable, Sendable {
  /// For each layer and each of its paths, the path of the layer below that it continues; 0, the input, in layer 0.
  public let parents: [[Int]]
  /// For each layer, its path from which the next layer's gradient starts.
  public let trunk: [Int]

  /// - Precondition: at least one layer, each with at least one path; parents and trunks are paths.
  public init(parents: [[Int]], trunk: [Int]) {
    precondition(!parents.isEmpty && parents.count == trunk.count)
    for layer in parents.indices {
      let below = layer == 0 ? 1 : parents[layer - 1].count
      precondition(parents[layer].indices.contains(trunk[layer]))
      precondition(parents[layer].allSatisfy { (0..<below).contains($0) })
    }
    self.parents = parents
    self.trunk = trunk
  }

  /// One path through all layers.
  ///
  /// - Precondition: at least one layer.
  public static func single(layers: Int) -> PathTree {
    PathTree(
      parents: Array(repeating: [0], count: layers), trunk: Array(repeating: 0, count: layers))
  }

  public var layers: Int { parents.count }
  /// Paths of the last layer.
  public var evaluations: Int { parents[layers - 1].count }

  /// Paths of a layer; layer -1 is the input, one path.
  public func paths(ofLayer layer: Int) -> Int { layer < 0 ? 1 : parents[layer].count }

  /// The trunk of the layer below: the path whose samples are the input of a layer's gradient.
  public func trunk(belowLayer layer: Int) -> Int { layer == 0 ? 0 : trunk[layer - 1] }

  /// The path of `layer` that an evaluation passes through.
  public func ancestor(ofEvaluation evaluation: Int, inLayer layer: Int) -> Int {
    (layer + 1..<layers).reversed().reduce(evaluation) { path, above in parents[above][path] }
  }
}
