internal import ElementwiseKernels
internal import GradientEstimators

/// An estimator with one deliberate fault, which the battery must catch.
public struct Mutant: Sendable {
  /// A name of its own.
  public let name: String
  /// The estimator that it claims to be, as typed.
  public let base: String
  /// What is wrong, in words.
  public let fault: String
  /// The faulty estimator, if it is one of independent variables.
  let estimator: (any GradientEstimator)?
  /// The faulty estimator, if it is one of networks.
  let layered: (any LayeredGradientEstimator)?
  /// Whether rows of a batch are independent, so that its exact moments mean something.
  let hasIndependentRows: Bool
  /// The place in published code that computes exactly this, if one does: authors, repository, function.
  public let releasedCode: String?

  /// All mutants, by family.
  public static var all: [Mutant] {
    reinforce + runningMean + ar + arm + disarm + loorf + arms + armsNormal + localExpectations + samplers
      + categorical + coupled + swaps + unorderedSets + bounds + nvil + relaxedControls
      + doubleControlVariates + rodeo + straightThrough + muProp + relaxations + branching + sampleAnalytic
      + deepStraightThrough + straightThroughNetworks + relaxedNetworks + jitteredCopula
  }

  init(
    _ name: String, base: String, fault: String, releasedCode: String? = nil, hasIndependentRows: Bool = true,
    _ estimator: any GradientEstimator
  ) {
    self.releasedCode = releasedCode
    self.hasIndependentRows = hasIndependentRows
    self.name = name
    self.base = base
    self.fault = fault
    self.estimator = estimator
    layered = nil
  }

  init(_ name: String, base: String, fault: String, layered: any LayeredGradientEstimator) {
    self.name = name
    self.base = base
    self.fault = fault
    self.layered = layered
    estimator = nil
    hasIndependentRows = true
    releasedCode = nil
  }
}

/// An estimator that differs from a sound one in what it overrides; all else is forwarded.
protocol FaultyEstimator: GradientEstimator {
  associatedtype Base: GradientEstimator
  var base: Base { get }
}

extension FaultyEstimator {
  var name: String { base.name }

  var target: GradientTarget { base.target }

  var bias: String? { base.bias }

  func evaluations(variables: LatentVariables) -> Int { base.evaluations(variables: variables) }

  func representativeEvaluations(variables: LatentVariables) -> Int {
    base.representativeEvaluations(variables: variables)
  }

  func noisePerRow(variables: LatentVariables) -> Int { base.noisePerRow(variables: variables) }

  func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    base.noiseLaw(logits: logits, variables: variables)
  }

  /// Wide enough for every fault, so that a fault is caught by its bias and not by leaving the bounds.
  func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let bounds = base.gradientBounds(
      objective: objective, logits: logits, variables: variables, coordinate: coordinate)
    let objectiveSize = max(objective.lowerBound.magnitude, objective.upperBound.magnitude)
    let size = max(4 * bounds.lowerBound.magnitude, 4 * bounds.upperBound.magnitude, objectiveSize)
    return -size...size
  }

  func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    base.draw(logits: logits, noise: noise, shape: shape, samples: &samples)
  }

  func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    base.combine(
      logits: logits, noise: noise, samples: samples, values: values, shape: shape, gradient: &gradient)
  }
}

/// Multiplies each component of a gradient for binary variables by a factor of its logit.
///
/// Rows mostly have the same logits and then share the factor: some factors are integrals.
func scaleByLogit<Scalar: KernelScalar>(
  _ gradient: inout MutableSpan<Scalar>, logits: Span<Scalar>, shape: LatentShape,
  factor: (_ logit: Double) -> Double
) {
  var factors = [Double](repeating: 1, count: shape.variables)
  for i in 0..<gradient.count {
    let variable = i % shape.variables
    if i < shape.variables || logits[i] != logits[i - shape.variables] {
      factors[variable] = factor(Double(logits[i]))
    }
    gradient[i] *= Scalar(factors[variable])
  }
}
