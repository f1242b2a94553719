internal import Foundation

/// Decoded data sets on disk, so that text and MATLAB files are decoded once.
///
/// The file `NAME.armature-cache` lies beside the data, or, where that folder is read-only, in the user's cache folder
/// (`armature` in `XDG_CACHE_HOME` or in `~/.cache`); `ARMATURE_CACHE` names another folder, or none with `off`. It states the
/// SHA-256 of each file that it was made from, which is compared with the file as it lies there now, and ends with its own
/// SHA-256. A cache that is stale, damaged or of another version is as good as none: it is made anew. It is written beside
/// its place and renamed, so that nobody ever reads half of one.
///
/// Layout: `magic`, the length of the header (8 bytes, little-endian), the header (JSON), the pixels of train, valid and
/// test, and 64 hexadecimal digits: the SHA-256 of everything before. Bits are packed, the first of eight lowest.
struct DatasetCache {
  private static let magic = Array("ARMCACHE".utf8)
  private static let schema = "armature.dataset-cache/1"
  private static let digestLength = 64

  enum Storage: String, Codable {
    case bits
    case bytes
    case floats
  }

  private struct Header: Codable {
    let schema: String
    let name: DatasetName
    let width: Int
    let height: Int
    let maximumIntensity: UInt8
    let storage: Storage
    /// Images of train, valid and test.
    let counts: [Int]
    let files: [DataFileRecord]
  }

  /// Folders for the cache files of the data in `folder`, best first.
  static func places(beside folder: URL) -> [URL] {
    let variable = ProcessInfo.processInfo.environment["ARMATURE_CACHE"] ?? ""
    if variable == "off" { return [] }
    if !variable.isEmpty { return [URL(fileURLWithPath: variable)] }
    // A folder without write permission for anybody is meant to stay as it is, also where root could write.
    let attributes = try? FileManager.default.attributesOfItem(atPath: folder.path)
    let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
    let isWritable = mode & 0o222 != 0 && FileManager.default.isWritableFile(atPath: folder.path)
    return (isWritable ? [folder] : []) + [DataFolder.userCache].compactMap { $0 }
  }

  static func file(_ name: DatasetName, in folder: URL) -> URL {
    folder.appending(path: "\(name.rawValue).armature-cache")
  }

  // MARK: - Reading

  /// The data set in a cache file, or nil where it does not belong to these source files or is damaged.
  static func read(_ url: URL, name: DatasetName, sources: [SourceFile]) -> ImageDataset? {
    guard let data = try? Data(contentsOf: url) else { return nil }
    let bytes = [UInt8](data)
    let end = bytes.count - digestLength
    guard end >= magic.count + 8, bytes.starts(with: magic) else { return nil }
    var stream = SHA256Stream()
    stream.update(bytes.span.extracting(..<end))
    guard stream.digest() == String(decoding: bytes[end...], as: UTF8.self) else { return nil }
    let headerStart = magic.count + 8
    let length = bytes[magic.count..<headerStart].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length >= 0, length <= end - headerStart,
      let header = try? JSONDecoder().decode(
        Header.self, from: Data(bytes[headerStart..<headerStart + length])),
      header.schema == schema, header.name == name, header.counts.count == 3,
      header.files.map({ SourceFile(name: $0.name, sha256: $0.sha256) }) == sources
    else { return nil }
    return dataset(header, bytes: bytes, payload: headerStart + length..<end)
  }

  private static func dataset(_ header: Header, bytes: [UInt8], payload: Range<Int>) -> ImageDataset? {
    let pixels = header.width * header.height
    var position = payload.lowerBound
    var splits: [ImageSplit] = []
    for count in header.counts {
      let values = count * pixels
      let length = byteCount(values, storage: header.storage)
      guard count >= 0, length <= payload.upperBound - position else { return nil }
      splits.append(
        split(bytes.span.extracting(position..<position + length), header.storage, values, pixels))
      position += length
    }
    guard position == payload.upperBound else { return nil }
    return ImageDataset(
      name: header.name, width: header.width, height: header.height,
      maximumIntensity: header.maximumIntensity,
      train: splits[0], valid: splits[1], test: splits[2], files: header.files)
  }

  private static func byteCount(_ values: Int, storage: Storage) -> Int {
    switch storage {
    case .bits: (values + 7) / 8
    case .bytes: values
    case .floats: 4 * values
    }
  }

  private static func split(_ bytes: Span<UInt8>, _ storage: Storage, _ values: Int, _ pixels: Int)
    -> ImageSplit
  {
    switch storage {
    case .floats:
      var floats = [Float](repeating: 0, count: values)
      var target = floats.mutableSpan
      for index in 0..<values {
        var pattern: UInt32 = 0
        for byte in 0..<4 { pattern |= UInt32(bytes[4 * index + byte]) << UInt32(8 * byte) }
        target[index] = Float(bitPattern: pattern)
      }
      return ImageSplit(intensities: [], fractions: floats, pixels: pixels, labels: [])
    case .bytes, .bits:
      var levels = [UInt8](repeating: 0, count: values)
      var target = levels.mutableSpan
      if storage == .bytes {
        for index in 0..<values { target[index] = bytes[index] }
      } else {
        for index in 0..<values { target[index] = bytes[index >> 3] >> UInt8(index & 7) & 1 }
      }
      return ImageSplit(intensities: levels, pixels: pixels)
    }
  }

  // MARK: - Writing

  /// Writes a cache file; where that fails there is none, and nothing is lost but time.
  static func write(_ dataset: ImageDataset, to url: URL) -> Bool {
    var bytes = encoded(dataset)
    bytes += SHA256Stream.digest(of: bytes).utf8
    let folder = url.deletingLastPathComponent()
    let temporary = folder.appending(path: ".\(url.lastPathComponent).\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(bytes).write(to: temporary)
      // Not `replaceItem`, which fails where there is nothing to replace.
      let status = unsafe rename(temporary.path, url.path)
      guard status == 0 else { throw CocoaError(.fileWriteUnknown) }
      return true
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      return false
    }
  }

  private static func encoded(_ dataset: ImageDataset) -> [UInt8] {
    let storage: Storage =
      !dataset.train.fractions.isEmpty ? .floats : dataset.maximumIntensity == 1 ? .bits : .bytes
    let splits = [dataset.train, dataset.valid, dataset.test]
    let header = Header(
      schema: schema, name: dataset.name, width: dataset.width, height: dataset.height,
      maximumIntensity: dataset.maximumIntensity, storage: storage, counts: splits.map(\.count),
      files: dataset.files)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = (try? encoder.encode(header)).map { [UInt8]($0) } ?? []
    var bytes = magic + (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
    for split in splits { bytes += payload(split, storage) }
    return bytes
  }

  private static func payload(_ split: ImageSplit, _ storage: Storage) -> [UInt8] {
    switch storage {
    case .bytes: return split.intensities
    case .floats:
      return split.fractions.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
      }
    case .bits:
      var packed = [UInt8](repeating: 0, count: (split.intensities.count + 7) / 8)
      for (index, bit) in split.intensities.enumerated() { packed[index >> 3] |= bit << UInt8(index & 7) }
      return packed
    }
  }
}

/// A source file of a cache, as it lies on disk.
struct SourceFile: Hashable {
  let name: String
  let sha256: String
}

extension DatasetLoader {
  /// The data set from a cache if there is a good one; otherwise from its files, and then the cache is written.
  func cached(
    _ name: DatasetName, load: () throws(DatasetError) -> ImageDataset
  ) throws(DatasetError) -> ImageDataset {
    guard !caches.isEmpty, let sources = sources(of: name) else { return try load() }
    for place in caches {
      if let dataset = DatasetCache.read(DatasetCache.file(name, in: place), name: name, sources: sources) {
        return dataset
      }
    }
    let dataset = try load()
    _ = caches.first { DatasetCache.write(dataset, to: DatasetCache.file(name, in: $0)) }
    return dataset
  }

  /// The set's files with their checksums on disk; nil where one is missing or cannot be read.
  private func sources(of name: DatasetName) -> [SourceFile]? {
    var sources: [SourceFile] = []
    for file in DatasetCatalogue.describe(name).files {
      guard let url = file.find(in: folder), let data = try? Data(contentsOf: url) else { return nil }
      sources.append(SourceFile(name: url.lastPathComponent, sha256: SHA256Stream.digest(of: [UInt8](data))))
    }
    return sources
  }
}
