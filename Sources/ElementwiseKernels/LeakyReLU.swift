extension KernelScalar {
  public static func leakyReLU(_ x: Span<Self>, slope: Self, into y: inout MutableSpan<Self>) {
    precondition(x.count == y.count, "leakyReLU: \(x.count) inputs for \(y.count) outputs")
    for i in 0..<y.count { y[i] = x[i] > 0 ? x[i] : slope * x[i] }
  }

  public static func leakyReLUGradient(
    _ x: Span<Self>, slope: Self, outputGradient: Span<Self>, into inputGradient: inout MutableSpan<Self>
  ) {
    precondition(
      x.count == inputGradient.count && outputGradient.count == inputGradient.count,
      "leakyReLUGradient: \(x.count) inputs, \(outputGradient.count) and \(inputGradient.count) gradients")
    for i in 0..<inputGradient.count {
      inputGradient[i] = x[i] > 0 ? outputGradient[i] : slope * outputGradient[i]
    }
  }
}
