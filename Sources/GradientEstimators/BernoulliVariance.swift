internal import ElementwiseKernels

/// The variance p (1 - p) of a binary variable, p = sigmoid(logit), with full relative precision at both ends.
enum BernoulliVariance {
  /// Formed from the smaller of p and 1 - p: the difference 1 - p itself cancels where p is near 1.
  static func of<Scalar: KernelScalar>(logit: Scalar) -> Scalar {
    let rare: Scalar = .sigmoid(-logit.magnitude)
    return rare * (1 - rare)
  }
}
