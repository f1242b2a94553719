public import Foundation

/// Fetches the files of a data set from their public mirrors.
///
/// A file arrives under the name `.partial-NAME`, and gets its name only when its checksum is right. What a broken transfer left
/// is kept, and the next one asks the server for the rest.
public struct DataFetcher: Sendable {
  /// What became of one file.
  public enum Outcome: Hashable, Sendable {
    /// It was there already, with the right content.
    case present(URL)
    case fetched(URL, bytes: Int)
  }

  /// Where the transfer of one file stands.
  public struct Progress: Hashable, Sendable {
    public let file: String
    public let bytes: Int
    /// Nil where the server does not say.
    public let expected: Int?
  }

  private let folder: URL
  private let mirror: String?
  private let idleLimit: Double
  private let progress: @Sendable (Progress) -> Void

  /// - Parameters:
  ///   - folder: where the files go; made, with those above it, if it does not exist.
  ///   - mirror: address of a folder that has all files under their names here; nil for the public mirrors.
  ///   - idleLimit: seconds without a byte after which a server is given up.
  ///   - progress: called on any thread whenever bytes have come.
  public init(
    folder: URL, mirror: String? = nil, idleLimit: Double = 60,
    progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) {
    self.folder = folder
    self.mirror = mirror
    self.idleLimit = idleLimit
    self.progress = progress
  }

  /// Fetches the files of a data set that are not there yet, those of its labels included.
  ///
  /// - Returns: what became of each file, in the order of the catalogue.
  /// - Throws: the `FetchError` of the first file that cannot be had; those before it stay.
  public func fetch(_ name: DatasetName) async throws(FetchError) -> [Outcome] {
    let set = DatasetCatalogue.describe(name)
    let files = set.files + set.labelFiles
    if mirror == nil, let file = files.first(where: { $0.mirrors.isEmpty }) {
      let reason = set.note.isEmpty ? "no public address of \(file.name) is known" : set.note
      throw .noMirror(set: name, reason: reason)
    }
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw .unwritable(path: folder.path, reason: error.localizedDescription)
    }
    var outcomes: [Outcome] = []
    for file in files { outcomes.append(try await fetch(file)) }
    return outcomes
  }

  func fetch(_ file: DataFile) async throws(FetchError) -> Outcome {
    if let present = file.find(in: folder) {
      if let problem = Self.problem(with: present, as: file) {
        throw .otherFile(path: present.path, problem: problem)
      }
      return .present(present)
    }
    let addresses = mirror.map { [$0 + ($0.hasSuffix("/") ? "" : "/") + file.name] } ?? file.mirrors
    var failures: [FetchError] = []
    for address in addresses {
      do throws(FetchError) { return try await fetch(file, from: address) } catch {
        switch error {
        case .unwritable, .inUse, .badAddress: throw error
        default: failures.append(error)
        }
      }
    }
    if failures.count == 1 { throw failures[0] }
    throw .allFailed(file: file.name, problems: failures.map(\.description))
  }

  private func fetch(_ file: DataFile, from address: String) async throws(FetchError) -> Outcome {
    let name = file.localName(of: address)
    let target = folder.appending(path: name)
    // The suffix .gz stays, because it says how the content is read.
    let partial = folder.appending(path: ".partial-\(name)")
    let lock = try Self.lock(partial)
    defer {
      withExtendedLifetime(lock) {}
      if Self.size(of: partial) == 0 { Self.remove(partial) }
    }
    let hadBeginning = Self.size(of: partial) > 0
    try await transfer(name, from: address, into: partial)
    if var problem = Self.problem(with: partial, as: file) {
      // A beginning that belongs to another file spoils what follows; once more from the start.
      if hadBeginning {
        try Self.empty(partial)
        try await transfer(name, from: address, into: partial)
        guard let second = Self.problem(with: partial, as: file) else {
          return try finish(partial, target)
        }
        problem = second
      }
      Self.remove(partial)
      throw .wrongContent(address: address, problem: problem)
    }
    return try finish(partial, target)
  }

  private func transfer(_ name: String, from address: String, into partial: URL) async throws(FetchError) {
    let progress = progress
    try await Download.run(address, into: partial, idleLimit: idleLimit) { bytes, expected in
      progress(Progress(file: name, bytes: bytes, expected: expected))
    }
  }

  private func finish(_ partial: URL, _ target: URL) throws(FetchError) -> Outcome {
    let bytes = Self.size(of: partial)
    do { try FileManager.default.moveItem(at: partial, to: target) } catch {
      throw .unwritable(path: target.path, reason: error.localizedDescription)
    }
    return .fetched(target, bytes: bytes)
  }

  private static func lock(_ partial: URL) throws(FetchError) -> FileLock {
    do throws(FileLock.Failure) { return try FileLock.take(partial.path, creates: true) } catch {
      switch error {
      case .held: throw .inUse(path: partial.path)
      case .system(let reason): throw .unwritable(path: partial.path, reason: reason)
      }
    }
  }

  /// What is wrong with the content, in words; nil where it is the file's, or nothing is known to compare it with.
  private static func problem(with url: URL, as file: DataFile) -> String? {
    do throws(DatasetError) {
      try file.check(try DataFileContent(url), file: url.lastPathComponent)
      return nil
    } catch {
      switch error {
      case .wrongChecksum(_, let algorithm, let expected, let found):
        return "\(algorithm) of the content is \(found), expected \(expected)"
      case .badGzip(_, let problem): return "no whole gzip stream: \(problem.words)"
      default: return error.description
      }
    }
  }

  private static func size(of url: URL) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }

  /// Empties the file without making another one, which would not be locked.
  private static func empty(_ url: URL) throws(FetchError) {
    do {
      let handle = try FileHandle(forUpdating: url)
      try handle.truncate(atOffset: 0)
      try handle.close()
    } catch {
      throw .unwritable(path: url.path, reason: error.localizedDescription)
    }
  }

  private static func remove(_ url: URL) { try? FileManager.default.removeItem(at: url) }
}
