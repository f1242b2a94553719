internal import ElementwiseKernels
internal import GradientEstimators

/// Two walks through decisions, with u and 1 - u; noise [variables x decisions], of which the first is used for all
/// decisions of a variable where it is shared.
struct DecisionWalks {
  let sharesUniform: Bool
  let decisions: ([Double]) -> DecisionNodes

  /// Numbered as the estimators do, by the first place of the right part.
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    let categories = variables.categories
    return (0..<variables.count).flatMap { variable in
      let tree = decisions(Array(logits[variable * categories..<(variable + 1) * categories]))
      let all = tree.nodes.flatMap { [$0.share, 1 - $0.share] }
      return tree.nodes.enumerated().map { number, node in
        let place = Self.place(of: node, number: number, in: tree)
        let breakpoints = !sharesUniform ? [node.share, 1 - node.share] : place == 0 ? all : []
        return NoiseBlock(
          indices: [variable * (categories - 1) + place],
          law: .uniform(breakpoints: breakpoints.sorted(), degree: 0))
      }
    }
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    for i in 0..<count {
      let tree = decisions((0..<categories).map { Double(logits[i * categories + $0]) })
      for sample in 0..<2 {
        var left = Array(0..<categories)
        for (number, node) in tree.nodes.enumerated() where node.isReached(by: left[0]) && left.count > 1 {
          guard Set(node.left + node.right) == Set(left) else { continue }
          let place = sharesUniform ? 0 : Self.place(of: node, number: number, in: tree)
          let uniform = Double(noise[i * (categories - 1) + place])
          left = (sample == 0 ? uniform : 1 - uniform) < node.share ? node.left : node.right
        }
        samples[sample * count + i] = Scalar(left[0])
      }
    }
  }

  /// Sticks are numbered one by one; the nodes of a balanced tree by their split.
  private static func place(of node: DecisionNodes.Node, number: Int, in tree: DecisionNodes) -> Int {
    let isSticks = tree.nodes.allSatisfy { $0.left.count == 1 }
    return isSticks ? number : node.right[0] - 1
  }
}
