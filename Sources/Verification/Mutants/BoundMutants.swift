internal import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

extension Mutant {
  static let bounds = [
    Mutant(
      "vimco-2-without-direct-term", base: "vimco:2",
      fault: "the derivative through q in the weights is missing",
      FaultyVIMCO(samples: 2, fault: .withoutDirectTerm)),
    Mutant(
      "vimco-3-direct-term-sign", base: "vimco:3", fault: "the direct term is added, not subtracted",
      FaultyVIMCO(samples: 3, fault: .directTermSign)),
    Mutant(
      "vimco-3-own-weight", base: "vimco:3", fault: "the geometric mean includes the sample's own weight",
      FaultyVIMCO(samples: 3, fault: .ownWeight)),
    Mutant(
      "vimco-3-mean", base: "vimco:3", fault: "the mean over the samples in place of the sum",
      ScaledMutant(base: VIMCO(samples: 3), factor: 1.0 / 3)),
    Mutant(
      "local-disarm-2-without-direct-term", base: "local-disarm:2",
      fault: "the derivative through q in the weights is missing",
      FaultyLocalDisARM(fault: .withoutDirectTerm)),
    Mutant(
      "local-disarm-2-one-sample", base: "local-disarm:2",
      fault: "differences of the first sample only, not of all",
      FaultyLocalDisARM(fault: .oneSample)),
    Mutant(
      "local-arms-2-3-mean", base: "local-arms:2,3",
      fault: "the mean over the bound's samples in place of their sum",
      releasedCode: "ARMS, get_losses_arms: the sum over the K samples is divided by K",
      FaultyLocalARMS(antitheticSamples: 3, fault: .mean)),
    Mutant(
      "local-arms-2-2-without-direct-term", base: "local-arms:2,2",
      fault: "the derivative through q in the weights is missing",
      FaultyLocalARMS(antitheticSamples: 2, fault: .withoutDirectTerm)),
    Mutant(
      "local-arms-2-3-without-correlation", base: "local-arms:2,3", fault: "1 / (1 - rho) is missing",
      FaultyLocalARMS(antitheticSamples: 3, fault: .withoutCorrelation)),
  ]
}

/// The bound's pieces, written plainly.
private enum Bound {
  static func value(_ logWeights: [Double]) -> Double {
    let largest = logWeights.reduce(-.infinity, max)
    return largest + .log(logWeights.reduce(0) { $0 + .exp($1 - largest) } / Double(logWeights.count))
  }

  static func share(of k: Int, _ logWeights: [Double]) -> Double {
    1 / logWeights.reduce(0) { $0 + .exp($1 - logWeights[k]) }
  }

  static func replacing(_ k: Int, in logWeights: [Double], by logWeight: Double) -> Double {
    var replaced = logWeights
    replaced[k] = logWeight
    return value(replaced)
  }

  /// Values of some evaluations of a row.
  static func logWeights<Scalar: KernelScalar>(
    _ values: Span<Scalar>, _ evaluations: [Int], row: Int, rows: Int
  ) -> [Double] {
    evaluations.map { Double(values[$0 * rows + row]) }
  }

  /// z - p of one sample in one coordinate of a binary or categorical row.
  static func score<Scalar: KernelScalar>(
    _ i: Int, sample: Int, logits: Span<Scalar>, samples: Span<Scalar>, shape: LatentShape
  ) -> Double {
    let width = shape.logitsPerVariable
    let value = samples[sample * shape.sampleCount + i / width]
    guard width > 1 else { return Double(value) - .sigmoid(Double(logits[i])) }
    let start = i / width * width
    let weights = (0..<width).map { Double.exp(Double(logits[start + $0])) }
    return (Int(value) == i - start ? 1 : 0) - weights[i - start] / weights.reduce(0, +)
  }
}

private struct FaultyVIMCO: FaultyEstimator {
  enum Fault { case withoutDirectTerm, directTermSign, ownWeight }

  let samples: Int
  let fault: Fault
  var base: VIMCO { VIMCO(samples: samples) }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    for i in 0..<gradient.count {
      let row = i / shape.logitsPerRow
      let weights = Bound.logWeights(values, Array(0..<self.samples), row: row, rows: shape.rows)
      gradient[i] = 0
      for k in 0..<self.samples {
        let score = Bound.score(i, sample: k, logits: logits, samples: samples, shape: shape)
        gradient[i] += Scalar(signal(of: k, weights) * score)
      }
    }
  }

  private func signal(of k: Int, _ weights: [Double]) -> Double {
    let own = fault == .ownWeight ? weights[k] : 0
    let count = Double(fault == .ownWeight ? samples : samples - 1)
    let mean = (weights.indices.filter { $0 != k }.reduce(0) { $0 + weights[$1] } + own) / count
    let difference = Bound.value(weights) - Bound.replacing(k, in: weights, by: mean)
    switch fault {
    case .withoutDirectTerm: return difference
    case .directTermSign: return difference + Bound.share(of: k, weights)
    case .ownWeight: return difference - Bound.share(of: k, weights)
    }
  }
}

private struct FaultyLocalDisARM: FaultyEstimator {
  enum Fault { case withoutDirectTerm, oneSample }

  let fault: Fault
  var base: LocalDisARM { LocalDisARM(samples: 2) }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    for i in 0..<gradient.count {
      let row = i / shape.variables
      let first = Bound.logWeights(values, [0, 2], row: row, rows: shape.rows)
      let second = Bound.logWeights(values, [1, 3], row: row, rows: shape.rows)
      let factor = Double.sigmoid(Double(logits[i]).magnitude) / 2
      var sum = 0.0
      for k in 0..<2 {
        let replaced = Bound.replacing(k, in: first, by: second[k])
        let difference = samples[2 * k * shape.sampleCount + i] - samples[(2 * k + 1) * shape.sampleCount + i]
        let counts = fault != .oneSample || k == 0
        sum += counts ? factor * (Bound.value(first) - replaced) * Double(difference) : 0
        guard fault != .withoutDirectTerm else { continue }
        let score = Bound.score(i, sample: 2 * k, logits: logits, samples: samples, shape: shape)
        sum -= Bound.share(of: k, first) * score
      }
      gradient[i] = Scalar(sum)
    }
  }
}

private struct FaultyLocalARMS: FaultyEstimator {
  enum Fault { case mean, withoutDirectTerm, withoutCorrelation }

  let antitheticSamples: Int
  let fault: Fault
  var base: LocalARMS { LocalARMS(samples: 2, antitheticSamples: antitheticSamples) }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let copula = DirichletCopula(samples: antitheticSamples)
    for i in 0..<gradient.count {
      let row = i / shape.variables
      let weights = Bound.logWeights(values, [0, 1], row: row, rows: shape.rows)
      let others = Bound.logWeights(
        values, (0..<antitheticSamples).map { 2 + $0 }, row: row, rows: shape.rows)
      let debias = fault == .withoutCorrelation ? 1 : copula.debiasFactor(logit: Double(logits[i]))
      var (sum, direct) = (0.0, 0.0)
      for k in 0..<2 {
        let f = others.map { Bound.replacing(k, in: weights, by: $0) }
        let mean = f.reduce(0, +) / Double(antitheticSamples)
        for j in others.indices {
          let z = Double(samples[(2 + j) * shape.sampleCount + i])
          sum += debias * (f[j] - mean) * z / Double(antitheticSamples - 1)
        }
        let score = Bound.score(i, sample: k, logits: logits, samples: samples, shape: shape)
        direct -= Bound.share(of: k, weights) * score
      }
      if fault == .mean { sum /= 2 }
      gradient[i] = Scalar(fault == .withoutDirectTerm ? sum : sum + direct)
    }
  }
}
