import ArgumentParser
import Datasets
import Foundation
import Training
import Verification

/// `armature protocols`: what can be trained, and where each choice comes from.
struct ProtocolsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "protocols",
    abstract: "Lists the protocols, or explains one: every choice with its source.")

  @Argument(help: "The protocol to explain: its name, or a file.")
  var name: String?

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    if let name {
      let url = try ProtocolLibrary.find(name)
      let file = try ProtocolFile(url)
      print(json ? try JSONOutput.text(Explanation(file, url: url)) : Self.explanation(file, url: url))
    } else {
      let files = try ProtocolLibrary.files().map { (url: $0, file: try ProtocolFile($0)) }
      print(
        json
          ? try JSONOutput.text(files.map { Summary($0.file, url: $0.url) })
          : Self.table(files.map(\.file)))
    }
  }

  private struct Summary: Encodable {
    let name: String
    let title: String
    let source: String
    let file: String
    let dataSet: DatasetName
    let steps: Int

    init(_ file: ProtocolFile, url: URL) {
      name = file.protocol.name
      title = file.protocol.title
      source = file.protocol.source
      self.file = url.path
      dataSet = file.protocol.data.set
      steps = file.protocol.steps
    }
  }

  private struct Explanation: Encodable {
    let name: String
    let title: String
    let source: String
    let file: String
    let sha256: String
    let choices: [ProtocolChoice]

    init(_ file: ProtocolFile, url: URL) {
      name = file.protocol.name
      title = file.protocol.title
      source = file.protocol.source
      self.file = url.path
      sha256 = file.sha256
      choices = file.choices
    }
  }

  private static func table(_ files: [ProtocolFile]) -> String {
    let rows = files.map {
      [
        $0.protocol.name, $0.protocol.title, $0.protocol.data.set.rawValue,
        $0.protocol.data.binarisation.rawValue, "\($0.protocol.steps)",
      ]
    }
    return TextTable(
      header: ["name", "protocol", "data", "binarisation", "steps"], rows: rows, leftColumns: 4
    ).text
  }

  private static func explanation(_ file: ProtocolFile, url: URL) -> String {
    let head = [
      "\(file.protocol.name): \(file.protocol.title)", "  file    \(url.path)",
      "  source  \(file.protocol.source)", "",
    ]
    let width = file.choices.map { $0.path.count + $0.value.count }.max() ?? 0
    let choices = file.choices.map { choice in
      let padding = String(repeating: " ", count: width - choice.path.count - choice.value.count)
      return "  \(choice.path): \(choice.value)\(padding)  \(choice.source ?? "no source stated")"
    }
    return (head + choices).joined(separator: "\n")
  }
}
