extension KernelScalar {
  public static func bernoulliSample(
    logits: Span<Self>, uniforms: Span<Self>, into samples: inout MutableSpan<Self>
  ) {
    requireEqual(logits.count, uniforms.count, samples.count)
    for i in 0..<samples.count { samples[i] = uniforms[i] < sigmoid(logits[i]) ? 1 : 0 }
  }

  public static func bernoulliLogLikelihood(
    logits: Span<Self>, targets: Span<Self>, rows: Int, into logLikelihoods: inout MutableSpan<Self>
  ) {
    requireEqual(logits.count, targets.count)
    let n = rowLength(elements: logits.count, rows: rows, results: logLikelihoods.count)
    for row in 0..<rows {
      var sum: Self = 0
      for i in row * n..<(row + 1) * n { sum += targets[i] * logits[i] - softplus(logits[i]) }
      logLikelihoods[row] = sum
    }
  }

  public static func bernoulliLogLikelihood(
    logits: Span<Self>, targets: Span<UInt8>, rows: Int, into logLikelihoods: inout MutableSpan<Self>
  ) {
    requireEqual(logits.count, targets.count)
    let n = rowLength(elements: logits.count, rows: rows, results: logLikelihoods.count)
    for row in 0..<rows {
      var sum: Self = 0
      for i in row * n..<(row + 1) * n { sum += Self(targets[i]) * logits[i] - softplus(logits[i]) }
      logLikelihoods[row] = sum
    }
  }

  public static func bernoulliLogLikelihoodGradient(
    logits: Span<Self>, targets: Span<Self>, rowScales: Span<Self>, into gradient: inout MutableSpan<Self>
  ) {
    requireEqual(logits.count, targets.count, gradient.count)
    let n = rowLength(elements: logits.count, rows: rowScales.count, results: rowScales.count)
    for row in 0..<rowScales.count {
      for i in row * n..<(row + 1) * n { gradient[i] = rowScales[row] * (targets[i] - sigmoid(logits[i])) }
    }
  }

  public static func bernoulliLogLikelihoodGradient(
    logits: Span<Self>, targets: Span<UInt8>, rowScales: Span<Self>, into gradient: inout MutableSpan<Self>
  ) {
    requireEqual(logits.count, targets.count, gradient.count)
    let n = rowLength(elements: logits.count, rows: rowScales.count, results: rowScales.count)
    for row in 0..<rowScales.count {
      for i in row * n..<(row + 1) * n {
        gradient[i] = rowScales[row] * (Self(targets[i]) - sigmoid(logits[i]))
      }
    }
  }
}

private func requireEqual(_ counts: Int...) {
  precondition(counts.allSatisfy { $0 == counts[0] }, "Bernoulli kernel: lengths \(counts) are not equal")
}

private func rowLength(elements: Int, rows: Int, results: Int) -> Int {
  precondition(
    results == rows && (rows == 0 ? elements == 0 : elements.isMultiple(of: rows)),
    "Bernoulli kernel: \(elements) elements and \(results) results for \(rows) rows")
  return rows == 0 ? 0 : elements / rows
}
