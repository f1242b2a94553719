import Foundation
import Testing

/// What the tests read in a checkpoint: a safetensors file, its header JSON behind eight bytes of length.
struct CheckpointHeader {
  /// Training steps done.
  let step: Int
  /// Where the first element of a tensor lies in the file, by its name.
  let places: [String: Int]

  init(_ bytes: Data) throws {
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: [String: Any]])
    step = try #require((header["__metadata__"]?["step"] as? String).flatMap { Int($0) })
    places = header.compactMapValues { ($0["data_offsets"] as? [Int]).map { $0[0] + 8 + length } }
  }

  /// The header of a run's checkpoint, or nil where it has none.
  init?(of run: URL) throws {
    guard let bytes = try? Data(contentsOf: run.appendingPathComponent("checkpoint.safetensors")) else {
      return nil
    }
    try self.init(bytes)
  }
}
