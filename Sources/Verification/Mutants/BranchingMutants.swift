internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let branching = [
    Mutant(
      "arm-network-sign", base: "arm", fault: "the two values are swapped",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .sign)),
    Mutant(
      "arm-network-uncentred", base: "arm", fault: "(f(path 1) - f(path 2)) u",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .uncentred)),
    Mutant(
      "arm-network-other-layer", base: "arm", fault: "each layer gets the values of another layer's paths",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .otherValues)),
    Mutant(
      "arm-network-copied-continuation", base: "arm",
      fault: "the second branch goes on with the first one's samples: no continuation of its own",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .copiedContinuation)),
    Mutant(
      "arm-network-wrong-logits", base: "arm", fault: "the second branch goes on from the first one's logits",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .wrongLogits)),
    Mutant(
      "arm-network-wrong-trunk", base: "arm",
      fault: "the next layer starts from z1, its parameters' gradient takes z2 for input",
      layered: FaultyBranching(base: LayeredBranching(ARM()), fault: .wrongTrunk)),
    Mutant(
      "arm-network-shared-noise", base: "arm",
      fault: "both branches take the same noise above: unbiased, but not Algorithm 2's variance",
      layered: LayeredBranching(ARM(), sharesNoise: true)),
    Mutant(
      "arm-network-skips-first-equal", base: "arm+skip-equal",
      fault: "a layer is skipped where the pair is equal in its first variable",
      layered: FaultyBranching(base: LayeredBranching(ARM(), skipsEqual: true), fault: .skipsFirstEqual)),
    Mutant(
      "disarm-network-without-half", base: "disarm", fault: "the factor 1/2 is missing",
      layered: FaultyBranching(base: LayeredBranching(DisARM()), fault: .double)),
    Mutant(
      "disarm-network-not-integrated", base: "disarm",
      fault: "ARM's weight u - 1/2: unbiased, but more variance",
      layered: LayeredBranching(ARM())),
    Mutant(
      "disarm-network-shared-noise-copied", base: "disarm+shared-noise",
      fault: "shared noise taken for shared samples",
      layered: FaultyBranching(
        base: LayeredBranching(DisARM(), sharesNoise: true), fault: .copiedContinuation)),
    Mutant(
      "reinforce-network-uncentred", base: "reinforce", fault: "f z in place of f (z - p)",
      layered: FaultyBranching(base: LayeredBranching(REINFORCE()), fault: .uncentredScore)),
    Mutant(
      "reinforce-network-sign", base: "reinforce", fault: "f (p - z)",
      layered: FaultyBranching(base: LayeredBranching(REINFORCE()), fault: .sign)),
    Mutant(
      "leg-network-wrong-logits", base: "leg", fault: "the flips go on from the logits of the sample itself",
      layered: FaultyBranching(base: LayeredBranching(LocalExpectationGradients()), fault: .wrongLogits)),
    Mutant(
      "loorf-network-copied-continuation", base: "loorf:2",
      fault: "the second sample goes on with the first one's samples",
      layered: FaultyBranching(base: LayeredBranching(LOORF(samples: 2)), fault: .copiedContinuation)),
  ]
}

/// Faults of the forms for several layers; those of paths are for one-layer estimators with at least two evaluations.
private struct FaultyBranching<Base: LayeredGradientEstimator>: FaultyLayeredEstimator {
  enum Fault {
    case sign, double, uncentred, uncentredScore, otherValues
    case copiedContinuation, wrongLogits, wrongTrunk, skipsFirstEqual
  }

  let base: Base
  let fault: Fault

  func tree(widths: [Int]) -> PathTree {
    let tree = base.tree(widths: widths)
    guard fault == .wrongTrunk else { return tree }
    return PathTree(parents: tree.parents, trunk: tree.trunk.map { $0 + 1 })
  }

  func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    let tree = base.tree(widths: shape.widths)
    let count = shape.rows * shape.widths[layer]
    var changed = (0..<logits.count).map { logits[$0] }
    if fault == .wrongLogits && layer > 0 {
      // Trunks are the first paths of the samples that each layer draws for itself.
      for path in 0..<tree.paths(ofLayer: layer - 1) {
        let first = tree.trunk[..<layer].last { $0 <= path } ?? 0
        for i in 0..<count { changed[path * count + i] = logits[first * count + i] }
      }
    }
    base.draw(layer: layer, logits: changed.span, noise: noise, shape: shape, samples: &samples)
    if fault == .copiedContinuation && layer > 0 {
      for path in stride(from: 1, to: tree.trunk[layer], by: 2) {
        for i in 0..<count { samples[path * count + i] = samples[(path - 1) * count + i] }
      }
    }
  }

  func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    let (rows, width) = (shape.rows, shape.widths[layer])
    let trunk = base.tree(widths: shape.widths).trunk[layer]
    let shift = fault == .otherValues ? 2 * rows : 0
    let shifted = (0..<values.count).map { values[($0 + shift) % values.count] }
    base.combine(
      layer: layer, logits: logits, noise: noise, samples: samples, values: shifted.span, signal: signal,
      shape: shape, gradient: &gradient)
    for row in 0..<rows {
      let first = trunk * rows * width + row * width
      let isFirstEqual = fault == .skipsFirstEqual && samples[first] == samples[first + rows * width]
      for unit in 0..<width {
        let i = row * width + unit
        switch fault {
        case .sign: gradient[i] = -gradient[i]
        case .double: gradient[i] *= 2
        case .uncentred: gradient[i] += (values[trunk * rows + row] - values[(trunk + 1) * rows + row]) / 2
        case .uncentredScore: gradient[i] = values[row] * samples[i]
        case .skipsFirstEqual: gradient[i] = isFirstEqual ? 0 : gradient[i]
        case .otherValues, .copiedContinuation, .wrongLogits, .wrongTrunk: break
        }
      }
    }
  }
}
