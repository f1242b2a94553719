internal import CKernels

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

extension Float {
  public static func leakyReLU(_ x: Span<Float>, slope: Float, into y: inout MutableSpan<Float>) {
    precondition(x.count == y.count, "leakyReLU: \(x.count) inputs for \(y.count) outputs")
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe armature_leaky_relu(x.baseAddress, slope, y.baseAddress, y.count)
      }
    }
  }

  public static func leakyReLUGradient(
    _ x: Span<Float>, slope: Float, outputGradient: Span<Float>, into inputGradient: inout MutableSpan<Float>
  ) {
    precondition(
      x.count == inputGradient.count && outputGradient.count == inputGradient.count,
      "leakyReLUGradient: \(x.count) inputs, \(outputGradient.count) and \(inputGradient.count) gradients")
    unsafe x.withUnsafeBufferPointer { x in
      unsafe outputGradient.withUnsafeBufferPointer { dy in
        unsafe inputGradient.withUnsafeMutableBufferPointer { dx in
          unsafe armature_leaky_relu_gradient(x.baseAddress, slope, dy.baseAddress, dx.baseAddress, dx.count)
        }
      }
    }
  }
}
