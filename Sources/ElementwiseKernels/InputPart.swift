/// Which of a layer's inputs are looked at: all, or one of two fixed parts, which two threads can work on at the same time.
public enum InputPart: Hashable, Sendable {
  case all
  case lower
  case upper

  /// The part of this number, 0 or 1.
  public static func number(_ number: Int) -> InputPart { number == 0 ? .lower : .upper }

  /// The inputs of a layer with `width` of them. The lower part is half of them, rounded up to a multiple of eight, which the
  /// kernels like; the upper is empty where there are at most eight.
  public func range(of width: Int) -> Range<Int> {
    let cut = Self.cut(of: width)
    return switch self {
    case .all: 0..<width
    case .lower: 0..<cut
    case .upper: cut..<width
    }
  }

  static func cut(of width: Int) -> Int { min(width, (width / 2 + 7) / 8 * 8) }
}
