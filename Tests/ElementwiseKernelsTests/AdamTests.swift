import CKernels
import ElementwiseKernels
import Testing

@Suite("Adam kernel") struct AdamTests {
  @Test("Every machine code gives the same bits over three steps", .enabled(if: MachineCode.areSeveral))
  func twins() {
    for count in [0, 1, 7, 8, 9, 15, 16, 17, 40, 203] {
      let gradient = irregular(count, scale: 3)
      let step = armature_adam(step_size: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
      let states = MachineCode.available.map { code in
        let adam = unsafe code.pick(armature_adam_portable, armature_adam_avx2, armature_adam_avx512)
        var state = AdamState(count: count)
        for _ in 0..<3 {
          unsafe adam(&state.parameters, &state.first, &state.second, gradient, step, count)
        }
        return state
      }
      for state in states {
        #expect(firstDifference(states[0].parameters, state.parameters) == nil, "\(count) parameters")
        #expect(firstDifference(states[0].first, state.first) == nil, "\(count) parameters")
        #expect(firstDifference(states[0].second, state.second) == nil, "\(count) parameters")
      }
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
