internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  static let samplers = [
    Mutant(
      "sampler-shifted-probability", base: "loorf:4", fault: "samples with p + 0.001",
      FaultySampler(fault: .shiftedProbability)),
    Mutant(
      "sampler-complement", base: "loorf:4", fault: "z = 1[u > p]: a one where there should be a zero",
      FaultySampler(fault: .complement)),
    Mutant(
      "sampler-reused-noise", base: "loorf:4", fault: "the second sample repeats the first one's noise",
      FaultySampler(fault: .reusedNoise)),
    Mutant(
      "sampler-coarse-uniforms", base: "loorf:4", fault: "uniform numbers of 8 bits, rounded down",
      FaultySampler(fault: .coarseUniforms)),
    Mutant(
      "sampler-shared-across-variables", base: "loorf:4",
      fault: "one uniform number for all variables of a sample",
      FaultySampler(fault: .sharedAcrossVariables)),
    Mutant(
      "sampler-first-rows-noise", base: "loorf:4",
      fault: "each row repeats the noise of the batch's first row",
      hasIndependentRows: false,
      FaultySampler(fault: .firstRowsNoise)),
  ]
}

/// LOORF with four samples, drawn wrongly and combined rightly.
private struct FaultySampler: FaultyEstimator {
  enum Fault {
    case shiftedProbability, complement, reusedNoise, coarseUniforms, sharedAcrossVariables, firstRowsNoise
  }

  let fault: Fault
  var base: LOORF { LOORF(samples: 4) }

  /// Where a number serves several variables, it splits at the probability of each.
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    guard fault == .sharedAcrossVariables else { return base.noiseLaw(logits: logits, variables: variables) }
    let all = NoiseBlock.Law.uniform(breakpoints: logits.map { .sigmoid($0) }.sorted(), degree: 0)
    let unused = NoiseBlock.Law.uniform(breakpoints: [], degree: 0)
    return (0..<4 * logits.count).map {
      NoiseBlock(indices: [$0], law: $0.isMultiple(of: logits.count) ? all : unused)
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    for i in 0..<samples.count {
      let (sample, place) = (i / shape.sampleCount, i % shape.sampleCount)
      let (row, variable) = (place / shape.variables, place % shape.variables)
      let usedRow = fault == .firstRowsNoise ? 0 : row
      let usedSample = fault == .reusedNoise && sample == 1 ? 0 : sample
      let usedVariable = fault == .sharedAcrossVariables ? 0 : variable
      var u = noise[(usedRow * 4 + usedSample) * shape.variables + usedVariable]
      if fault == .coarseUniforms { u = (u * 256).rounded(.down) / 256 }
      let p = Scalar.sigmoid(logits[place]) + (fault == .shiftedProbability ? 0.001 : 0)
      samples[i] = (u < p) == (fault != .complement) ? 1 : 0
    }
  }
}
