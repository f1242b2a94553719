extension VerificationResult {
  /// One line for each estimator: passed checks of each kind, the largest exact relative bias, the largest e-value and
  /// the smallest bias (relative to the gradient, over problems and generators) that sampling would have found.
  public func table() -> String {
    let kinds = CheckKind.allCases
    var table = TextTable(
      header: ["estimator"] + kinds.map(\.rawValue) + [
        "exact rel. bias", "max log e", "detectable rel. bias",
      ])
    for estimator in estimators {
      let own = verdicts.filter { $0.estimator == estimator }
      let counts = kinds.map { kind in
        let checks = own.filter { $0.check == kind && $0.outcome != .skipped }
        return checks.isEmpty ? "-" : "\(checks.filter(\.passed).count)/\(checks.count)"
      }
      let bias = own.compactMap(\.relativeBias).max()
      let evidence = own.compactMap(\.evidence)
      let eValue = evidence.compactMap(\.largestLogEValue).max()
      let detectable = evidence.compactMap(\.smallestDetectableRelativeBias).min()
      table.rows.append(
        [estimator] + counts + [bias, eValue, detectable].map { $0.map(threeDigits) ?? "-" })
    }
    return table.text
  }
}
