internal import CKernels

extension KernelScalar {
  public static func bernoulliSample(
    logits: Span<Self>, uniforms: Span<Self>, into samples: inout MutableSpan<Self>
  ) {
    requireEqual(logits.count, uniforms.count, samples.count)
    for i in 0..<samples.count { samples[i] = uniforms[i] < sigmoid(logits[i]) ? 1 : 0 }
  }

  public static func bernoulliBits(
    probabilities: Span<Self>, uniforms: Span<Self>, into bits: inout MutableSpan<UInt8>
  ) {
    requireEqual(probabilities.count, uniforms.count, bits.count)
    for i in 0..<bits.count { bits[i] = uniforms[i] < probabilities[i] ? 1 : 0 }
  }

  public static func maskedSums(
    bits: Span<UInt8>, values: Span<Self>, rows: Int, into sums: inout MutableSpan<Self>
  ) {
    let n = rowLength(elements: bits.count, rows: rows, results: sums.count)
    let stride = rowStride(elements: values.count, rows: rows, length: n)
    for row in 0..<rows {
      var sum: Self = 0
      for i in 0..<n where bits[row * n + i] == 1 { sum += values[row * stride + i] }
      sums[row] = sum
    }
  }

  public static func bernoulliLogLikelihood(
    logits: Span<Self>, targets: Span<Self>, rows: Int, into logLikelihoods: inout MutableSpan<Self>
  ) {
    requireEqual(logits.count, targets.count)
    let n = rowLength(elements: logits.count, rows: rows, results: logLikelihoods.count)
    for row in 0..<rows {
      var sum: Self = 0
      for i in row * n..<(row + 1) * n { sum += bernoulliTerm(logits[i], targets[i]) }
      logLikelihoods[row] = sum
    }
  }

  public static func bernoulliLogLikelihood(
    logits: Span<Self>, targets: Span<UInt8>, rows: Int, into logLikelihoods: inout MutableSpan<Self>
  ) {
    let n = rowLength(elements: logits.count, rows: rows, results: logLikelihoods.count)
    let stride = rowStride(elements: targets.count, rows: rows, length: n)
    for row in 0..<rows {
      var sum: Self = 0
      for i in 0..<n { sum += bernoulliTerm(logits[row * n + i], Self(targets[row * stride + i])) }
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

extension KernelScalar {
  /// x l - softplus(l), with max(l, 0) taken off first: what remains for x = 1 and large l is not lost.
  @inline(__always)
  private static func bernoulliTerm(_ logit: Self, _ target: Self) -> Self {
    (target * logit - max(logit, 0)) - softplus(-logit.magnitude)
  }
}

extension Float {
  public static func bernoulliSample(
    logits: Span<Float>, uniforms: Span<Float>, into samples: inout MutableSpan<Float>
  ) {
    requireEqual(logits.count, uniforms.count, samples.count)
    unsafe logits.withUnsafeBufferPointer { logits in
      unsafe uniforms.withUnsafeBufferPointer { uniforms in
        unsafe samples.withUnsafeMutableBufferPointer { samples in
          unsafe armature_bernoulli_sample(
            logits.baseAddress, uniforms.baseAddress, samples.baseAddress, samples.count)
        }
      }
    }
  }

  public static func bernoulliBits(
    probabilities: Span<Float>, uniforms: Span<Float>, into bits: inout MutableSpan<UInt8>
  ) {
    requireEqual(probabilities.count, uniforms.count, bits.count)
    unsafe probabilities.withUnsafeBufferPointer { probabilities in
      unsafe uniforms.withUnsafeBufferPointer { uniforms in
        unsafe bits.withUnsafeMutableBufferPointer { bits in
          unsafe armature_bernoulli_bits(
            probabilities.baseAddress, uniforms.baseAddress, bits.baseAddress, bits.count)
        }
      }
    }
  }

  public static func maskedSums(
    bits: Span<UInt8>, values: Span<Float>, rows: Int, into sums: inout MutableSpan<Float>
  ) {
    let n = rowLength(elements: bits.count, rows: rows, results: sums.count)
    let stride = rowStride(elements: values.count, rows: rows, length: n)
    unsafe bits.withUnsafeBufferPointer { bits in
      unsafe values.withUnsafeBufferPointer { values in
        unsafe sums.withUnsafeMutableBufferPointer { sums in
          unsafe armature_masked_sums(
            bits.baseAddress, values.baseAddress, stride, rows, n, sums.baseAddress)
        }
      }
    }
  }

  public static func bernoulliLogLikelihood(
    logits: Span<Float>, targets: Span<Float>, rows: Int, into logLikelihoods: inout MutableSpan<Float>
  ) {
    requireEqual(logits.count, targets.count)
    let n = rowLength(elements: logits.count, rows: rows, results: logLikelihoods.count)
    unsafe logits.withUnsafeBufferPointer { logits in
      unsafe targets.withUnsafeBufferPointer { targets in
        unsafe logLikelihoods.withUnsafeMutableBufferPointer { results in
          unsafe armature_bernoulli_log_likelihood(
            logits.baseAddress, targets.baseAddress, rows, n, results.baseAddress)
        }
      }
    }
  }

  public static func bernoulliLogLikelihood(
    logits: Span<Float>, targets: Span<UInt8>, rows: Int, into logLikelihoods: inout MutableSpan<Float>
  ) {
    let n = rowLength(elements: logits.count, rows: rows, results: logLikelihoods.count)
    let stride = rowStride(elements: targets.count, rows: rows, length: n)
    unsafe logits.withUnsafeBufferPointer { logits in
      unsafe targets.withUnsafeBufferPointer { targets in
        unsafe logLikelihoods.withUnsafeMutableBufferPointer { results in
          unsafe armature_bernoulli_log_likelihood_bytes(
            logits.baseAddress, targets.baseAddress, stride, rows, n, results.baseAddress)
        }
      }
    }
  }

  public static func bernoulliLogLikelihoodGradient(
    logits: Span<Float>, targets: Span<Float>, rowScales: Span<Float>, into gradient: inout MutableSpan<Float>
  ) {
    unsafe logLikelihoodGradient(
      armature_bernoulli_gradient, logits: logits, targets: targets, rowScales: rowScales, into: &gradient)
  }

  public static func bernoulliLogLikelihoodGradient(
    logits: Span<Float>, targets: Span<UInt8>, rowScales: Span<Float>, into gradient: inout MutableSpan<Float>
  ) {
    unsafe logLikelihoodGradient(
      armature_bernoulli_gradient_bytes, logits: logits, targets: targets, rowScales: rowScales,
      into: &gradient)
  }

  private static func logLikelihoodGradient<Target: BitwiseCopyable>(
    _ kernel: (
      UnsafePointer<Float>?, UnsafePointer<Target>?, UnsafePointer<Float>?, Int, Int,
      UnsafeMutablePointer<Float>?
    ) -> Void,
    logits: Span<Float>, targets: Span<Target>, rowScales: Span<Float>,
    into gradient: inout MutableSpan<Float>
  ) {
    requireEqual(logits.count, targets.count, gradient.count)
    let rows = rowScales.count
    let n = rowLength(elements: logits.count, rows: rows, results: rows)
    unsafe logits.withUnsafeBufferPointer { logits in
      unsafe targets.withUnsafeBufferPointer { targets in
        unsafe rowScales.withUnsafeBufferPointer { rowScales in
          unsafe gradient.withUnsafeMutableBufferPointer { gradient in
            unsafe kernel(
              logits.baseAddress, targets.baseAddress, rowScales.baseAddress, rows, n, gradient.baseAddress)
          }
        }
      }
    }
  }
}

private func requireEqual(_ first: Int, _ second: Int, _ third: Int? = nil) {
  precondition(
    first == second && first == third ?? first,
    "Bernoulli kernel: lengths \(first), \(second), \(third ?? first) are not equal")
}

private func rowLength(elements: Int, rows: Int, results: Int) -> Int {
  precondition(
    results == rows && (rows == 0 ? elements == 0 : elements.isMultiple(of: rows)),
    "Bernoulli kernel: \(elements) elements and \(results) results for \(rows) rows")
  return rows == 0 ? 0 : elements / rows
}

/// How far apart rows of values start: a row's length, or 0 where all rows share one.
private func rowStride(elements: Int, rows: Int, length: Int) -> Int {
  precondition(
    elements == rows * length || elements == length,
    "Bernoulli kernel: \(elements) values for \(rows) rows of \(length)")
  return elements == length ? 0 : length
}
