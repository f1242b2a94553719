public import Foundation

extension Problem {
  /// Loads a problem from a JSON file.
  ///
  /// - Throws: `ProblemError` naming file, key and expectation: a missing file, not JSON, an unknown or missing key, a
  ///   wrong type, schema, kind or length, a number that is not finite.
  public init(contentsOf file: URL) throws(ProblemError) {
    let data: Data
    do {
      data = try Data(contentsOf: file)
    } catch {
      throw ProblemError(expectation: "expected a problem file that can be read").within(file)
    }
    do throws(ProblemError) {
      try self.init(json: Self.parse(data))
    } catch {
      throw error.within(file)
    }
  }

  /// Loads every `.json` file of a folder, in the order of their names, except network problems.
  ///
  /// - Throws: `ProblemError` if the folder cannot be read, holds no problem of any kind, or holds a malformed one.
  public static func loadAll(in folder: URL) throws(ProblemError) -> [Problem] {
    let files = try files(in: folder)
    guard !files.isEmpty else {
      throw ProblemError(expectation: "expected at least one problem file (.json)").within(folder)
    }
    var problems: [Problem] = []
    for file in files where !NetworkProblem.isNetwork(file) {
      problems.append(try Problem(contentsOf: file))
    }
    return problems
  }

  /// The `.json` files of a folder, in the order of their names.
  static func files(in folder: URL) throws(ProblemError) -> [URL] {
    do {
      return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "json" }
        .sorted { $0.lastPathComponent < $1.lastPathComponent }
    } catch {
      throw ProblemError(expectation: "expected a folder of problem files that can be read").within(folder)
    }
  }

  public init(from decoder: any Decoder) throws {
    try self.init(json: JSONValue(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode(name, forKey: .name)
    var part = container.nestedContainer(keyedBy: Key.self, forKey: .latent)
    switch latent {
    case .binary(let logits):
      try part.encode("binary", forKey: .kind)
      try part.encode(logits, forKey: .logits)
    case .categorical(let categories, let logits):
      try part.encode("categorical", forKey: .kind)
      try part.encode(categories, forKey: .categories)
      try part.encode(logits, forKey: .logits)
    }
    part = container.nestedContainer(keyedBy: Key.self, forKey: .objective)
    switch objective {
    case .table(let values):
      try part.encode("table", forKey: .kind)
      try part.encode(values, forKey: .values)
    case .quadratic(let target):
      try part.encode("quadratic", forKey: .kind)
      try part.encode(target, forKey: .target)
    case .perceptron(let weights, let biases, let outputs):
      try part.encode("perceptron", forKey: .kind)
      try part.encode(weights, forKey: .weights)
      try part.encode(biases, forKey: .biases)
      try part.encode(outputs, forKey: .outputs)
    }
  }

  private enum Key: String, CodingKey {
    case schema, name, latent, objective, kind, categories, logits, values, target, weights,
      biases, outputs
  }

  private static func parse(_ data: Data) throws(ProblemError) -> JSONValue {
    do {
      return try JSONDecoder().decode(JSONValue.self, from: data)
    } catch {
      throw ProblemError(expectation: "expected JSON (numbers within the range of a double)")
    }
  }

  private init(json: JSONValue) throws(ProblemError) {
    let root = try JSONObject(json, path: "", keys: ["schema", "name", "latent", "objective"])
    let schema = try root.string("schema")
    guard schema == Self.schema else {
      throw ProblemError(
        key: "schema", expectation: "expected \"\(Self.schema)\", found \(schema.debugDescription)")
    }
    try self.init(
      name: root.string("name"), latent: Latent(json: root.value("latent")),
      objective: Objective(json: root.value("objective")))
  }
}

extension Problem.Latent {
  fileprivate init(json: JSONValue) throws(ProblemError) {
    switch try JSONObject.kind(of: json, path: "latent") {
    case "binary":
      let object = try JSONObject(json, path: "latent", keys: ["kind", "logits"])
      self = .binary(logits: try object.numbers("logits"))
    case "categorical":
      let object = try JSONObject(json, path: "latent", keys: ["kind", "categories", "logits"])
      self = .categorical(categories: try object.integer("categories"), logits: try object.rows("logits"))
    case let kind:
      throw ProblemError(
        key: "latent.kind",
        expectation: "expected \"binary\" or \"categorical\", found \(kind.debugDescription)")
    }
  }
}

extension Problem.Objective {
  fileprivate init(json: JSONValue) throws(ProblemError) {
    switch try JSONObject.kind(of: json, path: "objective") {
    case "table":
      let object = try JSONObject(json, path: "objective", keys: ["kind", "values"])
      self = .table(values: try object.numbers("values"))
    case "quadratic":
      let object = try JSONObject(json, path: "objective", keys: ["kind", "target"])
      self = .quadratic(target: try object.number("target"))
    case "perceptron":
      let object = try JSONObject(json, path: "objective", keys: ["kind", "weights", "biases", "outputs"])
      self = .perceptron(
        weights: try object.rows("weights"), biases: try object.numbers("biases"),
        outputs: try object.numbers("outputs"))
    case let kind:
      throw ProblemError(
        key: "objective.kind",
        expectation: "expected \"table\", \"quadratic\" or \"perceptron\", found \(kind.debugDescription)")
    }
  }
}
