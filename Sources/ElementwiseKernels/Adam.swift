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
