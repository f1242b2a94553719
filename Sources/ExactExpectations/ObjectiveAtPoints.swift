package import ElementwiseKernels
internal import GradientEstimators
internal import RealModule

/// The objective between the states, at points y: y_d in [0, 1] for a binary variable, a vector of the probability simplex
/// for a categorical one. A table is extended multilinearly, the other objectives by their formula.
extension Problem {
  /// Values and partial derivatives of the objective at points [items x logits].
  ///
  /// - Parameters:
  ///   - points: [items x logits]
  ///   - values: [items]
  ///   - derivatives: [items x logits]
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func differentiate<Scalar: KernelScalar>(
    points: Span<Scalar>, values: inout MutableSpan<Scalar>, derivatives: inout MutableSpan<Scalar>
  ) {
    let width = logits.count
    precondition(points.count == values.count * width && derivatives.count == points.count)
    var point = [Double](repeating: 0, count: width)
    var slope = point
    for item in 0..<values.count {
      for place in 0..<width { point[place] = Double(points[item * width + place]) }
      values[item] = Scalar(differentiate(at: point, into: &slope))
      for place in 0..<width { derivatives[item * width + place] = Scalar(slope[place]) }
    }
  }

  /// The value at one point [logits], and its partial derivatives.
  private func differentiate(at point: [Double], into slope: inout [Double]) -> Double {
    for place in slope.indices { slope[place] = 0 }
    switch objective {
    case .table(let values): return multilinear(values, at: point, into: &slope)
    case .quadratic(let target): return quadratic(target: target, at: point, into: &slope)
    case .perceptron(let weights, let biases, let outputs):
      var value = 0.0
      for unit in outputs.indices {
        let activation = zip(weights[unit], point).reduce(biases[unit]) { $0 + $1.0 * $1.1 }
        let height = Double.tanh(activation)
        value += outputs[unit] * height
        for place in slope.indices {
          slope[place] += outputs[unit] * (1 - height * height) * weights[unit][place]
        }
      }
      return value
    }
  }

  /// sum over states of f(z) times the product over d of the weight that y_d gives to z_d.
  ///
  /// - Complexity: three multiplications for each state and variable.
  private func multilinear(_ table: [Double], at point: [Double], into slope: inout [Double]) -> Double {
    let width = latentVariables.logitsPerVariable
    let count = variables
    // Of each variable: its value, where its derivative goes, its weight, f times the weights of those before it.
    var taken = InlineArray<20, Int>(repeating: 0)
    var places = InlineArray<20, Int>(repeating: 0)
    var weights = InlineArray<20, Double>(repeating: 0)
    var before = InlineArray<20, Double>(repeating: 0)
    var value = 0.0
    for state in table.indices {
      var product = table[state]
      for variable in 0..<count {
        places[variable] = width == 1 ? taken[variable] : variable * width + taken[variable]
        weights[variable] =
          width > 1 ? point[places[variable]] : taken[variable] == 1 ? point[variable] : 1 - point[variable]
        before[variable] = product
        product *= weights[variable]
      }
      value += product
      var after = 1.0
      for variable in stride(from: count - 1, through: 0, by: -1) {
        let others = before[variable] * after
        if width > 1 {
          slope[places[variable]] += others
        } else {
          slope[variable] += places[variable] == 1 ? others : -others
        }
        after *= weights[variable]
      }
      // The next state: a counter of digits costs no divisions.
      for variable in 0..<count {
        taken[variable] += 1
        guard taken[variable] == categories else { break }
        taken[variable] = 0
      }
    }
    return value
  }

  private func quadratic(target: Double, at point: [Double], into slope: inout [Double]) -> Double {
    let width = latentVariables.logitsPerVariable
    var value = 0.0
    for variable in 0..<variables {
      let position =
        width == 1
        ? point[variable] : (0..<width).reduce(0) { $0 + Double($1) * point[variable * width + $1] }
      value += (position - target) * (position - target)
      for category in 0..<width {
        let step = width == 1 ? 1 : Double(category)
        slope[variable * width + category] = 2 * (position - target) * step
      }
    }
    return value
  }

  /// An interval that contains the objective at every point.
  package var pointRange: ClosedRange<Double> {
    switch objective {
    case .table: return objectiveRange
    case .quadratic(let target):
      // Convex in every position, so that the largest value is at a state; the smallest may lie between.
      let inside = target > 0 && target < Double(categories - 1)
      return (inside ? 0 : objectiveRange.lowerBound)...objectiveRange.upperBound
    case .perceptron(_, _, let outputs):
      let size = outputs.reduce(0) { $0 + $1.magnitude }
      return -size...size
    }
  }

  /// An interval that contains every partial derivative of the objective at every point.
  package var derivativeRange: ClosedRange<Double> {
    switch objective {
    case .table:
      let range = objectiveRange
      let width = range.upperBound - range.lowerBound
      // A partial derivative is a difference of two values for a bit, a mean of values for a category.
      return latentVariables.isBinary ? -width...width : min(range.lowerBound, 0)...max(range.upperBound, 0)
    case .quadratic(let target):
      let step = latentVariables.isBinary ? 1 : Double(categories - 1)
      let reach = Double(categories - 1)
      let size = 2 * step * max(target.magnitude, (reach - target).magnitude)
      return -size...size
    case .perceptron(let weights, _, let outputs):
      let sizes = logits.indices.map { place in
        outputs.indices.reduce(0) { $0 + (outputs[$1] * weights[$1][place]).magnitude }
      }
      let size = sizes.reduce(0, max)
      return -size...size
    }
  }
}
