/// Every estimator by its name: how it is made, where it was published, what it promises.
///
/// A new estimator is one file and one entry here; checks, benchmarks and reports go through the catalogue.
public enum EstimatorCatalogue {
  public struct Entry: Sendable {
    /// The name as typed; a trailing `:N` stands for a number of samples, `[:PAIRS]` for a number of pairs that may be
    /// left out, `:TAU` for a temperature.
    public let pattern: String
    /// Other names of the same estimator, without parameters.
    public let aliases: [String]
    public let fullName: String
    public let citations: [Citation]
    /// Evaluations of the objective for each row.
    public let evaluations: String
    /// The law of a row's noise, in words.
    public let noiseLaw: String
    /// Other estimators that this one equals or is tied to by a theorem.
    public let specialCases: [String]
    /// The instances that a verification runs, as typed.
    public let standardInstances: [String]
    /// What follows the name after a colon, separated by commas; empty if nothing may.
    public var parameters: [Parameter] = []
    /// The estimator for one layer; nil for one that is for networks only.
    var make: (@Sendable (Arguments) -> any GradientEstimator)?
    /// The estimator for networks, if it is not the form for several layers of the one for one layer.
    var layered: (@Sendable (Arguments) -> any LayeredGradientEstimator)?
    /// The same for networks of variables of so many categories.
    var layeredCategorical: (@Sendable (Arguments, Int) -> any LayeredGradientEstimator)?

    /// Why the estimator's expectation is not the gradient; nil for an unbiased one.
    public var bias: String? {
      let arguments = Arguments(parameters.map(\.example))
      return make?(arguments).bias ?? layered?(arguments).bias
    }

    public var isUnbiased: Bool { bias == nil }

    /// Whether the estimator takes binary and whether it takes categorical variables, in words.
    public var setting: String {
      guard let estimator = make?(Arguments(parameters.map(\.example))) else {
        return layeredCategorical == nil ? "binary, in networks" : "binary and categorical, in networks"
      }
      let binary = estimator.supports(.binary(1))
      let categorical = estimator.supports(.categorical(1, categories: 3))
      return binary ? (categorical ? "binary and categorical" : "binary") : "categorical"
    }

    /// Which layers the estimator takes in networks, if it is also for one layer: `binary and categorical`; nil for none.
    public var layers: String? {
      guard make != nil else { return nil }
      let kinds = [("binary", Int?.none), ("categorical", 3)].filter {
        (try? EstimatorCatalogue.makeLayered(example, categories: $0.1)) != nil
      }
      return kinds.isEmpty ? nil : kinds.map(\.0).joined(separator: " and ")
    }

    /// The name without parameters.
    public var baseName: String { String(pattern.prefix { $0 != ":" && $0 != "[" }) }

    /// The name with the parameters' examples, where they may not be left out.
    var example: String {
      text(parameters.contains { $0.whenMissing == nil } ? parameters.map(\.example) : [])
    }

    /// The name with parameters, as typed.
    func text(_ values: [Double]) -> String {
      values.isEmpty ? baseName : "\(baseName):\(values.map(EstimatorCatalogue.text).joined(separator: ","))"
    }
  }

  /// The numbers that follow an estimator's name, all within their parameters' ranges.
  public struct Arguments: Sendable {
    private let values: [Double]

    init(_ values: [Double]) { self.values = values }

    func count(_ place: Int) -> Int { Int(values[place]) }
    func real(_ place: Int) -> Double { values[place] }
  }

  /// All entries, simplest first.
  public static let entries: [Entry] = [
    reinforce, runningMean, ar, arm, disarm, loorf, arms, armsNormal, localExpectationGradients, bitflip1,
    ugc, nvil, muprop, rebar, relax, doubleControlVariates, rodeo, ars, arsm, carmsI, carmsG, carmsSB,
    disarmIW, disarmSB, disarmTree, unorderedSet, straightThrough, straightThroughIdentity,
    straightThroughHard,
    gumbelSoftmax, straightThroughGumbel, vimco, localDisARM, localARMS, psa,
    deepStraightThrough, meanField,
  ]

  /// The instances that a verification runs, in the order of `entries`.
  public static var standardInstances: [any GradientEstimator] {
    entries.flatMap { entry in
      entry.standardInstances.compactMap { try? make($0) }
    }
  }

  /// The standard instances that take such variables.
  public static func standardInstances(
    supporting variables: LatentVariables
  ) -> [any GradientEstimator] {
    standardInstances.filter { $0.supports(variables) }
  }

  /// The entry that a name, with or without parameters, or an alias belongs to.
  public static func entry(named name: String) -> Entry? {
    let base = String(name.prefix { $0 != ":" })
    return entries.first { $0.baseName == base || $0.aliases.contains(base) }
  }

  /// The estimator of a name as typed: `arm`, `loorf:4`, `disarm`, `disarm:2`, `gumbel:0.5`.
  ///
  /// - Throws: `EstimatorNameError` with the nearest known name, by edit distance.
  public static func make(_ name: String) throws(EstimatorNameError) -> any GradientEstimator {
    guard let entry = entry(named: name) else {
      throw EstimatorNameError(name: name, reason: .unknown, suggestion: nearest(to: name))
    }
    let arguments = try arguments(of: name, entry: entry)
    guard let make = entry.make else {
      throw EstimatorNameError(name: name, reason: .networksOnly, suggestion: entry.baseName)
    }
    return make(arguments)
  }

  /// The numbers after the colon of a name.
  static func arguments(of name: String, entry: Entry) throws(EstimatorNameError) -> Arguments {
    let typed = name.firstIndex(of: ":").map { String(name[name.index(after: $0)...]) }
    guard let typed else {
      let missing = entry.parameters.compactMap(\.whenMissing)
      guard missing.count == entry.parameters.count else {
        throw EstimatorNameError(
          name: name, reason: .missingNumber(entry.parameters), suggestion: entry.example)
      }
      return Arguments(missing)
    }
    guard !entry.parameters.isEmpty else {
      throw EstimatorNameError(name: name, reason: .unexpectedParameter(typed), suggestion: entry.baseName)
    }
    let parts = typed.split(separator: ",", omittingEmptySubsequences: false)
    let values = zip(parts, entry.parameters).compactMap { $1.value(of: $0) }
    guard parts.count == entry.parameters.count, values.count == parts.count else {
      throw EstimatorNameError(
        name: name, reason: .badNumber(typed, entry.parameters),
        suggestion: entry.text(entry.parameters.map(\.example)))
    }
    return Arguments(values)
  }

  /// A number as it stands in names: whole ones without a point.
  static func text(of value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }

  /// The known name nearest to `name`, with the parameters as typed, or examples where they are missing.
  static func nearest(to name: String) -> String {
    let base = name.prefix { $0 != ":" }.lowercased()
    let candidates = entries.flatMap { entry in
      ([entry.baseName] + entry.aliases).map { (name: $0, entry: entry) }
    }
    let hasParameter = name.contains(":")
    // Among equally near names, those that take a parameter if one was typed, none if none was.
    func distance(_ candidate: (name: String, entry: Entry)) -> Int {
      let parameters = candidate.entry.parameters
      let fits = hasParameter ? !parameters.isEmpty : parameters.allSatisfy { $0.whenMissing != nil }
      return 2 * editDistance(base, candidate.name) + (fits ? 0 : 1)
    }
    guard let best = candidates.min(by: { distance($0) < distance($1) }) else { return "" }
    guard let colon = name.firstIndex(of: ":") else {
      return best.name + best.entry.example.dropFirst(best.entry.baseName.count)
    }
    guard (try? arguments(of: name, entry: best.entry)) != nil else {
      let examples = best.entry.text(best.entry.parameters.map(\.example))
      return best.name + examples.dropFirst(best.entry.baseName.count)
    }
    return best.name + name[colon...]
  }
}
