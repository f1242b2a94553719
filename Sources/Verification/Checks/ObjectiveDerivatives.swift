internal import ElementwiseKernels
internal import ExactExpectations
internal import GradientEstimators

/// The objective and its derivatives at single points, for the formulas that estimators with derivatives are held to.
extension Problem {
  /// The value at a point [logits] and its partial derivatives [logits].
  func differentiated(at point: [Double]) -> (value: Double, slope: [Double]) {
    var value = [0.0]
    var slope = point
    var values = value.mutableSpan
    var derivatives = slope.mutableSpan
    differentiate(points: point.span, values: &values, derivatives: &derivatives)
    return (value[0], slope)
  }

  /// A joint state as a point: its bits, or the unit vectors of its categories one after the other.
  func point(ofState state: Int) -> [Double] {
    let width = latentVariables.logitsPerVariable
    return logits.indices.map { place in
      let value = value(ofVariable: place / width, inState: state)
      return width == 1 ? Double(value) : (value == place % width ? 1 : 0)
    }
  }

  /// The probability of each joint state.
  var stateProbabilities: [Double] {
    let probabilities = (0..<variables).map { self.probabilities(ofVariable: $0) }
    return (0..<stateCount).map { state in
      probabilities.indices.reduce(1) { product, variable in
        product * probabilities[variable][value(ofVariable: variable, inState: state)]
      }
    }
  }
}

/// The mean and the variance of each coordinate of an estimator.
struct Moments {
  let mean: [Double]
  let variance: [Double]

  /// Of gradients that each joint state of a problem leads to.
  init(over problem: Problem, gradient: (_ state: Int) -> [Double]) {
    let outcomes = problem.stateProbabilities.enumerated().map { ($1, gradient($0)) }
    let mean = problem.logits.indices.map { coordinate in
      outcomes.reduce(0) { $0 + $1.0 * $1.1[coordinate] }
    }
    self.mean = mean
    variance = problem.logits.indices.map { coordinate in
      outcomes.reduce(0) {
        $0 + $1.0 * ($1.1[coordinate] - mean[coordinate]) * ($1.1[coordinate] - mean[coordinate])
      }
    }
  }

  init(mean: [Double], variance: [Double]) {
    self.mean = mean
    self.variance = variance
  }
}
