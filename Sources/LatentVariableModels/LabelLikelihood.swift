internal import ElementwiseKernels
internal import Numerics

/// The law of a class given logits, p(c) = softmax(logits)_c, row by row; logits are [rows x classes].
enum LabelLikelihood {
  /// log p(label) of each row.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func logLikelihoods<Scalar: KernelScalar>(
    logits: Span<Scalar>, labels: Span<UInt16>, into logLikelihoods: inout MutableSpan<Scalar>
  ) {
    let classes = logits.count / labels.count
    precondition(logits.count == labels.count * classes && logLikelihoods.count == labels.count)
    for row in labels.indices {
      logLikelihoods[row] = logLikelihood(
        logits: logits, row: row, classes: classes, label: Int(labels[row]))
    }
  }

  /// log p(label) of one row.
  @inline(__always)
  static func logLikelihood<Scalar: KernelScalar>(
    logits: Span<Scalar>, row: Int, classes: Int, label: Int
  ) -> Scalar {
    let first = row * classes
    let largest = largest(logits, first: first, classes: classes)
    var sum: Scalar = 0
    for place in first..<first + classes { sum += .exp(logits[place] - largest) }
    return (logits[first + label] - largest) - .log(sum)
  }

  /// The gradient of sum over rows of rowScales[r] log p(label_r) with respect to the logits:
  /// rowScales[r] (1[c = label_r] - p(c)).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func gradient<Scalar: KernelScalar>(
    logits: Span<Scalar>, labels: Span<UInt16>, rowScales: Span<Scalar>,
    into gradient: inout MutableSpan<Scalar>
  ) {
    precondition(gradient.count == logits.count && rowScales.count == labels.count)
    probabilities(logits: logits, rows: labels.count, into: &gradient)
    let classes = logits.count / labels.count
    for row in labels.indices {
      for place in row * classes..<(row + 1) * classes { gradient[place] *= -rowScales[row] }
      gradient[row * classes + Int(labels[row])] += rowScales[row]
    }
  }

  /// p(c) of each row, [rows x classes].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func probabilities<Scalar: KernelScalar>(
    logits: Span<Scalar>, rows: Int, into probabilities: inout MutableSpan<Scalar>
  ) {
    let classes = logits.count / rows
    precondition(probabilities.count == logits.count && logits.count == rows * classes)
    for row in 0..<rows {
      let places = row * classes..<(row + 1) * classes
      let largest = largest(logits, first: row * classes, classes: classes)
      var sum: Scalar = 0
      for place in places {
        probabilities[place] = .exp(logits[place] - largest)
        sum += probabilities[place]
      }
      for place in places { probabilities[place] /= sum }
    }
  }

  @inline(__always)
  private static func largest<Scalar: KernelScalar>(
    _ logits: Span<Scalar>, first: Int, classes: Int
  ) -> Scalar {
    var largest = logits[first]
    for place in first + 1..<first + classes { largest = max(largest, logits[place]) }
    return largest
  }
}
