/// Nodes of a cubature over points of C coordinates, of which few are kept: C (C + 1) / 2, enough by Caratheodory's theorem
/// for the integrals of all quadratic forms to stay as they are, and all weights positive.
///
/// Nodes are taken in one by one. Where one is too many, the weights are moved along a direction that changes no integral of
/// x_i x_k until the first of them is 0.
///
/// - Complexity: C^6 / 8 multiplications for each node taken in.
struct QuadraticReduction {
  private(set) var nodes: [SimplexCubature.Node] = []

  mutating func add(_ node: SimplexCubature.Node) {
    guard node.weight > 0 else { return }
    nodes.append(node)
    if nodes.count > node.point.count * (node.point.count + 1) / 2 { removeOne() }
  }

  private mutating func removeOne() {
    let direction = freeDirection()
    let steps = nodes.indices.map {
      direction[$0] > 0 ? nodes[$0].weight / direction[$0] : .infinity
    }
    guard let removed = steps.indices.min(by: { steps[$0] < steps[$1] }) else { return }
    for place in nodes.indices {
      nodes[place].weight = max(0, nodes[place].weight - steps[removed] * direction[place])
    }
    nodes.remove(at: removed)
  }

  /// Changes of the weights, one of them 1, that change no integral of x_i x_k.
  ///
  /// The nodes' products are the rows of a matrix with one row more than columns; elimination with full pivoting leaves one row
  /// 0, and the combination of rows that it is the direction.
  private func freeDirection() -> [Double] {
    let rank = nodes.count - 1
    let width = rank + nodes.count
    var rows = nodes.indices.flatMap { node in
      Self.products(nodes[node].point) + nodes.indices.map { $0 == node ? 1 : 0 }
    }
    for step in 0..<rank {
      var pivot = step * width
      for row in step...rank {
        for place in row * width..<row * width + rank where rows[place].magnitude > rows[pivot].magnitude {
          pivot = place
        }
      }
      guard rows[pivot] != 0 else { break }
      let (pivotRow, column) = (pivot / width, pivot % width)
      for place in 0..<width { rows.swapAt(step * width + place, pivotRow * width + place) }
      for row in step + 1...rank {
        let factor = rows[row * width + column] / rows[step * width + column]
        for place in 0..<width { rows[row * width + place] -= factor * rows[step * width + place] }
        rows[row * width + column] = 0
      }
    }
    return Array(rows[(rank * width + rank)...])
  }

  private static func products(_ point: [Double]) -> [Double] {
    point.indices.flatMap { i in (0...i).map { point[i] * point[$0] } }
  }
}
