internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators

/// Exact moments of the estimators with derivatives whose gradient is a function of one state, by enumeration.
///
/// - Straight-through: f'_d(z) p (1 - p), f'_d(z), f'_d(z) 1[|logit| <= 1]; for categorical variables sum over k of
///   p_c p_k (f'_c(z) - f'_k(z)).
/// - MuProp: (f(z) - f(p) - f'(p) . (z - p)) (z_d - p_d) + f'_d(p) p_d (1 - p_d).
enum StateFormula {
  static func moments(of estimator: any GradientEstimator, on problem: Problem) -> Moments? {
    switch estimator {
    case let estimator as StraightThrough: straightThrough(estimator.proxy, problem)
    case is MuProp: muProp(problem)
    default: nil
    }
  }

  private static func straightThrough(_ proxy: StraightThrough.Proxy, _ problem: Problem) -> Moments {
    Moments(over: problem) { state in
      let slope = problem.differentiated(at: problem.point(ofState: state)).slope
      return problem.logits.indices.map { coordinate in
        let logit = problem.logits[coordinate]
        switch proxy {
        case .mean where problem.latentVariables.isBinary:
          return slope[coordinate] * .sigmoid(logit) * .sigmoid(-logit)
        case .mean: return categorical(slope, coordinate, problem)
        case .identity: return slope[coordinate]
        case .hardTanh: return abs(logit) <= 1 ? slope[coordinate] : 0
        }
      }
    }
  }

  private static func categorical(_ slope: [Double], _ coordinate: Int, _ problem: Problem) -> Double {
    let categories = problem.categories
    let variable = coordinate / categories
    let p = problem.probabilities(ofVariable: variable)
    return (0..<categories).reduce(0) { sum, other in
      sum + p[coordinate % categories] * p[other]
        * (slope[coordinate] - slope[variable * categories + other])
    }
  }

  private static func muProp(_ problem: Problem) -> Moments {
    let p = problem.logits.map { Double.sigmoid($0) }
    let (value, slope) = problem.differentiated(at: p)
    return Moments(over: problem) { state in
      let z = problem.point(ofState: state)
      let linear = p.indices.reduce(value) { $0 + slope[$1] * (z[$1] - p[$1]) }
      return p.indices.map { d in
        (problem.value(of: state) - linear) * (z[d] - p[d]) + slope[d] * p[d] * (1 - p[d])
      }
    }
  }
}
