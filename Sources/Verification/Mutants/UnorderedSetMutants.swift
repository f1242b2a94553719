internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  static let unorderedSets = [
    Mutant(
      "unord-2-equal-weights", base: "unord:2", fault: "1/k in place of q(s) R(S, s)",
      FaultyUnorderedSet(fault: .equalWeights)),
    Mutant(
      "unord-2-probabilities", base: "unord:2", fault: "q(s) / sum q in place of q(s) R(S, s)",
      FaultyUnorderedSet(fault: .probabilities)),
    Mutant(
      "unord-2-mean-baseline", base: "unord:2", fault: "the set's mean value as baseline, its own included",
      FaultyUnorderedSet(fault: .meanBaseline)),
    Mutant(
      "unord-3-with-replacement", base: "unord:3", fault: "independent states, drawn with replacement",
      FaultyUnorderedSet(states: 3, fault: .withReplacement)),
  ]
}

/// The unordered-set estimator with other weights or another draw.
private struct FaultyUnorderedSet: FaultyEstimator {
  enum Fault { case equalWeights, probabilities, meanBaseline, withReplacement }

  var states = 2
  let fault: Fault
  var base: UnorderedSet { UnorderedSet(states: states) }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    fault == .withReplacement
      ? LOORF(samples: states).noiseLaw(logits: logits, variables: variables)
      : base.noiseLaw(logits: logits, variables: variables)
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    guard fault == .withReplacement else {
      return base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
    }
    LOORF(samples: states).draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    if fault == .withReplacement {
      return combineWithReplacement(
        logits: logits, samples: samples, values: values, shape: shape, gradient: &gradient)
    }
    for row in 0..<shape.rows {
      let joint = (0..<2).map {
        probability(of: $0, row: row, logits: logits, samples: samples, shape: shape)
      }
      let f = (0..<2).map { Double(values[$0 * shape.rows + row]) }
      for i in row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow {
        gradient[i] = 0
        for s in 0..<2 {
          let weight = weight(of: s, joint)
          let baseline = baseline(of: s, joint, f)
          let score = score(i, sample: s, logits: logits, samples: samples, shape: shape)
          gradient[i] += Scalar(weight * (f[s] - baseline)) * score
        }
      }
    }
  }

  /// Of a set of two, the probability that s came first, or what stands in its place.
  private func weight(of s: Int, _ q: [Double]) -> Double {
    switch fault {
    case .equalWeights: return 0.5
    case .probabilities: return q[s] / (q[0] + q[1])
    case .meanBaseline, .withReplacement:
      let orders = (0..<2).map { 1 / (1 - q[$0]) }
      return orders[s] / (orders[0] + orders[1])
    }
  }

  private func baseline(of s: Int, _ q: [Double], _ f: [Double]) -> Double {
    fault == .meanBaseline ? (f[0] + f[1]) / 2 : q[s] * f[s] + (1 - q[s]) * f[1 - s]
  }

  private func probability<Scalar: KernelScalar>(
    of sample: Int, row: Int, logits: Span<Scalar>, samples: Span<Scalar>, shape: LatentShape
  ) -> Double {
    (0..<shape.variables).reduce(1) { product, variable in
      let place = row * shape.variables + variable
      let value = samples[sample * shape.sampleCount + place]
      guard shape.isBinary else {
        let start = place * shape.logitsPerVariable
        let row = (0..<shape.logitsPerVariable).map { Double.exp(Double(logits[start + $0])) }
        return product * row[Int(value)] / row.reduce(0, +)
      }
      return product * .sigmoid(value == 1 ? Double(logits[place]) : -Double(logits[place]))
    }
  }

  private func score<Scalar: KernelScalar>(
    _ i: Int, sample: Int, logits: Span<Scalar>, samples: Span<Scalar>, shape: LatentShape
  ) -> Scalar {
    let width = shape.logitsPerVariable
    let value = samples[sample * shape.sampleCount + i / width]
    guard width > 1 else { return value - .sigmoid(logits[i]) }
    let start = i / width * width
    let row = (0..<width).map { Scalar.exp(logits[start + $0]) }
    return (value == Scalar(i - start) ? 1 : 0) - row[i - start] / row.reduce(0, +)
  }

  /// The set estimator's formula needs different states; here a repeated one is dropped.
  private func combineWithReplacement<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>, shape: LatentShape,
    gradient: inout MutableSpan<Scalar>
  ) {
    for row in 0..<shape.rows {
      for i in row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow {
        gradient[i] = 0
        for s in 0..<states {
          let f = values[s * shape.rows + row] - values[(s + 1) % states * shape.rows + row]
          gradient[i] += f * score(i, sample: s, logits: logits, samples: samples, shape: shape) / 2
        }
      }
    }
  }
}
