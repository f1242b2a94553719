internal import CKernels

extension KernelScalar {
  public static func adamUpdate(
    parameters: inout MutableSpan<Self>, firstMoment: inout MutableSpan<Self>,
    secondMoment: inout MutableSpan<Self>, gradient: Span<Self>, stepSize: Self, beta1: Self, beta2: Self,
    epsilon: Self
  ) {
    let count = parameters.count
    precondition(
      firstMoment.count == count && secondMoment.count == count && gradient.count == count,
      "adamUpdate: \(count) parameters, \(firstMoment.count) and \(secondMoment.count) moments, \(gradient.count) gradients"
    )
    for i in 0..<count {
      let g = gradient[i]
      let m = beta1 * firstMoment[i] + (1 - beta1) * g
      let v = beta2 * secondMoment[i] + (1 - beta2) * (g * g)
      firstMoment[i] = m
      secondMoment[i] = v
      parameters[i] -= stepSize * m / (v.squareRoot() + epsilon)
    }
  }
}

extension Float {
  public static func adamUpdate(
    parameters: inout MutableSpan<Float>, firstMoment: inout MutableSpan<Float>,
    secondMoment: inout MutableSpan<Float>, gradient: Span<Float>, stepSize: Float, beta1: Float,
    beta2: Float,
    epsilon: Float
  ) {
    let count = parameters.count
    precondition(
      firstMoment.count == count && secondMoment.count == count && gradient.count == count,
      "adamUpdate: \(count) parameters, \(firstMoment.count) and \(secondMoment.count) moments, \(gradient.count) gradients"
    )
    let step = armature_adam(step_size: stepSize, beta1: beta1, beta2: beta2, epsilon: epsilon)
    unsafe parameters.withUnsafeMutableBufferPointer { p in
      unsafe firstMoment.withUnsafeMutableBufferPointer { m in
        unsafe secondMoment.withUnsafeMutableBufferPointer { v in
          unsafe gradient.withUnsafeBufferPointer { g in
            unsafe armature_adam(p.baseAddress, m.baseAddress, v.baseAddress, g.baseAddress, step, count)
          }
        }
      }
    }
  }
}
