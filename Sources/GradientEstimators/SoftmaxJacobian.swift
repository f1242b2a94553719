internal import ElementwiseKernels

/// The Jacobian of a softmax at its weights w, diag(w) - w w^T, times a vector.
enum SoftmaxJacobian {
  /// Writes factor w_c (v_c - sum over k of w_k v_k).
  ///
  /// Differences to the entry of the largest weight come first: where one weight is nearly 1, the difference of v to its
  /// mean would cancel.
  ///
  /// - Complexity: two multiply-adds for each category.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func multiply<Scalar: KernelScalar>(
    weights: Span<Double>, vector: Span<Scalar>, factor: Double, into product: inout MutableSpan<Scalar>
  ) {
    precondition(weights.count == vector.count && weights.count == product.count)
    var largest = 0
    for category in 1..<weights.count where weights[category] > weights[largest] { largest = category }
    let origin = Double(vector[largest])
    var mean = 0.0
    for category in 0..<weights.count { mean += weights[category] * (Double(vector[category]) - origin) }
    for category in 0..<weights.count {
      product[category] = Scalar(factor * weights[category] * (Double(vector[category]) - origin - mean))
    }
  }
}
