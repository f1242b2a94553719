import CKernels
import ElementwiseKernels
import Testing

@Suite("Adam kernel") struct AdamTests {
  @Test("AVX2 and portable code give the same bits over three steps", .enabled(if: armature_has_avx2() == 1))
  func twins() {
    for count in [0, 1, 7, 8, 9, 40, 203] {
      let gradient = irregular(count, scale: 3)
      let step = armature_adam(step_size: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
      var portable = AdamState(count: count)
      var vector = portable
      for _ in 0..<3 {
        unsafe armature_adam_portable(
          &portable.parameters, &portable.first, &portable.second, gradient, step, count)
        unsafe armature_adam_avx2(&vector.parameters, &vector.first, &vector.second, gradient, step, count)
      }
      #expect(firstDifference(portable.parameters, vector.parameters) == nil, "\(count) parameters")
      #expect(firstDifference(portable.first, vector.first) == nil, "\(count) parameters")
      #expect(firstDifference(portable.second, vector.second) == nil, "\(count) parameters")
    }
  }

  @Test("The first corrected step moves each parameter by the rate against the sign of its gradient")
  func firstStep() {
    func check<Scalar: KernelScalar>(_: Scalar.Type) {
      let gradient: [Scalar] = [3, -0.001, 250, -7]
      var parameters = [Scalar](repeating: 0, count: 4)
      var first = parameters
      var second = parameters
      let rate: Scalar = 0.5
      let beta1: Scalar = 0.9
      let beta2: Scalar = 0.999
      var p = parameters.mutableSpan
      var m = first.mutableSpan
      var v = second.mutableSpan
      Scalar.adamUpdate(
        parameters: &p, firstMoment: &m, secondMoment: &v, gradient: gradient.span,
        stepSize: rate * (1 - beta2).squareRoot() / (1 - beta1), beta1: beta1, beta2: beta2, epsilon: 0)
      for i in 0..<4 {
        let expected = gradient[i] > 0 ? -rate : rate
        // Nine roundings lie between the two, and 1 - beta is the same rounded number wherever it occurs.
        #expect(abs(p[i] - expected) <= 9 * Scalar.ulpOfOne * rate)
      }
    }
    check(Float.self)
    check(Double.self)
  }

  @Test("Epsilon is added to the uncorrected root")
  func epsilon() {
    var parameters = [1.0]
    var first = [0.0]
    var second = [0.0]
    var p = parameters.mutableSpan
    var m = first.mutableSpan
    var v = second.mutableSpan
    Double.adamUpdate(
      parameters: &p, firstMoment: &m, secondMoment: &v, gradient: [4.0].span, stepSize: 1, beta1: 0.5,
      beta2: 0.75, epsilon: 2)
    #expect(m[0] == 2 && v[0] == 4 && p[0] == 1 - 2.0 / (2 + 2))
  }
}

struct AdamState {
  var parameters: [Float]
  var first: [Float]
  var second: [Float]

  init(count: Int) {
    parameters = irregular(count, scale: 1)
    first = [Float](repeating: 0, count: count)
    second = first
  }
}
