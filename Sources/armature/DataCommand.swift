import ArgumentParser
import Datasets
import Foundation
import Synchronization
import Verification

/// `armature data`: the data sets and their files.
struct DataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Lists, verifies and fetches data sets.",
    discussion: """
      Files are looked for in the folder that --data names, or else the environment variable ARMATURE_DATA, or else in \
      ~/.local/share/armature, where fetch puts them if neither is given.
      """,
    subcommands: [ListCommand.self, VerifyCommand.self, FetchCommand.self])
}

/// The name of a data set as an argument.
private func datasetName(_ text: String) throws -> DatasetName {
  guard let name = DatasetName(rawValue: text) else {
    let known = DatasetName.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("data set \(text): expected one of \(known)")
  }
  return name
}

/// A data set as the commands print it in JSON.
private struct DatasetReport: Encodable {
  struct File: Encodable {
    let name: String
    let path: String?
    let state: DataFileState
    let labels: Bool
    let problem: String?
    let mirrors: [String]
  }

  let name: DatasetName
  let title: String
  let ready: Bool
  let folder: String?
  let train: Int
  let valid: Int
  let test: Int
  let partition: String
  let source: String
  let licence: String
  let note: String
  let files: [File]

  init(_ inspection: DatasetInspection) {
    let set = DatasetCatalogue.describe(inspection.name)
    name = set.name
    title = set.title
    ready = inspection.isReady
    folder = inspection.folder?.path
    train = set.sizes[0]
    valid = set.sizes[1]
    test = set.sizes[2]
    partition = set.partition
    source = set.source
    licence = set.licence
    note = set.note
    files = zip(inspection.files, set.files + set.labelFiles).map { found, known in
      File(
        name: found.name, path: found.url?.path, state: found.state, labels: found.isOfLabels,
        problem: found.problem, mirrors: known.mirrors)
    }
  }
}

extension DataFileState {
  fileprivate var words: String {
    switch self {
    case .missing: "missing"
    case .original: "as distributed"
    case .sameContent: "same content in another container"
    case .unverified: "another container; armature data verify reads its content"
    case .noChecksum: "here; no checksum of it is known"
    case .wrong: "WRONG content"
    case .unreadable: "UNREADABLE"
    }
  }
}

extension DataCommand {
  struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "Lists the data sets, or explains one: files, where they are, splits, source and licence.")

    @Argument(help: "The data set to explain.", transform: datasetName)
    var name: DatasetName?

    @Option(help: "Folder of the data files (default: the environment variable ARMATURE_DATA).")
    var data: String?

    @Flag(help: "Prints JSON.")
    var json = false

    func run() throws {
      let folder = data.map { URL(fileURLWithPath: $0) }
      let inspections = (name.map { [$0] } ?? DatasetName.allCases).map {
        DatasetInspection($0, folder: folder, verifies: false)
      }
      if json {
        print(try JSONOutput.text(inspections.map(DatasetReport.init)))
      } else if name != nil {
        print(inspections.map(Self.explanation).joined(separator: "\n"))
      } else {
        print(Self.table(inspections))
      }
    }

    private static func table(_ inspections: [DatasetInspection]) -> String {
      let rows = inspections.map { inspection in
        let set = DatasetCatalogue.describe(inspection.name)
        let missing = inspection.files.count { !$0.isOfLabels && !$0.state.isGood }
        let state = inspection.isReady ? "here" : "\(missing) of \(set.files.count) files missing"
        return [
          set.name.rawValue, set.title, state, inspection.isReady ? inspection.folder?.path ?? "" : "",
          "\(set.sizes[0])", "\(set.sizes[1])", "\(set.sizes[2])",
        ]
      }
      return TextTable(
        header: ["name", "data set", "state", "folder", "train", "valid", "test"], rows: rows, leftColumns: 4
      ).text
    }

    private static func explanation(_ inspection: DatasetInspection) -> String {
      let set = DatasetCatalogue.describe(inspection.name)
      var lines = [
        "\(set.name.rawValue): \(set.title)",
        "  source     \(set.source)",
        "  licence    \(set.licence)",
        "  splits     train \(set.sizes[0]), valid \(set.sizes[1]), test \(set.sizes[2])",
        "             \(set.partition)",
        "  folder     \(inspection.folder?.path ?? "none known")",
      ]
      for (found, known) in zip(inspection.files, set.files + set.labelFiles) {
        let use = found.isOfLabels ? " (labels)" : ""
        lines.append("  file       \(found.url?.lastPathComponent ?? found.name)\(use): \(found.state.words)")
        lines += known.mirrors.map { "             \($0)" }
      }
      if !set.note.isEmpty { lines.append("  note       \(set.note)") }
      return lines.joined(separator: "\n")
    }
  }

  struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify",
      abstract: "Reads data files and compares their contents with the known checksums.",
      discussion: """
        Without names, the data sets that are there are verified. Exit status 1 where a file is wrong or unreadable, or where \
        a data set that was named has no files for its images.
        """)

    @Argument(help: "The data sets (default: all that are there).", transform: datasetName)
    var names: [DatasetName] = []

    @Option(help: "Folder of the data files (default: the environment variable ARMATURE_DATA).")
    var data: String?

    @Flag(help: "Prints JSON.")
    var json = false

    func run() throws {
      let bar = ProgressBar("verify")
      let folder = data.map { URL(fileURLWithPath: $0) }
      let chosen = names.isEmpty ? DatasetName.allCases : names
      let inspections = chosen.enumerated().map { index, name in
        bar.update(Double(index) / Double(chosen.count), detail: name.rawValue)
        return DatasetInspection(name, folder: folder, verifies: true)
      }
      bar.clear()
      let failures = inspections.flatMap(problems)
      print(json ? try JSONOutput.text(inspections.map(DatasetReport.init)) : table(inspections))
      if !json {
        print(failures.isEmpty ? "PASS: no file is wrong" : "FAIL: \(failures.count) files are not good")
      }
      for failure in failures { StandardError.print("armature: \(failure)") }
      if !failures.isEmpty { throw ExitCode(1) }
    }

    /// What speaks against a data set; files that are not there only count where the set was asked for.
    private func problems(_ inspection: DatasetInspection) -> [String] {
      inspection.files.compactMap { file in
        switch file.state {
        case .wrong, .unreadable: file.problem
        case .missing where !names.isEmpty && !file.isOfLabels:
          "\(inspection.name.rawValue): \(file.name) is missing; get it with armature data fetch \(inspection.name.rawValue)"
        default: nil
        }
      }
    }

    private func table(_ inspections: [DatasetInspection]) -> String {
      let rows = inspections.flatMap { inspection in
        inspection.files.filter { $0.state != .missing || !names.isEmpty }.map {
          [inspection.name.rawValue, $0.url?.path ?? $0.name, $0.state.words]
        }
      }
      return TextTable(header: ["name", "file", "state"], rows: rows, leftColumns: 3).text
    }
  }

  struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fetch",
      abstract: "Downloads a data set from its public mirrors and verifies it.",
      discussion: """
        A file gets its name only when its checksum is right. An interrupted transfer is kept, and fetching again goes on \
        where it ended.
        """)

    @Argument(help: "The data set.", transform: datasetName)
    var name: DatasetName

    @Option(
      help:
        "Folder for the data files (default: the environment variable ARMATURE_DATA, or ~/.local/share/armature)."
    )
    var data: String?

    @Option(
      help: "Address of a folder that has the files under their names here, instead of the public mirrors.")
    var mirror: String?

    @Option(help: "Seconds without a byte after which a server is given up.")
    var timeout = 60.0

    func validate() throws {
      guard timeout.isFinite, timeout > 0 else {
        throw ValidationError("--timeout \(timeout): expected a number of seconds above 0")
      }
    }

    func run() async throws {
      let folder =
        name == .digits
        ? try digitsFolder() : try DataFolder.target(name, given: data.map { URL(fileURLWithPath: $0) })
      let bars = FetchBars()
      let fetcher = DataFetcher(folder: folder, mirror: mirror, idleLimit: timeout) { bars.update($0) }
      defer { bars.clear() }
      let outcomes = try await fetcher.fetch(name)
      bars.clear()
      for outcome in outcomes {
        switch outcome {
        case .present(let url): print("\(url.path): was there, checksum right")
        case .fetched(let url, let bytes): print("\(url.path): fetched, \(bytes) bytes, checksum right")
        }
      }
    }

    /// The digits come with Armature; another copy is fetched only into a folder that is named.
    private func digitsFolder() throws -> URL {
      guard let data else {
        throw ValidationError("data set digits: comes with Armature, so that there is nothing to fetch")
      }
      return URL(fileURLWithPath: data)
    }
  }
}

/// A bar for each file that is being fetched, one after the other.
private final class FetchBars: Sendable {
  private struct State {
    var file: String?
    var bar: ProgressBar?
  }

  private let state = Mutex(State())

  func update(_ progress: DataFetcher.Progress) {
    let bar = state.withLock { state in
      if state.file != progress.file {
        state.bar?.clear()
        state.file = progress.file
        state.bar = ProgressBar(progress.file)
      }
      return state.bar
    }
    let expected = progress.expected ?? 0
    let megabytes = String(format: "%.1f MB", Double(progress.bytes) / 1e6)
    bar?.update(expected > 0 ? Double(progress.bytes) / Double(expected) : 0, detail: megabytes)
  }

  func clear() { state.withLock { $0.bar }?.clear() }
}
