import NeuralNetworks
import Synchronization
import Testing

@testable import LatentVariableModels

@Suite("A team of threads")
struct ThreadTeamTests {
  private struct Counting: PartedWork {
    let counts: [Counter]

    func run(part: Int, thread: Int) { counts[part].value.add(1, ordering: .relaxed) }
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  @Test(
    "runs every part of every piece of work once, however many parts and threads", arguments: [1, 2, 3, 5])
  func partsRunOnce(threads: Int) {
    let team = ThreadTeam(threads: threads)
    let counts = (0..<7).map { _ in Counter() }
    var expected = [Int](repeating: 0, count: counts.count)
    for round in 0..<2000 {
      let parts = round % 8
      team.run(Counting(counts: counts), parts: parts)
      for part in 0..<parts { expected[part] += 1 }
      let found = counts.map { $0.value.load(ordering: .relaxed) }
      guard found == expected else {
        Issue.record("after piece \(round): \(found), expected \(expected)")
        return
      }
    }
  }

  @Test("wakes up again after a rest that was long enough to fall asleep")
  func wakesUp() async throws {
    let team = ThreadTeam(threads: 2)
    let counts = [Counter(), Counter()]
    for round in 1...3 {
      team.run(Counting(counts: counts), parts: 2)
      #expect(counts.map { $0.value.load(ordering: .relaxed) } == [round, round])
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private struct Adding: ConcurrentElement {
    var value: Int

    mutating func run(_ context: Int, index: Int) { value += context * index }
  }

  @Test("gives each element its own index and the common context")
  func elements() {
    let team = ThreadTeam(threads: 2)
    var elements = [Adding(value: 100), Adding(value: 200), Adding(value: 300)]
    team.run(&elements, 7)
    #expect(elements.map(\.value) == [100, 207, 314])
  }

  @Test(
    "pieces of a network hold each of its parameters once, in order",
    arguments: [[1, 1], [5, 4, 3], [784, 200, 200]], [false, true])
  func pieces(widths: [Int], readsLists: Bool) {
    let network = MultilayerPerceptron<Float>(widths: widths, slope: 0.3)
    let pieces = ParameterPiece.pieces(of: network.layers, readsLists: readsLists)
    #expect(pieces.flatMap { Array($0.places) } == Array(network.parameters.indices))
    for piece in pieces {
      let layer = network.layers[piece.layer]
      #expect(piece.weights.count == piece.inputs.count * layer.outputs)
      #expect(piece.weights.lowerBound == layer.weight.lowerBound + piece.inputs.lowerBound * layer.outputs)
      #expect(piece.bias.isEmpty || piece.bias == layer.bias)
    }
  }
}
