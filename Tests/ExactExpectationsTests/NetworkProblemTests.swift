import ElementwiseKernels
import Foundation
import Testing

@testable import ExactExpectations

@Suite("Network problems")
struct NetworkProblemTests {
  private func load(_ text: String) throws -> NetworkProblem {
    let file = FileManager.default.temporaryDirectory.appending(path: "network-\(UUID().uuidString).json")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try NetworkProblem(contentsOf: file)
  }

  private static let layers =
    #"[{"weights": [[1, 2], [3, 4]], "biases": [0.1, 0.2]}, {"weights": [[5, 6]], "biases": [0.3]}]"#

  private static func document(
    layers: String = layers, input: String = "[0.5, -1]", states: String = #""zero-one""#,
    objective: String = #"{"kind": "table", "values": [1, 2]}"#
  ) -> String {
    #"{"schema": "armature.problem/1", "name": "n", "latent": {"kind": "network", "states": \#(states), "#
      + #""input": \#(input), "layers": \#(layers)}, "objective": \#(objective)}"#
  }

  @Test("A network is read as written, with names for its parameters")
  func read() throws {
    let problem = try load(Self.document())
    #expect(problem.network.widths == [2, 1] && problem.network.inputs == 2)
    #expect(problem.network.layers[0].weights == [[1, 2], [3, 4]] && problem.point.input == [0.5, -1])
    #expect(problem.parameterNames.count == 9 && problem.parameterNames[1] == "layer 0 weight 0,1")
    #expect(problem.parameterNames[8] == "layer 1 bias 0" && problem.parameters(ofLayer: 1) == 6..<9)
    let logistic = try load(
      Self.document(objective: #"{"kind": "logistic", "weights": [2], "bias": 1, "target": -1}"#))
    #expect(logistic.parameterNames.suffix(2) == ["output weight 0", "output bias"])
    #expect(logistic.headParameters == 9..<11 && logistic.point.target == -1)
  }

  @Test(
    "A malformed network is refused in one line that names the file, the key and the expectation",
    arguments: [
      (document(layers: "[]"), "latent.layers"),
      (document(layers: #"[{"weights": [[1, 2]], "biases": [0.1, 0.2]}]"#), "latent.layers[0].weights"),
      (document(layers: #"[{"weights": [], "biases": []}]"#), "latent.layers[0].biases"),
      (
        document(
          layers:
            #"[{"weights": [[1, 2], [3, 4]], "biases": [0.1, 0.2]}, {"weights": [[5, 6, 7]], "biases": [0.3]}]"#
        ),
        "latent.layers[1].weights[0]"
      ),
      (
        document(layers: #"[{"weights": [[1, 2], [3]], "biases": [0.1, 0.2]}]"#),
        "latent.layers[0].weights[1]"
      ),
      (document(layers: #"[{"weights": [[1, 2]], "biases": [0.1], "scale": 1}]"#), "latent.layers[0].scale"),
      (document(layers: #"[{"weights": [[1, "x"]], "biases": [0.1]}]"#), "latent.layers[0].weights[0][1]"),
      (document(input: "[1]"), "latent.input"),
      (document(states: #""minus-one""#), "latent.states"),
      (document(objective: #"{"kind": "table", "values": [1, 2, 3]}"#), "objective.values"),
      (document(objective: #"{"kind": "perceptron"}"#), "objective.kind"),
      (
        document(objective: #"{"kind": "logistic", "weights": [2, 1], "bias": 1, "target": -1}"#),
        "objective.weights"
      ),
      (
        document(objective: #"{"kind": "logistic", "weights": [2], "bias": 1, "target": 0}"#),
        "objective.target"
      ),
    ])
  func malformed(text: String, key: String) {
    let error = #expect(throws: ProblemError.self) { try load(text) }
    #expect(error?.key == key)
    #expect(error?.file?.hasSuffix(".json") == true && error?.description.contains("\n") == false)
  }

  @Test("Weights, biases and inputs that are not finite are refused by name")
  func notFinite() throws {
    func network(weight: Double = 1, bias: Double = 0) throws(ProblemError) -> StochasticBinaryNetwork {
      try StochasticBinaryNetwork(layers: [.init(weights: [[weight]], biases: [bias])], states: .zeroOne)
    }
    #expect(
      #expect(throws: ProblemError.self) { try network(weight: .nan) }?.key == "layers[0].weights[0][0]")
    #expect(#expect(throws: ProblemError.self) { try network(bias: .infinity) }?.key == "layers[0].biases[0]")
    let input = #expect(throws: ProblemError.self) {
      try NetworkProblem(
        name: "n", network: network(), head: .quadratic(target: 0), point: NetworkPoint(input: [.infinity]))
    }
    #expect(input?.key == "latent.input[0]")
    let wide = try StochasticBinaryNetwork(
      layers: [.init(weights: (0..<21).map { _ in [1] }, biases: (0..<21).map { _ in 0 })], states: .zeroOne)
    let units = #expect(throws: ProblemError.self) {
      try NetworkProblem(
        name: "n", network: wide, head: .quadratic(target: 0), point: NetworkPoint(input: [1]))
    }
    #expect(units?.key == "latent.layers")
  }

  @Test("A folder's networks and its other problems are loaded apart")
  func folder() throws {
    let networks = try Fixtures.networks()
    #expect(networks.count == 7 && Set(networks.map(\.name)).count == 7)
    #expect(try Problem.loadAll(in: Fixtures.folder).count >= 14)
    #expect(networks.contains { $0.network.states == .zeroOne && $0.network.widths.count > 1 })
  }

  @Test("The slopes of a head are its derivatives: difference quotients, and differences of a table")
  func slopes() throws {
    for problem in try Fixtures.networks() {
      let width = problem.network.widths[problem.network.widths.count - 1]
      let slopes = problem.headSlopes
      for state in 0..<1 << width {
        for unit in 0..<width {
          let slope = slopes[state * width + unit]
          switch problem.head {
          case .table(let values):
            #expect(slope == values[state | 1 << unit] - values[state & ~(1 << unit)])
          case .logistic(let weights, let bias):
            let states = problem.network.inputStates(ofLayer: problem.network.layers.count - 1, state: state)
            let eta = zip(weights, states).reduce(bias) { $0 + $1.0 * $1.1 }
            let change = 1e-5 * problem.network.states.step * weights[unit]
            let y = problem.point.target
            let quotient = (Double.softplus(-y * (eta + change)) - .softplus(-y * (eta - change))) / 2e-5
            #expect((slope - quotient).magnitude < 1e-9)
          case .quadratic: break
          }
        }
      }
    }
  }
}
