public import Foundation

/// A NumPy file that cannot be written.
public struct NPYError: Error, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  public let reason: String

  public var description: String { "\(file): expected a place that can be written: \(reason)" }
}

/// Writes a float64 matrix as a NumPy `.npy` file (format 1.0, C order), row by row, and all or nothing.
///
/// The rows go to a temporary file beside the target, which takes the target's name only when complete; without
/// `finish` the temporary file is removed and the target is untouched.
public struct NPYWriter: ~Copyable {
  private let target: URL
  private let temporary: URL
  private let handle: FileHandle
  private let rows: Int
  private let columns: Int
  private var written = 0

  /// - Throws: `NPYError` if the file's folder cannot be written.
  public init(file: URL, rows: Int, columns: Int) throws(NPYError) {
    let partial = file.deletingLastPathComponent()
      .appending(path: ".\(file.lastPathComponent).\(UUID().uuidString).partial")
    let opened: FileHandle
    do {
      try Self.header(rows: rows, columns: columns).write(to: partial, options: .withoutOverwriting)
      opened = try FileHandle(forWritingTo: partial)
      try opened.seekToEnd()
    } catch {
      try? FileManager.default.removeItem(at: partial)
      throw NPYError(file: file.path(percentEncoded: false), reason: error.localizedDescription)
    }
    target = file
    temporary = partial
    handle = opened
    self.rows = rows
    self.columns = columns
  }

  /// Appends whole rows.
  ///
  /// - Precondition: `numbers` is a multiple of the columns and not more than the rows left.
  /// - Throws: `NPYError` if the volume is full or gone.
  public mutating func append(_ numbers: [Double]) throws(NPYError) {
    precondition(numbers.count.isMultiple(of: columns) && written + numbers.count / columns <= rows)
    let data = unsafe numbers.withUnsafeBytes { unsafe Data($0) }
    do {
      try handle.write(contentsOf: data)
    } catch {
      throw failure(error.localizedDescription)
    }
    written += numbers.count / columns
  }

  /// Gives the complete file its name.
  ///
  /// - Precondition: all rows were appended.
  /// - Throws: `NPYError` if the target cannot be replaced.
  public consuming func finish() throws(NPYError) {
    precondition(written == rows, "\(written) of \(rows) rows were appended")
    do {
      try handle.close()
    } catch {
      throw failure(error.localizedDescription)
    }
    let status = unsafe rename(
      temporary.path(percentEncoded: false), target.path(percentEncoded: false))
    guard status == 0 else { throw failure(unsafe String(cString: strerror(errno))) }
  }

  deinit {
    // After a successful rename there is nothing left to remove.
    try? FileManager.default.removeItem(at: temporary)
  }

  private func failure(_ reason: String) -> NPYError {
    NPYError(file: target.path(percentEncoded: false), reason: reason)
  }

  /// Magic, version 1.0, and a Python literal padded with spaces so that the data start at a multiple of 64 bytes.
  private static func header(rows: Int, columns: Int) -> Data {
    let literal = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
    let prefix = 10
    let length = (prefix + literal.utf8.count + 1 + 63) / 64 * 64 - prefix
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)])
    data.append(contentsOf: literal.utf8)
    data.append(Data(repeating: 0x20, count: length - literal.utf8.count - 1))
    data.append(0x0A)
    return data
  }
}
