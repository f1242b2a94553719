internal import ElementwiseKernels

/// How flipping a unit changes the probabilities of the units above it, without cancellation.
///
/// For p = sigmoid(a) and q = sigmoid(a - x): p - q = tanh(x / 2) (p (1 - q) + (1 - p) q). With e = sigmoid(-|a|), the smaller
/// of p and 1 - p, and r = sigmoid(-|a| + sign(a) x), which is q or 1 - q, the bracket is e + (1 - 2 e) r: a sum of
/// positive terms, to full relative precision for any a and x, where the plain difference has none left.
enum FlipDifferences {
  /// Numbers that one pass holds on the stack.
  private static let chunk = 256

  /// lower_i = sum_j D_ij signal_j, D_ij = s_j (sigmoid(a_j) - sigmoid(a_j - stateStep W_ji s_i)), s = 2 z - 1.
  ///
  /// Weights are [width x width below], logits, samples and signal [rows x width], `below` and `lower` [rows x width
  /// below]. The order of summation does not depend on the rows.
  ///
  /// - Complexity: width x width below hyperbolic tangents, as many sigmoids for each row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func passDown<Scalar: KernelScalar>(
    _ signal: Span<Scalar>, weights: Span<Scalar>, stateStep: Scalar, logits: Span<Scalar>,
    samples: Span<Scalar>, below: Span<Scalar>, rows: Int, into lower: inout MutableSpan<Scalar>
  ) {
    let (width, widthBelow) = (signal.count / rows, lower.count / rows)
    precondition(signal.count == rows * width && logits.count == signal.count)
    precondition(samples.count == signal.count && below.count == lower.count)
    precondition(lower.count == rows * widthBelow && weights.count == width * widthBelow)
    var tangents = InlineArray<256, Scalar>(repeating: 0)
    var arguments = InlineArray<256, Scalar>(repeating: 0)
    var opposed = InlineArray<256, Scalar>(repeating: 0)
    for i in 0..<lower.count { lower[i] = 0 }
    for start in stride(from: 0, to: widthBelow, by: chunk) {
      let count = min(chunk, widthBelow - start)
      for unit in 0..<width {
        let place = unit * widthBelow + start
        let row = weights.extracting(place..<place + count)
        var halves = arguments.mutableSpan
        var tangentOutput = tangents.mutableSpan
        scaled(row, by: stateStep / 2, into: &halves)
        var tangentPart = tangentOutput._mutatingExtracting(0..<count)
        Scalar.hyperbolicTangent(halves.span.extracting(0..<count), into: &tangentPart)
        for data in 0..<rows {
          let place = data * width + unit
          let factor = (2 * samples[place] - 1) * signal[place]
          guard factor != 0 else { continue }
          let logit = logits[place]
          let first = data * widthBelow + start
          let states = below.extracting(first..<first + count)
          var output = arguments.mutableSpan
          oriented(
            row, by: logit < 0 ? -stateStep : stateStep, states: states, shift: -logit.magnitude,
            into: &output)
          var results = opposed.mutableSpan
          var part = results._mutatingExtracting(0..<count)
          Scalar.sigmoid(output.span.extracting(0..<count), into: &part)
          var sums = lower._mutatingExtracting(first..<first + count)
          add(
            factor, rare: .sigmoid(-logit.magnitude), tangents: tangentPart.span, opposed: part.span,
            to: &sums)
        }
      }
    }
    for i in 0..<lower.count { lower[i] *= 2 * below[i] - 1 }
  }

  /// y = factor x, for the first places of y.
  @inline(__always)
  private static func scaled<Scalar: KernelScalar>(
    _ x: Span<Scalar>, by factor: Scalar, into y: inout MutableSpan<Scalar>
  ) {
    var y = y._mutatingExtracting(0..<x.count)
    for i in 0..<x.count { y[i] = factor * x[i] }
  }

  /// y = factor x (2 z - 1) + shift, for the first places of y.
  @inline(__always)
  private static func oriented<Scalar: KernelScalar>(
    _ x: Span<Scalar>, by factor: Scalar, states z: Span<Scalar>, shift: Scalar,
    into y: inout MutableSpan<Scalar>
  ) {
    precondition(z.count == x.count)
    var y = y._mutatingExtracting(0..<x.count)
    for i in 0..<x.count { y[i] = factor * x[i] * (2 * z[i] - 1) + shift }
  }

  /// sums += factor tangent (rare + (1 - 2 rare) opposed).
  @inline(__always)
  private static func add<Scalar: KernelScalar>(
    _ factor: Scalar, rare: Scalar, tangents: Span<Scalar>, opposed: Span<Scalar>,
    to sums: inout MutableSpan<Scalar>
  ) {
    precondition(tangents.count == sums.count && opposed.count == sums.count)
    let (constant, slope) = (factor * rare, factor * (1 - 2 * rare))
    for i in 0..<sums.count { sums[i] += tangents[i] * (constant + slope * opposed[i]) }
  }
}
