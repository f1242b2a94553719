/// One choice of a protocol, with the source that the file states for it.
///
/// The mapping `sources` of a protocol file says where its choices come from: the section of a paper, a line of released code,
/// or "our choice" with the reason. Its keys are the paths of choices (`model.latents`) or of whole sections (`optimisation`).
public struct ProtocolChoice: Hashable, Sendable, Codable {
  /// The keys that lead to the choice: `model.latents`.
  public let path: String
  public let value: String
  /// The source stated for the choice or, if there is none, for the section that it is in; nil where neither has one.
  public let source: String?

  private static let notChoices: Set = ["schema", "name", "title", "source", "sources"]

  /// - Throws: `ProtocolError` where a source is no text or belongs to no choice.
  static func all(in root: ProtocolNode) throws(ProtocolError) -> [ProtocolChoice] {
    let pairs = (root.pairs() ?? []).filter { !notChoices.contains($0.key.value) }
    let choices = pairs.flatMap { leaves(below: $0.value) }
    let stated = try sources(in: root, for: choices.map(\.path))
    return choices.map { choice in
      let source = sections(of: choice.path).lazy.compactMap { stated[$0] }.first
      return ProtocolChoice(path: choice.path, value: choice.value, source: source)
    }
  }

  private static func leaves(below node: ProtocolNode) -> [ProtocolNode] {
    node.pairs()?.flatMap { leaves(below: $0.value) } ?? [node]
  }

  private static func sources(
    in root: ProtocolNode, for paths: [String]
  ) throws(ProtocolError) -> [String: String] {
    guard let node = root.pairs()?.first(where: { $0.key.value == "sources" })?.value else { return [:] }
    guard let pairs = node.pairs() else {
      throw node.error("a mapping of choices to sources", found: node.words)
    }
    let known = Set(paths.flatMap(sections))
    var sources: [String: String] = [:]
    for (key, value) in pairs {
      guard known.contains(key.value) else {
        throw key.error("the path of a choice in this file", found: key.value)
      }
      sources[key.value] = try value.text()
    }
    return sources
  }

  /// The path itself and those of the sections around it, innermost first: `a.b.c`, `a.b`, `a`.
  private static func sections(of path: String) -> [String] {
    let keys = path.split(separator: ".")
    return keys.indices.reversed().map { keys[...$0].joined(separator: ".") }
  }
}
