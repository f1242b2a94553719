public import ElementwiseKernels
public import GradientEstimators
internal import RealModule

extension Problem {
  /// The smallest and the largest value of the objective over all joint states.
  public var objectiveRange: ClosedRange<Double> {
    switch objective {
    case .table(let values):
      return values.reduce(values[0]...values[0]) { min($0.lowerBound, $1)...max($0.upperBound, $1) }
    case .quadratic(let target):
      let terms = (0..<categories).map { (Double($0) - target) * (Double($0) - target) }
      let count = Double(variables)
      return count * terms.reduce(terms[0], min)...count * terms.reduce(terms[0], max)
    case .perceptron:
      let values = (0..<stateCount).map { value(of: $0) }
      return values.reduce(values[0]...values[0]) { min($0.lowerBound, $1)...max($0.upperBound, $1) }
    }
  }

  /// The objective at the joint state of an index.
  ///
  /// - Precondition: `0 <= index < stateCount`.
  public func value(of index: Int) -> Double {
    switch objective {
    case .table(let values):
      return values[index]
    case .quadratic(let target):
      return (0..<variables).reduce(0) { sum, variable in
        let difference = Double(value(ofVariable: variable, inState: index)) - target
        return sum + difference * difference
      }
    case .perceptron(let weights, let biases, let outputs):
      return outputs.indices.reduce(0) { sum, unit in
        sum + outputs[unit] * .tanh(biases[unit] + activation(of: weights[unit], inState: index))
      }
    }
  }

  private func activation(of weights: [Double], inState index: Int) -> Double {
    let width = latentVariables.logitsPerVariable
    return (0..<variables).reduce(0) { sum, variable in
      let value = value(ofVariable: variable, inState: index)
      return sum + (width == 1 ? Double(value) * weights[variable] : weights[variable * width + value])
    }
  }

  /// The objective at each sample: samples [evaluations x rows x variables], values [evaluations x rows].
  ///
  /// - Precondition: `samples.count == values.count * variables`; every sample is a value of its variable.
  public func values<Scalar: KernelScalar>(
    samples: Span<Scalar>, shape: LatentShape, into values: inout MutableSpan<Scalar>
  ) {
    precondition(shape.variables == variables && samples.count == values.count * variables)
    switch objective {
    case .table(let table): lookUp(samples, in: table.span, into: &values)
    case .quadratic(let target): square(samples, target: Scalar(target), into: &values)
    case .perceptron:
      let table = (0..<stateCount).map { value(of: $0) }
      lookUp(samples, in: table.span, into: &values)
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func lookUp<Scalar: KernelScalar>(
    _ samples: Span<Scalar>, in table: Span<Double>, into values: inout MutableSpan<Scalar>
  ) {
    for item in 0..<values.count {
      var index = 0
      for variable in (0..<variables).reversed() {
        index = index * categories + valueIndex(samples[item * variables + variable], categories: categories)
      }
      values[item] = Scalar(table[index])
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func square<Scalar: KernelScalar>(
    _ samples: Span<Scalar>, target: Scalar, into values: inout MutableSpan<Scalar>
  ) {
    for item in 0..<values.count {
      var sum: Scalar = 0
      for variable in 0..<variables {
        let difference = samples[item * variables + variable] - target
        sum += difference * difference
      }
      values[item] = sum
    }
  }
}

/// A sample as an integer: for bits without the conversion, which costs more than the rest of a look-up, for categories by
/// way of `Double`, because the generic conversion costs more still.
@inline(__always)
func valueIndex<Scalar: KernelScalar>(_ sample: Scalar, categories: Int) -> Int {
  categories == 2 ? (sample == 0 ? 0 : 1) : Int(Double(sample))
}
