import Testing

@testable import Training

@Suite("The benchmark")
struct SpeedBenchmarkTests {
  @Test("counts the multiply-adds of the published models' steps")
  func multiplyAdds() {
    // By hand for 784-200-200-200 and its mirror image, and for 784-200: encoder forward and backward, decoder forward
    // for two samples, backward for one, without the first layers' input gradients.
    let (wide, square) = (784 * 200, 200 * 200)
    let nonlinear =
      (wide + 2 * square) + (wide + 4 * square) + 2 * (wide + 2 * square) + (2 * wide + 3 * square)
    let linear = wide + wide + 2 * wide + wide
    let found = Dictionary(
      uniqueKeysWithValues: BenchmarkWorkload.all.map { ($0.model + " " + $0.estimator, $0.multiplyAdds) })
    #expect(found["nonlinear arm"] == 50 * nonlinear && found["linear arm"] == 50 * linear)
    #expect(50 * nonlinear == 73_040_000 && 50 * linear == 39_200_000)
    // 20 x 10 latents, three samples: the decoder is run forward and backward for each of them.
    let categorical =
      (wide + 2 * square) + (wide + 4 * square) + 3 * ((wide + 2 * square) + (2 * wide + 3 * square))
    #expect(
      found["categorical loorf:3"] == 50 * categorical && found["categorical carms-i:3"] == 50 * categorical)
    #expect(SpeedBenchmark.modelNames == ["linear", "nonlinear", "categorical"])
  }

  @Test("takes the middle of an odd and of an even number of measurements")
  func spread() {
    let odd = Spread(of: [3, 9, 1])
    #expect(odd.smallest == 1 && odd.median == 3 && odd.largest == 9)
    #expect(Spread(of: [4, 1, 2, 10]).median == 3)
  }

  @Test("has synthetic images of MNIST's density whose mean image is theirs")
  func syntheticImages() {
    let images = BenchmarkImages.synthetic()
    // 1.57 million independent bits of a fixed seed; Hoeffding's bound for 0.002 is 2 exp(-2 x 1.57e6 x 0.002^2) = 7e-6.
    #expect((images.density - 0.13).magnitude < 0.002)
    #expect((images.mean.reduce(0) { $0 + Double($1) } / 784 - 0.13).magnitude < 1e-6)
    #expect(images.train.allSatisfy { $0 <= 1 } && images.test.contains(1))
  }

  @Test("counts processor time that work takes")
  func processorTime() {
    let start = ProcessorTime.now()
    var state: UInt64 = 1
    for _ in 0..<200_000 { state = state &* 6_364_136_223_846_793_005 &+ 1 }
    #expect(state != 0 && ProcessorTime.now() > start)
  }
}
