/// What is wrong with a safetensors file.
public enum SafetensorsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Fewer bytes than the 8 of the header's length, or than the header.
  case truncatedHeader(bytes: Int)
  case headerLength(UInt64)
  /// The header is not the JSON that the format asks for, at this byte of it.
  case headerSyntax(byte: Int, expected: String)
  case duplicateName(String)
  /// A tensor's type, shape and place do not fit together.
  case badTensor(name: String, problem: String)
  /// The tensors do not fill the data exactly, in order and without gaps.
  case badLayout(problem: String)
  /// A metadata entry that a checkpoint must have is missing or has another value.
  case badMetadata(key: String, found: String, expected: String)

  public var description: String {
    switch self {
    case .truncatedHeader(let bytes): "the header is cut off after \(bytes) bytes"
    case .headerLength(let length): "a header of \(length) bytes is claimed"
    case .headerSyntax(let byte, let expected): "header byte \(byte): expected \(expected)"
    case .duplicateName(let name): "the name \(name.debugDescription) appears twice"
    case .badTensor(let name, let problem): "tensor \(name.debugDescription): \(problem)"
    case .badLayout(let problem): "\(problem)"
    case .badMetadata(let key, let found, let expected):
      "metadata \(key) is \(found.debugDescription), expected \(expected)"
    }
  }
}
