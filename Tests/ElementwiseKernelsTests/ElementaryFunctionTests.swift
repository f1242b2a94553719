import CKernels
import ElementwiseKernels
import Testing

/// An elementary function with its compilations, its Swift face and its reference in `Double`.
enum ElementaryFunction: String, CaseIterable {
  case exponential, logarithm, logarithmOnePlus, sigmoid, softplus, logSigmoid, hyperbolicTangent

  /// The largest distance from the reference, in units in the last place of the result.
  var bound: Double {
    switch self {
    case .exponential: 1
    case .logarithm: 1
    case .logarithmOnePlus: 2
    case .sigmoid: 3
    case .softplus: 3
    case .logSigmoid: 3
    case .hyperbolicTangent: 2
    }
  }

  func compiled(to code: MachineCode) -> ElementwiseKernel {
    switch self {
    case .exponential:
      unsafe code.pick(armature_exp_portable, armature_exp_avx2, armature_exp_avx512)
    case .logarithm:
      unsafe code.pick(armature_log_portable, armature_log_avx2, armature_log_avx512)
    case .logarithmOnePlus:
      unsafe code.pick(armature_log1p_portable, armature_log1p_avx2, armature_log1p_avx512)
    case .sigmoid:
      unsafe code.pick(armature_sigmoid_portable, armature_sigmoid_avx2, armature_sigmoid_avx512)
    case .softplus:
      unsafe code.pick(armature_softplus_portable, armature_softplus_avx2, armature_softplus_avx512)
    case .logSigmoid:
      unsafe code.pick(armature_log_sigmoid_portable, armature_log_sigmoid_avx2, armature_log_sigmoid_avx512)
    case .hyperbolicTangent:
      unsafe code.pick(armature_tanh_portable, armature_tanh_avx2, armature_tanh_avx512)
    }
  }

  func callAsFunction<Scalar: KernelScalar>(_ inputs: [Scalar]) -> [Scalar] {
    switch self {
    case .exponential: values(of: Scalar.exponential, inputs)
    case .logarithm: values(of: Scalar.logarithm, inputs)
    case .logarithmOnePlus: values(of: Scalar.logarithmOnePlus, inputs)
    case .sigmoid: values(of: Scalar.sigmoid, inputs)
    case .softplus: values(of: Scalar.softplus, inputs)
    case .logSigmoid: values(of: Scalar.logSigmoid, inputs)
    case .hyperbolicTangent: values(of: Scalar.hyperbolicTangent, inputs)
    }
  }
}

@Suite("Elementary functions in single precision") struct ElementaryFunctionTests {
  @Test(
    "Every machine code gives the same bits for bit patterns of every exponent and sign",
    .enabled(if: MachineCode.areSeveral), arguments: ElementaryFunction.allCases)
  func twins(function: ElementaryFunction) {
    let inputs = bitPatternSweep
    let all = MachineCode.available.map { unsafe results(of: function.compiled(to: $0), inputs) }
    for (code, result) in zip(MachineCode.available, all) {
      let difference = firstDifference(all[0], result)
      #expect(difference == nil, "\(code), first at input \(difference.map { inputs[$0] } ?? 0)")
    }
  }

  @Test("Every result is within the stated units in the last place", arguments: ElementaryFunction.allCases)
  func accuracy(function: ElementaryFunction) throws {
    let inputs = bitPatternSweep
    let expected = function(inputs.map { Double($0) })
    let measured = function(inputs)
    let worst = inputs.indices.max { left, right in
      distance(from: expected[left], to: measured[left])
        < distance(from: expected[right], to: measured[right])
    }
    let place = try #require(worst)
    #expect(
      distance(from: expected[place], to: measured[place]) <= function.bound,
      "\(function)(\(inputs[place])) = \(measured[place]), not \(expected[place])")
  }

  @Test("A result one unit beyond the bound is noticed")
  func accuracyIsChecked() {
    let wrong = Float.sigmoid(-3.0 as Float) * (1 + 5 * Float.ulpOfOne)
    #expect(distance(from: Double.sigmoid(-3), to: wrong) > 3)
    #expect(distance(from: .infinity, to: 1) == .infinity)
    #expect(distance(from: .nan, to: 1) == .infinity)
    #expect(distance(from: 1, to: .nan) == .infinity)
    #expect(firstDifference([1, 0, 2], [1, -0.0, 2]) == 1)
  }

  @Test(
    "Arrays of every length up to 80 give what their elements give alone",
    arguments: ElementaryFunction.allCases)
  func lengths(function: ElementaryFunction) {
    let inputs = (0..<80).map { Float($0) * 0.37 - 12 }
    let alone = inputs.map { function([$0])[0] }
    for length in 0...80 {
      let together = function(Array(inputs[..<length]))
      #expect(firstDifference(together, Array(alone[..<length])) == nil, "length \(length)")
    }
  }

  @Test("Limits are exact")
  func limits() {
    #expect(
      values(of: Float.exponential, [-.infinity, .infinity, 0, -104, 89]) == [0, .infinity, 1, 0, .infinity])
    #expect(values(of: Float.logarithm, [0, .infinity, 1]) == [-.infinity, .infinity, 0])
    #expect(values(of: Float.logarithm, [-1, -.infinity, .nan]).allSatisfy { $0.isNaN })
    #expect(
      values(of: Float.logarithmOnePlus, [-1, .infinity, 0, .leastNonzeroMagnitude]) == [
        -.infinity, .infinity, 0, .leastNonzeroMagnitude,
      ])
    #expect(values(of: Float.logarithmOnePlus, [-1.5, -.infinity, .nan]).allSatisfy { $0.isNaN })
    #expect(values(of: Float.sigmoid, [-.infinity, .infinity, 0]) == [0, 1, 0.5])
    #expect(values(of: Float.softplus, [-.infinity, .infinity]) == [0, .infinity])
    #expect(values(of: Float.logSigmoid, [-.infinity, .infinity]) == [-.infinity, 0])
    #expect(values(of: Float.hyperbolicTangent, [-.infinity, .infinity, 0]) == [-1, 1, 0])
  }
}

/// Bit patterns at a stride that is odd, so that low bits vary, and the neighbours of the numbers where formulas change.
let bitPatternSweep: [Float] = {
  var inputs = stride(from: UInt64(0), to: 1 << 32, by: 32_771).map { Float(bitPattern: UInt32($0)) }
  for centre in [
    0, 0.625, 1, 2.0 / 3, 4.0 / 3, 1.0 / 3, 88.72284, 103.97, 0x1p-126, .greatestFiniteMagnitude,
  ] as [Float] {
    for value in [centre.nextDown, centre, centre.nextUp] { inputs += [value, -value] }
  }
  return inputs + [.infinity, -.infinity, .nan, -.nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
}()
