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
    arguments: [[-6, 6], [0.31, -0.22, 0.05], [6, -6, 0], [0, 0, 1e-14, 1], [0.2, -0.4, 0.6, 0.1]])
  func winners(logits: [Double]) {
    for piece in SimplexCubature.pieces(logits: logits) {
      #expect(hasOneWinner(piece, logits: logits))
    }
  }

  @Test("That fails in pieces made for other logits")
  func otherPieces() {
    for pair in [([0.31, -0.22, 0.05], [0.3, -0.22, 0.05]), ([0, 0, 0, 0], [0, 0, 0, 0.1])] {
      #expect(SimplexCubature.pieces(logits: pair.0).contains { !hasOneWinner($0, logits: pair.1) })
    }
  }

  @Test(
    "Few nodes are kept, with positive weights and the same integrals of all quadratics", arguments: 2...4)
  func reduction(coordinates: Int) {
    let nodes = (1...60).map { number in
      let entries = (1...coordinates).map {
        (Double(number * $0 * $0) * 0.754_877_666_246_692_7).truncatingRemainder(dividingBy: 1)
      }
      return SimplexCubature.Node(
        weight: Double(number) / 1830, point: entries.map { $0 / entries.reduce(0, +) })
    }
    var reduction = QuadraticReduction()
    for node in nodes { reduction.add(node) }
    #expect(reduction.nodes.count == coordinates * (coordinates + 1) / 2)
    #expect(reduction.nodes.allSatisfy { $0.weight >= 0 })
    for i in 0..<coordinates {
      for k in 0..<coordinates {
        let integrals = [nodes, reduction.nodes].map {
          $0.reduce(0) { $0 + $1.weight * $1.point[i] * $1.point[k] }
        }
        #expect((integrals[0] - integrals[1]).magnitude < 1e-14)
      }
    }
  }

  /// Whether in every race with two entries swapped, or none, one category is first, up to rounding, at all points looked at.
  private func hasOneWinner(_ piece: SimplexCubature.Piece, logits: [Double]) -> Bool {
    let times = (piece.rule().map(\.point) + leaning(piece)).map { $0.map { Double.log($0) } }
    return logits.indices.allSatisfy { m in
      (m..<logits.count).allSatisfy { j in
        var first = Set(logits.indices)
        for point in times {
          var swapped = point
          swapped.swapAt(m, j)
          for category in logits.indices { swapped[category] -= logits[category] }
          let least = swapped.min() ?? 0
          first = first.filter { swapped[$0] <= least + 1e-12 }
        }
        return !first.isEmpty
      }
    }
  }

  /// Points that have nearly all of their weight at one corner.
  private func leaning(_ piece: SimplexCubature.Piece) -> [[Double]] {
    let corners = piece.vertices.indices
    return corners.map { first in
      piece.vertices[0].indices.map { place in
        corners.reduce(0) { sum, corner in
          let share = corner == first ? 1 - 0.01 * Double(corners.count - 1) : 0.01
          return sum + share * piece.vertices[corner][place]
        }
      }
    }
  }
}
