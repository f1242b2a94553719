/// Why a model cannot be made, trained, evaluated or restored.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A setting is outside its range.
  case invalidSetting(name: String, value: String, expected: String)
  /// An input has the wrong number of elements.
  case wrongCount(what: String, found: Int, expected: String)
  /// An image byte is neither 0 nor 1.
  case pixelNotBinary(value: UInt8, index: Int)
  /// A number that training needs is infinite or not a number.
  case notFinite(quantity: String, step: UInt64)
  /// A checkpoint lacks a tensor.
  case missingTensor(name: String)
  /// A checkpoint has a tensor that the model does not know, or has one twice.
  case unexpectedTensor(name: String)
  /// A tensor of a checkpoint has the wrong shape or precision.
  case wrongTensor(name: String, found: String, expected: String)

  public var description: String {
    switch self {
    case .invalidSetting(let name, let value, let expected):
      "setting \(name) is \(value), expected \(expected)"
    case .wrongCount(let what, let found, let expected):
      "\(what): found \(found) elements, expected \(expected)"
    case .pixelNotBinary(let value, let index):
      "image byte \(index) is \(value), expected 0 or 1: binarise the images first"
    case .notFinite(let quantity, let step):
      "step \(step): \(quantity) is not finite; restore the last checkpoint and lower the learning rate, "
        + "or look for invalid input"
    case .missingTensor(let name):
      "tensor \(name) is missing from the checkpoint; it belongs to another model or protocol"
    case .unexpectedTensor(let name):
      "tensor \(name) is not part of this model, or appears twice; the checkpoint belongs to another model or protocol"
    case .wrongTensor(let name, let found, let expected):
      "tensor \(name) is \(found), expected \(expected); the checkpoint belongs to another model or protocol"
    }
  }
}
