import Testing

@testable import GradientEstimators

@Suite("Estimator catalogue")
struct EstimatorCatalogueTests {
  @Test("Every standard instance is made under its own name")
  func names() throws {
    let names = EstimatorCatalogue.entries.flatMap(\.standardInstances)
    #expect(EstimatorCatalogue.standardInstances.map(\.name) == names)
    #expect(Set(names).count == names.count && names.count > 30)
  }

  @Test(
    "Aliases name the same estimator",
    arguments: [
      ("u2g", "disarm"), ("u2g:3", "disarm:3"), ("disarm:1", "disarm"), ("rloo:4", "loorf:4"),
      ("arms-n:3", "arms-normal:3"), ("carms:3", "carms-i:3"),
      ("local-expectation-gradients", "leg"), ("unordered-set:3", "unord:3"),
      ("local-arms:2,3", "local-arms:2,3"),
      ("straight-through", "st"),
      ("gumbel-softmax:0.50", "gumbel:0.5"),
      ("concrete:2", "gumbel:2"), ("st-gumbel-softmax:1", "st-gumbel:1"),
    ])
  func aliases(alias: String, name: String) throws {
    let estimator = try EstimatorCatalogue.make(alias)
    #expect(estimator.name == name)
  }

  @Test("Every entry says which variables its estimator takes")
  func settings() {
    let settings = Dictionary(
      uniqueKeysWithValues: EstimatorCatalogue.entries.map { ($0.baseName, $0.setting) })
    for name in ["reinforce", "reinforce-ema", "loorf"] {
      #expect(settings[name] == "binary and categorical")
    }
    #expect(settings["carms-i"] == "categorical" && settings["arms"] == "binary")
    let categorical = EstimatorCatalogue.standardInstances(supporting: .categorical(2, categories: 4))
    #expect(
      categorical.map(\.name) == [
        "reinforce", "reinforce-ema", "loorf:2", "loorf:3", "loorf:4", "nvil", "ars", "arsm", "carms-i:2",
        "carms-i:3", "carms-g:2", "carms-sb:2", "carms-sb:3", "disarm-iw", "disarm-sb",
        "disarm-tree",
        "unord:2", "unord:3", "st", "gumbel:0.5", "gumbel:1", "st-gumbel:0.5", "vimco:2", "vimco:3",
      ])
  }

  @Test("Every entry says which layers its estimator takes in networks")
  func layers() {
    let entries = Dictionary(uniqueKeysWithValues: EstimatorCatalogue.entries.map { ($0.baseName, $0) })
    #expect(entries["arm"]?.layers == "binary" && entries["carms-i"]?.layers == "categorical")
    #expect(
      entries["loorf"]?.layers == "binary and categorical"
        && entries["gumbel"]?.layers == "binary and categorical")
    #expect(entries["vimco"]?.layers == nil && entries["nvil"]?.layers == nil)
    #expect(entries["deep-st"]?.setting == "binary and categorical, in networks")
    #expect(entries["psa"]?.setting == "binary, in networks" && entries["psa"]?.layers == nil)
  }

  @Test("No two entries share a name or an alias")
  func distinct() {
    let names = EstimatorCatalogue.entries.flatMap { [$0.baseName] + $0.aliases }
    #expect(Set(names).count == names.count)
  }

  @Test(
    "An unknown name is answered with the nearest",
    arguments: [
      ("disram", "disarm"), ("armm", "arm"), ("reinforc", "reinforce"), ("loof:3", "loorf:3"),
      ("armz:4", "arms:4"),
      ("disram:3", "disarm:3"), ("disram:0", "disarm:2"), ("arms-norml", "arms-normal:4"),
      ("bitflip", "bitflip-1"), ("bitflip-2", "bitflip-1"), ("ugk", "ugc"), ("legg", "leg"),
      ("RLOO:2", "rloo:2"), ("lorf", "loorf:4"),
    ])
  func unknown(name: String, nearest: String) {
    let error = #expect(throws: EstimatorNameError.self) { try EstimatorCatalogue.make(name) }
    #expect(error?.reason == .unknown && error?.suggestion == nearest)
  }

  @Test(
    "A missing, small or malformed number of samples is refused in one line",
    arguments: [
      "loorf", "arms", "loorf:", "loorf:1", "arms:0", "arms:x", "arms:-3", "arms:2.5",
      "loorf:999999999999999999999", "arms:2:2", "arm:2",
      "disarm:0", "disarm:129", "disarm:", "disarm:x", "disarm:-1", "arms-normal", "arms-normal:1",
      "arms-normal:2.5", "leg:2", "bitflip-1:2", "ugc:3", "local-arms:2", "local-arms:2,1",
      "local-arms:2,3,4",
      "local-arms:,3", "unord:9", "unord:1", "vimco", "vimco:1", "local-disarm:0",
      "gumbel", "gumbel:0", "gumbel:-1", "gumbel:0.001",
      "gumbel:101", "gumbel:nan", "gumbel:1e1", "st-gumbel:0", "st-gumbel:1,1", "muprop:2", "st:1",
      "st-hard:1",
    ])
  func parameters(name: String) {
    let error = #expect(throws: EstimatorNameError.self) { try EstimatorCatalogue.make(name) }
    #expect(error.map { !$0.description.contains("\n") && $0.description.contains(name) } == true)
    #expect(error?.reason != .unknown)
  }

  @Test("A refusal says what the number counts, from where to where, and what to type")
  func refusal() {
    let pairs = #expect(throws: EstimatorNameError.self) { try EstimatorCatalogue.make("disarm:0") }
    #expect(
      pairs?.description
        == #"estimator "disarm:0": expected a whole number of pairs from 1 to 128 after the colon, found "0"; try "disarm:2""#
    )
    let samples = #expect(throws: EstimatorNameError.self) { try EstimatorCatalogue.make("arms-normal") }
    #expect(
      samples?.description
        == #"estimator "arms-normal": expected a whole number of samples from 2 to 256 after a colon, for example "arms-normal:4""#
    )
  }

  @Test("The edit distance counts insertions, deletions and replacements")
  func distance() {
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("", "arm") == 3 && editDistance("arm", "") == 3 && editDistance("arm", "arm") == 0)
  }
}
