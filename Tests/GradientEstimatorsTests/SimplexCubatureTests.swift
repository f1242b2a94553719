import ElementwiseKernels
import RealModule
import Testing

@testable import GradientEstimators

@Suite("Cubature of swapped races over the simplex")
struct SimplexCubatureTests {
  /// Equal and nearly equal logits, soft, sharp and saturated ones.
  static let logits: [[Double]] = [
    [0.2, 1.3], [-6, 6], [0, 0, 0], [0.31, -0.22, 0.05], [6, -6, 0], [1, 1, -40],
    [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 1e-14, 1], [4, -2, -1, 0.5], [6, -6, 5, 3], [-40, 40, 0, 1],
    [700, -700, 0, 1],
  ]

  @Test("The nodes have the mass and the first two moments of the uniform law", arguments: logits)
  func moments(logits: [Double]) {
    let nodes = SimplexCubature.pieces(logits: logits).flatMap { $0.rule() }
    let count = Double(logits.count)
    #expect(nodes.allSatisfy { node in node.weight >= 0 && node.point.allSatisfy { $0 >= 0 } })
    #expect((nodes.reduce(0) { $0 + $1.weight } - 1).magnitude < 1e-14)
    for i in logits.indices {
      #expect((nodes.reduce(0) { $0 + $1.weight * $1.point[i] } - 1 / count).magnitude < 1e-14)
      for k in logits.indices {
        let product = nodes.reduce(0) { $0 + $1.weight * $1.point[i] * $1.point[k] }
        #expect((product - (i == k ? 2 : 1) / (count * (count + 1))).magnitude < 1e-14)
      }
    }
  }

  @Test(
    "In each piece every race has one winner: at all nodes, and at points that lean to its corners",
    arguments: logits)
  func winners(logits: [Double]) {
    for piece in SimplexCubature.pieces(logits: logits) {
      #expect(hasOneWinner(piece, logits: logits))
    }
  }

  @Test("That fails in pieces made for other logits")
  func otherPieces() {
    for pair in [([0.31, -0.22, 0.05], [0.3, -0.22, 0.05]), ([4, -2, -1, 0.5], [4, -2, -1, 0.4])] {
      #expect(SimplexCubature.pieces(logits: pair.0).contains { !hasOneWinner($0, logits: pair.1) })
    }
  }

  /// Whether in every race with two entries swapped, or none, one category is first, up to rounding, at all points looked at.
  private func hasOneWinner(_ piece: SimplexCubature.Piece, logits: [Double]) -> Bool {
    let points = piece.rule().map(\.point) + leaning(piece)
    return logits.indices.allSatisfy { m in
      logits.indices.allSatisfy { j in
        let orders = points.map { point in
          var swapped = point
          swapped.swapAt(m, j)
          let times = zip(swapped, logits).map { .log($0) - $1 }
          return times.map { $0 <= (times.min() ?? 0) + 1e-12 }
        }
        return logits.indices.contains { category in orders.allSatisfy { $0[category] } }
      }
    }
  }

  /// Points that have nearly all of their weight at one or two corners.
  private func leaning(_ piece: SimplexCubature.Piece) -> [[Double]] {
    let corners = piece.vertices.indices
    return corners.flatMap { first in
      corners.map { second in
        let weights = corners.map { 0.01 + ($0 == first ? 0.7 : 0) + ($0 == second ? 0.3 : 0) }
        let total = weights.reduce(0, +)
        return piece.vertices[0].indices.map { place in
          zip(piece.vertices, weights).reduce(0) { $0 + $1.0[place] * $1.1 } / total
        }
      }
    }
  }
}
