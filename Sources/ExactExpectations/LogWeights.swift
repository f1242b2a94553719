internal import ElementwiseKernels
package import GradientEstimators
internal import RealModule

extension Problem {
  /// log q of the joint state of an index.
  package func logProbability(of state: Int) -> Double {
    (0..<variables).reduce(0) { sum, variable in
      sum + logProbability(ofVariable: variable, value: value(ofVariable: variable, inState: state))
    }
  }

  private func logProbability(ofVariable variable: Int, value: Int) -> Double {
    switch latent {
    case .binary(let logits):
      return -.softplus(value == 1 ? -logits[variable] : logits[variable])
    case .categorical(_, let logits):
      let row = logits[variable]
      let largest = row.reduce(row[0], max)
      return row[value] - largest - .log(row.reduce(0) { $0 + .exp($1 - largest) })
    }
  }

  /// d/d(logit) log q of the joint state of an index, for one logit.
  package func score(ofCoordinate coordinate: Int, inState state: Int) -> Double {
    switch latent {
    case .binary(let logits):
      return value(ofVariable: coordinate, inState: state) == 1
        ? .sigmoid(-logits[coordinate]) : -.sigmoid(logits[coordinate])
    case .categorical:
      let (variable, category) = (coordinate / categories, coordinate % categories)
      let indicator = value(ofVariable: variable, inState: state) == category ? 1.0 : 0
      return indicator - probabilities(ofVariable: variable)[category]
    }
  }

  /// The problem whose objective an estimator of a target is given: f itself, or log w = f - log q as a table.
  package func evaluated(for target: GradientTarget) -> Problem {
    guard case .importanceWeightedBound = target else { return self }
    let table = (0..<stateCount).map { value(of: $0) - logProbability(of: $0) }
    do {
      return try Problem(name: name, latent: latent, objective: .table(values: table))
    } catch {
      preconditionFailure("log weights of finite logits and values are finite: \(error)")
    }
  }

  /// An interval that contains the estimator's gradient in one coordinate, whatever its noise, by its own formula.
  package func gradientBounds(of estimator: any GradientEstimator, coordinate: Int) -> ClosedRange<Double> {
    if let differentiable = estimator as? any DifferentiableGradientEstimator {
      return differentiable.gradientBounds(
        objective: pointRange, derivative: derivativeRange, logits: logits, variables: latentVariables,
        coordinate: coordinate)
    }
    return estimator.gradientBounds(
      objective: evaluated(for: estimator.target).objectiveRange, logits: logits, variables: latentVariables,
      coordinate: coordinate)
  }
}
