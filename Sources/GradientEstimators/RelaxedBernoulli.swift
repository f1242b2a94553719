package import ElementwiseKernels
internal import RealModule

/// The logistic number behind a binary sample, as REBAR and RELAX use it: Z = logit - log(u / (1 - u)), b = 1[Z > 0] = 1[u < p].
///
/// Given b, a second uniform v makes Z~ with the law of Z given b: Z at u' = v p if b = 1, at u' = p + v (1 - p) if b = 0. All is written so
/// that it stays finite for every logit, without constants that keep uniforms away from 0 and 1.
///
/// Source: Tucker, Mnih, Maddison, Lawson, Sohl-Dickstein, "REBAR: Low-variance, unbiased gradient estimates for discrete latent
/// variable models", NIPS 2017, the reparameterisation of the conditional law.
package enum RelaxedBernoulli {
  /// Z at a uniform number u.
  @inline(__always)
  package static func free<Scalar: KernelScalar>(logit: Scalar, uniform: Scalar) -> Scalar {
    logit - (.log(uniform) - .log(1 - uniform))
  }

  /// Z~ given b, at a uniform number v.
  ///
  /// For b = 1, Z~ = log(1 + e^logit (1 - v)) - log v; b = 0 is the same seen from the other side: with -logit, 1 - v and -Z~.
  @inline(__always)
  package static func conditional<Scalar: KernelScalar>(
    logit: Scalar, bit: Scalar, uniform: Scalar
  ) -> Scalar {
    let (low, high) = (Scalar.log(uniform), Scalar.log(1 - uniform))
    return bit == 1 ? .softplus(logit + high) - low : high - .softplus(low - logit)
  }

  /// dZ~/d(logit) given b, at a uniform number v: (1 - v) / (1 - v + e^-logit) if b = 1, v / (v + e^logit) if b = 0.
  @inline(__always)
  package static func conditionalSlope<Scalar: KernelScalar>(
    logit: Scalar, bit: Scalar, uniform: Scalar
  ) -> Scalar {
    let share = bit == 1 ? 1 - uniform : uniform
    return share / (share + .exp(bit == 1 ? -logit : logit))
  }

  /// Noise of a row: [u of each variable, v of each variable].
  package static func noisePerRow(variables: LatentVariables) -> Int { 2 * variables.count }

  /// Evaluations of a row: the bits b, sigmoid(Z / tau), sigmoid(Z~ / tau).
  package static let evaluations = 3

  /// Where the gradient jumps, at u = p, and where its peak of width tau around Z = 0 ends, at |Z| = 3 tau: without these, the
  /// nodes miss narrow peaks beside rare values (relative error 2e-4 at tau = 0.1, p = 0.005 instead of 2e-11).
  package static func noiseLaw(logits: [Double], temperature: Double) -> [NoiseBlock] {
    let edge = 3 * temperature
    return logits.indices.flatMap { d in
      let logit = logits[d]
      let free = [logit + edge, logit, logit - edge].map { Double.sigmoid($0) }
      let one = Double.sigmoid(logit - edge) / .sigmoid(logit)
      let zero = 1 - Double.sigmoid(-logit - edge) / .sigmoid(-logit)
      return [
        NoiseBlock(indices: [d], law: .smooth(breakpoints: free)),
        NoiseBlock(indices: [logits.count + d], law: .smooth(breakpoints: [one, zero])),
      ]
    }
  }

  /// The points of the three evaluations [3 x rows x variables].
  ///
  /// - Complexity: five logarithms and three exponentials for each variable.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package static func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, temperature: Scalar, shape: LatentShape,
    into points: inout MutableSpan<Scalar>
  ) {
    let count = shape.sampleCount
    let variables = shape.variables
    precondition(logits.count == count && noise.count == 2 * count && shape.isBinary)
    precondition(points.count == evaluations * count)
    for row in 0..<shape.rows {
      let places = row * variables..<(row + 1) * variables
      let uniform = 2 * row * variables
      var bits = points._mutatingExtracting(places)
      Scalar.bernoulliSample(
        logits: logits.extracting(places), uniforms: noise.extracting(uniform..<uniform + variables),
        into: &bits)
      for d in 0..<variables {
        let i = row * variables + d
        let free = free(logit: logits[i], uniform: noise[uniform + d])
        let conditional = conditional(
          logit: logits[i], bit: points[i], uniform: noise[uniform + variables + d])
        points[count + i] = .sigmoid(free / temperature)
        points[2 * count + i] = .sigmoid(conditional / temperature)
      }
    }
  }
}
