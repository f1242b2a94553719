public import Foundation

extension NetworkProblem {
  /// Loads a network problem from a JSON file.
  ///
  /// - Throws: `ProblemError` naming file, key and expectation.
  public init(contentsOf file: URL) throws(ProblemError) {
    do throws(ProblemError) {
      try self.init(json: JSONValue.read(file))
    } catch {
      throw error.within(file)
    }
  }

  /// Loads the network problems among the `.json` files of a folder, in the order of their names; there may be none.
  ///
  /// - Throws: `ProblemError` if the folder cannot be read or holds a malformed network problem.
  public static func loadAll(in folder: URL) throws(ProblemError) -> [NetworkProblem] {
    var problems: [NetworkProblem] = []
    for file in try Problem.files(in: folder) where isNetwork(file) {
      problems.append(try NetworkProblem(contentsOf: file))
    }
    return problems
  }

  /// Whether a file is JSON whose latent variables are a network.
  public static func isNetwork(_ file: URL) -> Bool {
    guard let json = try? JSONValue.read(file), case .object(let root) = json,
      case .object(let latent) = root["latent"]
    else { return false }
    return latent["kind"] == .string("network")
  }

  private init(json: JSONValue) throws(ProblemError) {
    let root = try JSONObject(json, path: "", keys: ["schema", "name", "latent", "objective"])
    let schema = try root.string("schema")
    guard schema == Problem.schema else {
      throw ProblemError(
        key: "schema", expectation: "expected \"\(Problem.schema)\", found \(schema.debugDescription)")
    }
    let latent = try JSONObject(
      root.value("latent"), path: "latent", keys: ["kind", "states", "input", "layers"])
    guard try latent.string("kind") == "network" else {
      throw ProblemError(
        key: "latent.kind", expectation: "expected \"network\", found \(try latent.value("kind").summary)")
    }
    let (head, target) = try NetworkHead.read(root.value("objective"))
    try self.init(
      name: root.string("name"), network: StochasticBinaryNetwork(json: latent), head: head,
      point: NetworkPoint(input: latent.numbers("input"), target: target))
  }
}

extension StochasticBinaryNetwork {
  fileprivate init(json: JSONObject) throws(ProblemError) {
    let text = try json.string("states")
    guard let states = States(rawValue: text) else {
      throw ProblemError(
        key: "latent.states",
        expectation: "expected \"zero-one\" or \"plus-minus-one\", found \(text.debugDescription)")
    }
    guard case .array(let elements) = try json.value("layers") else {
      throw ProblemError(
        key: "latent.layers",
        expectation: "expected a list of layers, found \(try json.value("layers").summary)")
    }
    var layers: [Layer] = []
    for (index, element) in elements.enumerated() {
      let object = try JSONObject(element, path: "latent.layers[\(index)]", keys: ["weights", "biases"])
      layers.append(Layer(weights: try object.rows("weights"), biases: try object.numbers("biases")))
    }
    do throws(ProblemError) {
      try self.init(layers: layers, states: states)
    } catch {
      throw ProblemError(key: error.key.map { "latent.\($0)" }, expectation: error.expectation)
    }
  }
}

extension NetworkHead {
  /// The head, and the target of a logistic one.
  fileprivate static func read(_ json: JSONValue) throws(ProblemError) -> (NetworkHead, Double) {
    switch try JSONObject.kind(of: json, path: "objective") {
    case "table":
      let object = try JSONObject(json, path: "objective", keys: ["kind", "values"])
      return (.table(values: try object.numbers("values")), 1)
    case "quadratic":
      let object = try JSONObject(json, path: "objective", keys: ["kind", "target"])
      return (.quadratic(target: try object.number("target")), 1)
    case "logistic":
      let object = try JSONObject(json, path: "objective", keys: ["kind", "weights", "bias", "target"])
      let head = NetworkHead.logistic(weights: try object.numbers("weights"), bias: try object.number("bias"))
      return (head, try object.number("target"))
    case let kind:
      throw ProblemError(
        key: "objective.kind",
        expectation: "expected \"table\", \"quadratic\" or \"logistic\", found \(kind.debugDescription)")
    }
  }
}

extension JSONValue {
  /// - Throws: `ProblemError` if the file cannot be read or is not JSON.
  static func read(_ file: URL) throws(ProblemError) -> JSONValue {
    let data: Data
    do {
      data = try Data(contentsOf: file)
    } catch {
      throw ProblemError(expectation: "expected a problem file that can be read")
    }
    do {
      return try JSONDecoder().decode(JSONValue.self, from: data)
    } catch {
      throw ProblemError(expectation: "expected JSON (numbers within the range of a double)")
    }
  }
}
