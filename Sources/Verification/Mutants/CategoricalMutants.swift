internal import ElementwiseKernels
internal import GradientEstimators

extension Mutant {
  /// The released code of the CARMS paper.
  static let carmsCode = "Dimitriev, Zhou, code of CARMS (NeurIPS 2021), vae.py, CategoricalVAE.matrix_grad"

  static let categorical = [
    Mutant(
      "carms-i-2-clipped-ratio", base: "carms-i:2",
      fault: "1e-3 added above and below the ratio, which is then clipped to 0.01 ... 10",
      releasedCode: carmsCode,
      FaultyCARMS(samples: 2, fault: .clippedRatio)),
    Mutant(
      "carms-i-3-clipped-ratio", base: "carms-i:3",
      fault: "1e-3 added above and below the ratio, which is then clipped to 0.01 ... 10",
      releasedCode: carmsCode,
      FaultyCARMS(samples: 3, fault: .clippedRatio)),
    Mutant(
      "carms-i-2-without-ratio", base: "carms-i:2", fault: "p p' / J is missing",
      FaultyCARMS(samples: 2, fault: .missingRatio)),
    Mutant(
      "carms-i-3-over-n", base: "carms-i:3", fault: "1/n in place of 1/(n-1)",
      FaultyCARMS(samples: 3, fault: .overN)),
    Mutant(
      "carms-i-2-one-order", base: "carms-i:2", fault: "the ratio of the natural order for every order",
      FaultyCARMS(samples: 2, fault: .oneOrder)),
    Mutant(
      "categorical-open-last-boundary", base: "loorf:2",
      fault: "boundaries in single precision, the last one 1 - 2^-22: above it no category is drawn",
      OpenLastBoundary()),
  ]
}

/// CARMS-I with another ratio for each pair of values.
private struct FaultyCARMS: FaultyEstimator {
  enum Fault { case clippedRatio, missingRatio, overN, oneOrder }

  let samples: Int
  let fault: Fault
  var base: CARMSI { CARMSI(samples: samples) }

  func supports(_ variables: LatentVariables) -> Bool { base.supports(variables) }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    let scale = Double(self.samples * (fault == .overN ? self.samples : self.samples - 1))
    var law = CategoricalLaw()
    gradient.update(repeating: 0)
    for i in 0..<count {
      law.load(logits.extracting(i * categories..<(i + 1) * categories))
      let row = i / shape.variables
      for first in 0..<self.samples {
        for second in 0..<first {
          let (category, other) = (Int(samples[first * count + i]), Int(samples[second * count + i]))
          guard category != other else { continue }
          let difference = values[first * shape.rows + row] - values[second * shape.rows + row]
          let weight = Scalar(ratio(category, other, law: law) / scale) * difference
          gradient[i * categories + category] += weight
          gradient[i * categories + other] -= weight
        }
      }
    }
  }

  private func ratio(_ category: Int, _ other: Int, law: CategoricalLaw) -> Double {
    let product = law.probability(of: category) * law.probability(of: other)
    let joint = base.pairProbability(category, other, law: law)
    switch fault {
    case .missingRatio: return 1
    case .overN: return product / joint
    case .clippedRatio: return min(max((product + 1e-3) / (joint + 1e-3), 0.01), 10)
    case .oneOrder:
      let order = CategoryOrder(first: 0, last: law.categories - 1)
      let one = base.pairProbability(category, other, order: order, law: law)
      return one > 0 ? product / one : 1
    }
  }
}

/// LOORF of two samples, with uniforms above the last boundary giving an all-zero indicator.
private struct OpenLastBoundary: FaultyEstimator {
  private static let lastBoundary = 1 - 0x1p-22
  var base: LOORF { LOORF(samples: 2) }

  /// Binary variables have no such boundary.
  func supports(_ variables: LatentVariables) -> Bool { !variables.isBinary }

  /// The noise also splits at the last boundary.
  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    base.noiseLaw(logits: logits, variables: variables).map { block in
      guard case .uniform(let breakpoints, let degree) = block.law else { return block }
      return NoiseBlock(
        indices: block.indices, law: .uniform(breakpoints: breakpoints + [Self.lastBoundary], degree: degree))
    }
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    gradient.update(repeating: 0)
    for i in 0..<shape.sampleCount {
      let (row, variable) = (i / shape.variables, i % shape.variables)
      let half = (values[row] - values[shape.rows + row]) / 2
      for sample in 0..<2 {
        let uniform = noise[(row * 2 + sample) * shape.variables + variable]
        guard Double(uniform) < Self.lastBoundary else { continue }
        let category = Int(samples[sample * shape.sampleCount + i])
        gradient[i * shape.logitsPerVariable + category] += sample == 0 ? half : -half
      }
    }
  }
}
