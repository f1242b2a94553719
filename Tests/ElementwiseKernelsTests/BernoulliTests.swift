import CKernels
import ElementwiseKernels
import Testing

@Suite("Bernoulli kernels") struct BernoulliTests {
  /// 8-lane blocks, chunks of 64 and tails of both: lengths around their multiples.
  /// Beyond 960 a logarithm is taken before the end.
  static let lengths = [0, 1, 3, 7, 8, 9, 63, 64, 65, 71, 128, 200, 784, 1003]

  func targets(_ count: Int) -> [UInt8] { irregular(count, scale: 1).map { $0 > 0.2 ? 1 : 0 } }

  @Test("A sample is 1 exactly where the uniform is below the sigmoid kernel's value")
  func sample() {
    let logits = irregular(1003, scale: 6)
    let probabilities = values(of: Float.sigmoid, logits)
    // Every fourth uniform equals its probability: the comparison is strict.
    let uniforms = logits.indices.map { $0 % 4 == 0 ? probabilities[$0] : Float($0) / 1003 }
    var samples = [Float](repeating: .nan, count: logits.count)
    var span = samples.mutableSpan
    Float.bernoulliSample(logits: logits.span, uniforms: uniforms.span, into: &span)
    #expect(samples == logits.indices.map { uniforms[$0] < probabilities[$0] ? 1 : 0 })
    #expect(samples.contains(1) && samples.contains(0))
  }

  @Test(
    "Every machine code gives the same bits, and bytes those of numbers",
    .enabled(if: MachineCode.areSeveral), arguments: lengths)
  func twins(length: Int) {
    let rows = 3
    let logits = irregular(rows * length, scale: 30)
    let bytes = targets(rows * length)
    let numbers = bytes.map { Float($0) }
    let halves = numbers.map { $0 * 0.5 }
    let scales: [Float] = [1, -0.3, 0.07]
    let sums = [Float](repeating: 7, count: rows)
    let elements = [Float](repeating: 7, count: rows * length)
    let ofNumbers = unsafe expectTwins(
      armature_bernoulli_log_likelihood_portable, armature_bernoulli_log_likelihood_avx2,
      armature_bernoulli_log_likelihood_avx512, from: sums
    ) { unsafe $0(logits, numbers, rows, length, &$1) }
    let ofBytes = unsafe expectTwins(
      armature_bernoulli_log_likelihood_bytes_portable, armature_bernoulli_log_likelihood_bytes_avx2,
      armature_bernoulli_log_likelihood_bytes_avx512, from: sums
    ) { unsafe $0(logits, bytes, length, rows, length, &$1) }
    #expect(firstDifference(ofNumbers, ofBytes) == nil)
    let gradientOfNumbers = unsafe expectTwins(
      armature_bernoulli_gradient_portable, armature_bernoulli_gradient_avx2,
      armature_bernoulli_gradient_avx512, from: elements
    ) { unsafe $0(logits, numbers, scales, rows, length, &$1) }
    let gradientOfBytes = unsafe expectTwins(
      armature_bernoulli_gradient_bytes_portable, armature_bernoulli_gradient_bytes_avx2,
      armature_bernoulli_gradient_bytes_avx512, from: elements
    ) { unsafe $0(logits, bytes, scales, rows, length, &$1) }
    #expect(firstDifference(gradientOfNumbers, gradientOfBytes) == nil)
    unsafe expectTwins(
      armature_bernoulli_sample_portable, armature_bernoulli_sample_avx2, armature_bernoulli_sample_avx512,
      from: elements
    ) { unsafe $0(logits, halves, &$1, rows * length) }
  }

  @Test("Infinite and undefined logits give the same bits too", .enabled(if: MachineCode.areSeveral))
  func twinsAtTheLimits() {
    let logits: [Float] = [
      .infinity, -.infinity, .nan, 0, -0.0, .leastNonzeroMagnitude, 3e38, -3e38, 100, -100,
    ]
    for target in [0, 1, 0.25] as [Float] {
      for logit in logits {
        unsafe expectTwins(
          armature_bernoulli_log_likelihood_portable, armature_bernoulli_log_likelihood_avx2,
          armature_bernoulli_log_likelihood_avx512, from: [0], "logit \(logit), target \(target)"
        ) { unsafe $0([logit], [target], 1, 1, &$1) }
      }
    }
  }

  @Test("The log-likelihood is within its rounding bound of the sum in double precision", arguments: lengths)
  func logLikelihood(length: Int) {
    let logits = irregular(2 * length, scale: 12)
    let bytes = targets(2 * length)
    var single: [Float] = [.nan, .nan]
    var double: [Double] = [.nan, .nan]
    var singleSpan = single.mutableSpan
    Float.bernoulliLogLikelihood(logits: logits.span, targets: bytes.span, rows: 2, into: &singleSpan)
    var doubleSpan = double.mutableSpan
    let doubleLogits = logits.map { Double($0) }
    Double.bernoulliLogLikelihood(logits: doubleLogits.span, targets: bytes.span, rows: 2, into: &doubleSpan)
    // Terms are all negative, so |sum| is the sum of their sizes. A term is off by at most 4 units of 2^-24 of itself, a
    // lane by (length / 8 + 2) roundings and its logarithms, the tree by 3. Each factor 1 + exp(-|l|) is rounded away from
    // its compensated value by at most half a unit, and rounds the product once: 2^-24 more for each.
    let relative = (4 + Double(length) / 8 + 2 + 3) * 0x1p-24 * 1.001
    let absolute = Double(length) * 1.5 * 0x1p-24
    for row in 0..<2 {
      #expect(abs(Double(single[row]) - double[row]) <= relative * abs(double[row]) + absolute)
    }
  }

  @Test("Likely pixels keep their small log-likelihood", arguments: [1, 8, 100])
  func likelyPixels(count: Int) {
    let logits = [Float](repeating: 20, count: count)
    let ones = [UInt8](repeating: 1, count: count)
    var result: [Float] = [.nan]
    var span = result.mutableSpan
    Float.bernoulliLogLikelihood(logits: logits.span, targets: ones.span, rows: 1, into: &span)
    let expected = Double(count) * Double.logSigmoid(20)
    #expect(abs(Double(result[0]) / expected - 1) < (4 + Double(count) / 8 + 3) * 0x1p-24)
  }

  @Test(
    "Bits are 1 exactly where the uniform is below the probability, in both precisions and all machine codes")
  func bits() {
    let probabilities = irregular(77, scale: 1).map { abs($0) }
    // Every fourth uniform equals its probability: the comparison is strict.
    let uniforms = probabilities.indices.map { $0 % 4 == 0 ? probabilities[$0] : Float($0) / 77 }
    let expected = probabilities.indices.map { UInt8(uniforms[$0] < probabilities[$0] ? 1 : 0) }
    let empty = [UInt8](repeating: 7, count: 77)
    var (single, double) = (empty, empty)
    var span = single.mutableSpan
    Float.bernoulliBits(probabilities: probabilities.span, uniforms: uniforms.span, into: &span)
    var doubleSpan = double.mutableSpan
    let doubles = (probabilities.map { Double($0) }, uniforms.map { Double($0) })
    Double.bernoulliBits(probabilities: doubles.0.span, uniforms: doubles.1.span, into: &doubleSpan)
    let compiled = unsafe results(
      armature_bernoulli_bits_portable, armature_bernoulli_bits_avx2, armature_bernoulli_bits_avx512,
      from: empty
    ) { unsafe $0(probabilities, uniforms, &$1, 77) }
    for result in [single, double] + compiled { #expect(result == expected) }
    #expect(expected.contains(1) && expected.contains(0))
  }

  @Test(
    "Sums over bits take the values at the ones, of each row's own values or of shared ones",
    arguments: lengths)
  func maskedSums(length: Int) {
    let rows = 3
    let bits = targets(rows * length)
    for count in [rows * length, length] {
      // Small integers: sums are exact in any order.
      let values = (0..<count).map { Float($0 * 7 % 23 - 11) }
      let expected = (0..<rows).map { row in
        (0..<length).reduce(Float(0)) {
          $0 + (bits[row * length + $1] == 1 ? values[(count == length ? 0 : row * length) + $1] : 0)
        }
      }
      var single: [Float] = [.nan, .nan, .nan]
      var span = single.mutableSpan
      Float.maskedSums(bits: bits.span, values: values.span, rows: rows, into: &span)
      #expect(single == expected)
      var double: [Double] = [.nan, .nan, .nan]
      var doubleSpan = double.mutableSpan
      let doubles = values.map { Double($0) }
      Double.maskedSums(bits: bits.span, values: doubles.span, rows: rows, into: &doubleSpan)
      #expect(double == expected.map { Double($0) })
      let wide = irregular(count, scale: 3)
      unsafe expectTwins(
        armature_masked_sums_portable, armature_masked_sums_avx2, armature_masked_sums_avx512, from: single
      ) { unsafe $0(bits, wide, count == length ? 0 : length, rows, length, &$1) }
    }
  }

  @Test("A log-likelihood of targets shared by all rows is that of repeated ones")
  func sharedTargets() {
    let logits = irregular(4 * 77, scale: 9)
    let bytes = targets(77)
    let repeated = bytes + bytes + bytes + bytes
    var results = [[Float]](repeating: Array(repeating: .nan, count: 4), count: 2)
    var shared = results[0].mutableSpan
    Float.bernoulliLogLikelihood(logits: logits.span, targets: bytes.span, rows: 4, into: &shared)
    var own = results[1].mutableSpan
    Float.bernoulliLogLikelihood(logits: logits.span, targets: repeated.span, rows: 4, into: &own)
    #expect(results[0] == results[1])
    let doubles = logits.map { Double($0) }
    var double = [Double](repeating: .nan, count: 4)
    var doubleSpan = double.mutableSpan
    Double.bernoulliLogLikelihood(logits: doubles.span, targets: bytes.span, rows: 4, into: &doubleSpan)
    for row in 0..<4 { #expect(abs(double[row] - Double(results[0][row])) < 1e-3) }
  }

  @Test("A row's sum does not depend on the rows beside it")
  func rowsAreIndependent() {
    let logits = irregular(5 * 77, scale: 9)
    let bytes = targets(5 * 77)
    var together = [Float](repeating: .nan, count: 5)
    var span = together.mutableSpan
    Float.bernoulliLogLikelihood(logits: logits.span, targets: bytes.span, rows: 5, into: &span)
    for row in 0..<5 {
      let range = row * 77..<(row + 1) * 77
      var alone: [Float] = [.nan]
      var aloneSpan = alone.mutableSpan
      Float.bernoulliLogLikelihood(
        logits: logits.span.extracting(range), targets: bytes.span.extracting(range), rows: 1,
        into: &aloneSpan)
      #expect(alone[0].bitPattern == together[row].bitPattern)
    }
  }

  @Test("The gradient is rowScale (x - sigmoid(logit)), and the derivative of the log-likelihood")
  func gradient() {
    let logits = irregular(24, scale: 4).map { Double($0) }
    let bytes = targets(24)
    let scales = [0.5, -2.0, 1.0]
    var gradient = [Double](repeating: .nan, count: 24)
    var span = gradient.mutableSpan
    Double.bernoulliLogLikelihoodGradient(
      logits: logits.span, targets: bytes.span, rowScales: scales.span, into: &span)
    let singleLogits = logits.map { Float($0) }
    let singleScales = scales.map { Float($0) }
    var single = [Float](repeating: .nan, count: 24)
    var singleSpan = single.mutableSpan
    Float.bernoulliLogLikelihoodGradient(
      logits: singleLogits.span, targets: bytes.span, rowScales: singleScales.span, into: &singleSpan)
    for i in logits.indices {
      func logLikelihood(_ logit: Double) -> Double {
        Double(bytes[i]) * logit - Double.softplus(logit)
      }
      let h = 1e-5
      let difference = (logLikelihood(logits[i] + h) - logLikelihood(logits[i] - h)) / (2 * h)
      // Central difference: h^2 / 6 times a third derivative of at most 1/8, and rounding of at most 8 units over 2h.
      let bound = h * h / 48 + 8 * 0x1p-53 * 5 / h
      #expect(abs(gradient[i] - scales[i / 8] * difference) <= abs(scales[i / 8]) * bound)
      #expect(abs(Double(single[i]) - gradient[i]) <= abs(scales[i / 8]) * 4 * 0x1p-24)
    }
  }
}
