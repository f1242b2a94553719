import ElementwiseKernels
import RandomStreams
import Testing

@testable import NeuralNetworks

@Suite("Multilayer perceptrons")
struct MultilayerPerceptronTests {
  static let shapes = [[4, 3], [5, 4, 3], [6, 5, 4, 2], [1, 1, 1]]

  /// The loss is a fixed linear function of the outputs, so its gradient at the output is `direction`.
  struct Problem<Scalar: KernelScalar> {
    var network: MultilayerPerceptron<Scalar>
    var input: [Scalar]
    let direction: [Scalar]
    let rows = 3

    init(widths: [Int]) {
      network = MultilayerPerceptron(widths: widths, slope: 0.3)
      network.parameters = testNumbers(network.parameters.count, stream: 4)
      input = testNumbers(rows * widths[0], stream: 5)
      direction = testNumbers(rows * widths[widths.count - 1], stream: 6)
    }

    var loss: Scalar {
      var workspace = PerceptronWorkspace(network: network, rows: rows, gradientRows: 0)
      network.forward(input: input.span, rows: rows, workspace: &workspace)
      return zip(workspace.outputs[workspace.outputs.count - 1], direction).reduce(0) { $0 + $1.0 * $1.1 }
    }

    func gradients() -> (parameters: [Scalar], input: [Scalar]) {
      var workspace = PerceptronWorkspace(network: network, rows: rows, gradientRows: rows)
      network.forward(input: input.span, rows: rows, workspace: &workspace)
      workspace.outputGradients[workspace.outputGradients.count - 1] = direction
      network.backward(rows: rows, workspace: &workspace)
      var parameters = [Scalar](repeating: 0, count: network.parameters.count)
      var target = parameters.mutableSpan
      network.weightGradient(
        input: input.span, rows: rows, workspace: workspace, adding: false, into: &target)
      network.addBiasGradient(rows: rows, workspace: workspace, to: &target)
      var inputs = [Scalar](repeating: 0, count: input.count)
      var inputTarget = inputs.mutableSpan
      network.inputGradient(rows: rows, workspace: workspace, into: &inputTarget)
      return (parameters, inputs)
    }
  }

  @Test("have the gradient that central differences give, for parameters and input", arguments: shapes)
  func gradientsAgreeWithDifferences(widths: [Int]) {
    var problem = Problem<Double>(widths: widths)
    let (parameters, input) = problem.gradients()
    // A piecewise linear loss: differences are exact up to rounding as long as no kink lies within the step.
    let step = 1e-5
    for index in parameters.indices {
      let old = problem.network.parameters[index]
      problem.network.parameters[index] = old + step
      let above = problem.loss
      problem.network.parameters[index] = old - step
      let difference = (above - problem.loss) / (2 * step)
      problem.network.parameters[index] = old
      #expect((difference - parameters[index]).magnitude < 1e-9, "parameter \(index)")
    }
    for index in input.indices {
      let old = problem.input[index]
      problem.input[index] = old + step
      let above = problem.loss
      problem.input[index] = old - step
      let difference = (above - problem.loss) / (2 * step)
      problem.input[index] = old
      #expect((difference - input[index]).magnitude < 1e-9, "input \(index)")
    }
  }

  @Test("compute the same in both precisions up to rounding", arguments: shapes)
  func precisionsAgree(widths: [Int]) {
    let double = Problem<Double>(widths: widths).gradients()
    let float = Problem<Float>(widths: widths).gradients()
    // At most four layers of sums of at most six products.
    let tolerance = 64 * Double(Float.ulpOfOne)
    #expect(relativeDifference(float.parameters, double.parameters) < tolerance)
    #expect(relativeDifference(float.input, double.input) < tolerance)
  }

  @Test("add the gradients of two halves of the rows up to that of all rows")
  func gradientsAdd() {
    let whole = Problem<Double>(widths: [5, 4, 3])
    let expected = whole.gradients().parameters
    var sum = [Double](repeating: 0, count: expected.count)
    for (first, rows) in [(0, 1), (1, 2)] {
      var workspace = PerceptronWorkspace(network: whole.network, rows: rows, gradientRows: rows)
      let input = Array(whole.input[first * 5..<(first + rows) * 5])
      whole.network.forward(input: input.span, rows: rows, workspace: &workspace)
      workspace.outputGradients[1] = Array(whole.direction[first * 3..<(first + rows) * 3])
      whole.network.backward(rows: rows, workspace: &workspace)
      var target = sum.mutableSpan
      whole.network.weightGradient(
        input: input.span, rows: rows, workspace: workspace, adding: first > 0, into: &target)
      whole.network.addBiasGradient(rows: rows, workspace: workspace, to: &target)
    }
    #expect(relativeDifference(sum, expected) < 1e-14)
  }

  @Test("start with weights in the Glorot range, each from its own place of the stream, and biases zero")
  func initialisation() {
    var network = MultilayerPerceptron<Double>(widths: [6, 5, 3], slope: 0.3)
    network.parameters = testNumbers(network.parameters.count, stream: 7)
    network.initialiseGlorotUniform(seed: 11, network: 1)
    for (index, layer) in network.layers.enumerated() {
      var uniforms = [Double](repeating: 0, count: layer.weight.count)
      var target = uniforms.mutableSpan
      RandomStream(seed: 11, purpose: .initialisation, step: 256 + UInt64(index))
        .fillUniforms(rows: 0..<layer.inputs, perRow: layer.outputs, into: &target)
      let limit = (6 / Double(layer.inputs + layer.outputs)).squareRoot()
      #expect(Array(network.parameters[layer.weight]) == uniforms.map { limit * (2 * $0 - 1) })
      #expect(network.parameters[layer.bias].allSatisfy { $0 == 0 })
    }
  }
}
