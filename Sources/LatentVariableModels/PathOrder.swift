internal import GradientEstimators

/// The paths of each layer in the order in which networks see them: the trunk first, whose rows have gradients.
struct PathOrder: Sendable {
  let tree: PathTree
  /// For each layer, the path at each position.
  let paths: [[Int]]
  /// For each layer, the position of each path.
  let positions: [[Int]]

  init(_ tree: PathTree) {
    self.tree = tree
    let paths = tree.trunk.indices.map { layer in
      [tree.trunk[layer]] + tree.parents[layer].indices.filter { $0 != tree.trunk[layer] }
    }
    self.paths = paths
    positions = paths.map { paths in
      var positions = [Int](repeating: 0, count: paths.count)
      for (position, path) in paths.enumerated() { positions[path] = position }
      return positions
    }
  }

  private static let input = [0]

  /// The paths that a layer continues, by position.
  func pathsBelow(_ layer: Int) -> [Int] { layer == 0 ? Self.input : paths[layer - 1] }
}
