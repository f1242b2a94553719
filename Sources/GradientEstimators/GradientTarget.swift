/// What an estimator's gradient is the gradient of, with respect to the logits of q.
public enum GradientTarget: Hashable, Sendable, Codable {
  /// E_q[f(z)]; the values are f at the samples, and f is held constant.
  case expectation
  /// E_q[log (1/K) sum_k w_k] with w_k = exp(f(z_k)) / q(z_k) and K independent z_k from q: the importance-weighted bound
  /// where f(z) = log p(x, z). The values are log w at the samples; w depends on the logits through q, which the gradient
  /// takes into account.
  case importanceWeightedBound(samples: Int)
}
