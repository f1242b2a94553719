internal import Foundation

/// Numbers as text, the same under every locale.
package enum NumberFormatting {
  /// A fixed number of decimals, `121.60`; a value that rounds to zero has no sign.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return notFinite(value) }
    let text = String(format: "%.\(decimals)f", value)
    return text.hasPrefix("-") && !text.contains(where: { ("1"..."9").contains($0) })
      ? String(text.dropFirst()) : text
  }

  /// A fixed number of significant digits: plain between 1e-3 and 1e6, scientific outside.
  package static func significant(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return notFinite(value) }
    if value == 0 { return "0" }
    let rounded = String(format: "%.\(digits - 1)e", value)
    guard let exponentStart = rounded.lastIndex(of: "e"),
      let exponent = Int(rounded[rounded.index(after: exponentStart)...])
    else { return rounded }
    guard (-3..<6).contains(exponent) else { return scientific(value, digits: digits) }
    return fixed(value, decimals: max(0, digits - 1 - exponent))
  }

  /// Scientific with `digits` significant digits, `1.2e-7`.
  package static func scientific(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return notFinite(value) }
    let text = String(format: "%.\(digits - 1)e", value)
    let parts = text.split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return text }
    return "\(parts[0])e\(exponent)"
  }

  /// A signed difference with a fixed number of decimals, `+0.12`.
  package static func signed(_ value: Double, decimals: Int) -> String {
    let text = fixed(value, decimals: decimals)
    return text.hasPrefix("-") || !value.isFinite ? text : "+" + text
  }

  /// A whole number with a comma between thousands, `50,000`.
  package static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0 && (digits.count - place).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + text
  }

  /// A duration in the two largest units that matter, `1 h 12 min`, `3 min 5 s`, `4.2 s`.
  package static func duration(seconds: Double) -> String {
    guard seconds.isFinite else { return notFinite(seconds) }
    if seconds < 60 { return fixed(seconds, decimals: 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  private static func notFinite(_ value: Double) -> String {
    value.isNaN ? "not a number" : value < 0 ? "-infinity" : "infinity"
  }
}
