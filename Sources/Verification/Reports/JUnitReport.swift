extension VerificationResult {
  /// The verdicts as JUnit XML: one test case for each check, the estimator as its class.
  public func junitXML() -> String {
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
    lines.append("<testsuites>")
    lines.append(
      "  <testsuite name=\"armature verify\" tests=\"\(verdicts.count)\" failures=\"\(failures.count)\" "
        + "skipped=\"\(skipped.count)\" errors=\"0\">")
    lines += verdicts.flatMap(Self.testCase)
    lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func testCase(_ verdict: Verdict) -> [String] {
    let name = "\(verdict.check.rawValue) (\(verdict.detail)): \(verdict.problem)"
    let start =
      "    <testcase classname=\"\(XMLText.escaped(verdict.estimator))\" name=\"\(XMLText.escaped(name))\""
    let note = XMLText.escaped(verdict.note ?? "")
    switch verdict.outcome {
    case .passed: return [start + "/>"]
    case .failed: return [start + ">", "      <failure message=\"\(note)\"/>", "    </testcase>"]
    case .skipped: return [start + ">", "      <skipped message=\"\(note)\"/>", "    </testcase>"]
    }
  }
}
