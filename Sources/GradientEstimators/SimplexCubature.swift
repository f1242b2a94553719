internal import ElementwiseKernels
internal import RealModule

/// Exact cubature over the Dirichlet noise of ARS and ARSM, for variables of two or three categories.
///
/// All samples of those estimators compare pi_x with e^(logit_a - logit_b) pi_y. The lines where that comparison turns cut
/// the simplex into convex pieces; in each the samples are fixed and the gradient is linear in pi, so that a rule of
/// degree 2 for each piece integrates the gradient and its square exactly.
enum SimplexCubature {
  /// A point of the simplex with its share of the uniform law's mass.
  struct Node {
    let weight: Double
    let point: [Double]
  }

  /// - Returns: nil for more than three categories.
  static func nodes(logits: [Double]) -> [Node]? {
    switch logits.count {
    case 2: segmentNodes(ratios: ratios(logits))
    case 3: triangleNodes(ratios: ratios(logits))
    default: nil
    }
  }

  /// e^(logit_a - logit_b) for every ordered pair of different categories.
  private static func ratios(_ logits: [Double]) -> [Double] {
    let all = logits.indices.flatMap { a in
      logits.indices.filter { $0 != a }.map { Double.exp(logits[a] - logits[$0]) }
    }
    return Array(Set(all)).sorted()
  }

  // MARK: Two categories

  private static func segmentNodes(ratios: [Double]) -> [Node] {
    // pi_0 = k pi_1 at pi_0 = k / (1 + k), written so that no k overflows.
    let turns = ratios.map { 1 / (1 + 1 / $0) }.filter { $0 > 0 && $0 < 1 }
    let ends = [0] + turns.sorted() + [1]
    let offset = (1.0 / 12).squareRoot()
    return zip(ends, ends.dropFirst()).filter { $0 < $1 }.flatMap { lower, upper in
      [-offset, offset].map { place in
        let first = (lower + upper) / 2 + place * (upper - lower)
        return Node(weight: (upper - lower) / 2, point: [first, 1 - first])
      }
    }
  }

  // MARK: Three categories

  private static func triangleNodes(ratios: [Double]) -> [Node] {
    let corners = (0..<3).map { corner in (0..<3).map { $0 == corner ? 1.0 : 0 } }
    var pieces = [corners]
    for (x, y) in [(0, 1), (0, 2), (1, 2)] {
      for ratio in ratios { pieces = pieces.flatMap { split($0, x: x, y: y, ratio: ratio) } }
    }
    return pieces.flatMap { piece in
      (1..<piece.count - 1).flatMap { triangleRule(piece[0], piece[$0], piece[$0 + 1]) }
    }
  }

  /// The parts of a convex polygon on either side of pi_x = ratio pi_y.
  private static func split(_ polygon: [[Double]], x: Int, y: Int, ratio: Double) -> [[[Double]]] {
    // Divided by the larger coefficient, so that neither overflows.
    let scale = max(1, ratio)
    let heights = polygon.map { $0[x] / scale - $0[y] * (ratio / scale) }
    guard heights.contains(where: { $0 > 0 }), heights.contains(where: { $0 < 0 }) else { return [polygon] }
    return [1.0, -1].map { side in
      polygon.indices.flatMap { index -> [[Double]] in
        let next = (index + 1) % polygon.count
        let (height, following) = (side * heights[index], side * heights[next])
        var vertices = height >= 0 ? [polygon[index]] : []
        if (height > 0 && following < 0) || (height < 0 && following > 0) {
          let share = height / (height - following)
          vertices.append(zip(polygon[index], polygon[next]).map { $0 + share * ($1 - $0) })
        }
        return vertices
      }
    }
  }

  /// Three nodes that integrate every quadratic over a triangle exactly.
  private static func triangleRule(_ a: [Double], _ b: [Double], _ c: [Double]) -> [Node] {
    let doubledArea = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return [(a, b, c), (b, c, a), (c, a, b)].map { near, other, third in
      let point = near.indices.map { near[$0] * (2.0 / 3) + (other[$0] + third[$0]) / 6 }
      // The simplex itself has a doubled area of 1 in these coordinates.
      return Node(weight: doubledArea.magnitude / 3, point: point)
    }
  }
}
