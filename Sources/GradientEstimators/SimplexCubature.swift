internal import ElementwiseKernels
internal import RealModule

/// Exact cubature over the Dirichlet noise pi of ARS and ARSM for one variable.
///
/// Each of their samples is the winner of a race in which two entries of pi are swapped, or none: race s gives category c
/// the time pi_s(c) e^(-logit_c). As times are linear in pi, a category that is no later than the others at all vertices of a
/// simplex wins in the whole of it. So the simplex is bisected until every race has one winner in each piece; there the
/// samples are fixed, the gradient is linear in pi, and a rule of degree 2 integrates it and its square exactly.
///
/// - Complexity: 3 pieces for two categories, some 40 for three, some thousand for four; C nodes for each.
struct SimplexCubature {
  /// A point of the simplex with its share of the uniform law's mass.
  struct Node {
    var weight: Double
    let point: [Double]
  }

  /// The pieces of five categories are tens to hundreds of thousands.
  static let largestCategoryCount = 4

  /// Times closer than this to each other, relative to their sum, are equal: the vertices that a cut makes lie on its plane, and
  /// on others that meet it there, up to a few units of rounding.
  private static let tolerance = 64 * Double.ulpOfOne

  private let categories: Int
  /// Of each race, whose entry of pi each category has.
  private let races: [[Int]]
  /// What pi_s(a) is multiplied by before it is compared with that of b, [a x b]: e^(-logit_a) over the larger of e^(-logit_a)
  /// and e^(-logit_b), so that none overflows.
  private let factors: [Double]

  private init(logits: [Double]) {
    let all = Array(logits.indices)
    categories = logits.count
    races =
      [all]
      + all.flatMap { m in
        all[(m + 1)...].map { j in
          var swapped = all
          swapped.swapAt(m, j)
          return swapped
        }
      }
    factors = all.flatMap { a in all.map { b in min(1, .exp(logits[b] - logits[a])) } }
  }

  /// - Precondition: at most `largestCategoryCount` logits.
  static func pieces(logits: [Double]) -> [Piece] {
    precondition(logits.count <= largestCategoryCount)
    return SimplexCubature(logits: logits).pieces()
  }

  // MARK: Pieces

  /// A simplex within the simplex.
  struct Piece {
    /// Its share of the volume.
    var weight: Double
    /// As many as categories; each a point.
    var vertices: [[Double]]
    /// How many of the races, the first ones, are known to have one winner.
    fileprivate var decidedRaces: Int

    /// Nodes on the lines from the barycentre to the vertices, which integrate every quadratic exactly.
    ///
    /// Over a simplex of n = C vertices, E[x_i x_k] = (1 + [i = k]) / (n (n + 1)) for barycentric coordinates x; the n
    /// permutations of (s + t, t, ..., t) have this mean for s = 1 / sqrt(n + 1), t = (1 - s) / n.
    func rule() -> [Node] {
      let count = Double(vertices.count)
      let own = 1 / (count + 1).squareRoot()
      let shared = (1 - own) / count
      let sum = vertices.dropFirst().reduce(vertices[0]) { zip($0, $1).map(+) }
      return vertices.map { vertex in
        Node(weight: weight / count, point: zip(sum, vertex).map { shared * $0 + own * $1 })
      }
    }
  }

  /// Two vertices of a piece on different sides of a comparison, with the distances of both from its plane.
  private struct Crossing {
    let places: (Int, Int)
    let distances: (Double, Double)
  }

  private func pieces() -> [Piece] {
    let corners = (0..<categories).map { corner in (0..<categories).map { $0 == corner ? 1.0 : 0 } }
    var undecided = [Piece(weight: 1, vertices: corners, decidedRaces: 0)]
    var pieces: [Piece] = []
    while var piece = undecided.popLast() {
      if let crossing = firstCrossing(in: &piece) {
        undecided += Self.bisected(piece, at: crossing)
      } else {
        pieces.append(piece)
      }
    }
    return pieces
  }

  /// Where a piece must be cut next; nil where every race has one winner in it.
  private func firstCrossing(in piece: inout Piece) -> Crossing? {
    while piece.decidedRaces < races.count {
      if let crossing = crossing(of: races[piece.decidedRaces], in: piece) { return crossing }
      piece.decidedRaces += 1
    }
    return nil
  }

  /// The halves of a piece whose edge is cut. Each share is computed from its own distance: it may be far below 1.
  private static func bisected(_ piece: Piece, at crossing: Crossing) -> [Piece] {
    let ((i, k), (near, far)) = (crossing.places, crossing.distances)
    let shares = (far.magnitude / (near - far).magnitude, near.magnitude / (near - far).magnitude)
    let middle = zip(piece.vertices[i], piece.vertices[k]).map { shares.0 * $0 + shares.1 * $1 }
    return [(k, shares.1), (i, shares.0)].map { replaced, share in
      var half = piece
      half.weight *= share
      half.vertices[replaced] = middle
      return half
    }
  }

  // MARK: Races

  /// The time of category a less that of b at a point, up to a common factor; 0 where they are equal up to rounding.
  private func lead(_ a: Int, _ b: Int, in race: [Int], at point: [Double]) -> Double {
    let times = (
      point[race[a]] * factors[a * categories + b], point[race[b]] * factors[b * categories + a]
    )
    let difference = times.0 - times.1
    return difference.magnitude > Self.tolerance * (times.0 + times.1) ? difference : 0
  }

  /// Where a piece must be cut before a race has one winner in it; nil where it has one.
  ///
  /// A comparison matters only between categories that no third one always beats. It is always the first of those that still
  /// crosses the piece, so that no later cut moves a vertex to its other side, and the bisections end.
  private func crossing(of race: [Int], in piece: Piece) -> Crossing? {
    var isBeaten = [Bool](repeating: false, count: categories)
    var crossings: [(a: Int, b: Int, crossing: Crossing)] = []
    for a in 0..<categories {
      for b in a + 1..<categories {
        let leads = piece.vertices.map { lead(a, b, in: race, at: $0) }
        switch (leads.firstIndex { $0 > 0 }, leads.firstIndex { $0 < 0 }) {
        case (let later?, let earlier?):
          crossings.append(
            (a, b, Crossing(places: (later, earlier), distances: (leads[later], leads[earlier]))))
        case (_?, nil): isBeaten[a] = true
        case (nil, _?): isBeaten[b] = true
        case (nil, nil): break
        }
      }
    }
    return crossings.first { !isBeaten[$0.a] && !isBeaten[$0.b] }?.crossing
  }
}
