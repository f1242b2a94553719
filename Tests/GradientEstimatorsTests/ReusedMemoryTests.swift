import Testing

@testable import GradientEstimators

@Suite("Memory that calls hand on")
struct ReusedMemoryTests {
  @Test("What was given back last is taken first, once; what does not fit is dropped")
  func order() {
    let memory = ReusedMemory<Int>()
    #expect(memory.take { _ in true } == nil)
    memory.giveBack(1)
    memory.giveBack(2)
    #expect(memory.take { _ in true } == 2)
    #expect(memory.take { $0 > 1 } == nil, "1 does not fit")
    #expect(memory.take { _ in true } == nil, "and is gone")
  }

  @Test(
    "UNORD gives the bits of a fresh estimator whatever it drew before: other logits, other variables, saturated logits"
  )
  func unorderedSet() {
    let used = UnorderedSet(states: 3)
    let noise = (1...27).map { (place: Int) -> Double in (Double(place * 37 % 64) + 0.25) / 64 }
    let rows: [(logits: [Double], categories: Int)] = [
      ([0.3, -1.2, 2.1], 1), ([-700, 40, 0.5], 1), ([0.2, -0.4, 1.5, 0.1, -2, 0.7], 3), ([1.1, 0, -0.6], 1),
    ]
    for row in rows {
      let variables = row.logits.count / row.categories
      func run(_ estimator: UnorderedSet) -> EstimatorRun<Double> {
        EstimatorRun(
          estimator, logits: row.logits, noise: Array(noise[..<(3 * variables)]),
          logitsPerVariable: row.categories
        ) { (state: [Double]) -> Double in
          state[0] + 2 * state[variables - 1] * state[variables - 1] + state[1]
        }
      }
      let (again, fresh) = (run(used), run(UnorderedSet(states: 3)))
      #expect(again.samples == fresh.samples)
      #expect(again.gradient == fresh.gradient && fresh.gradient.contains { $0 != 0 })
    }
  }
}
