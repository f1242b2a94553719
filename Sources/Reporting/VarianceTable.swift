internal import ExactExpectations
internal import GradientEstimators

/// The exact variances of estimators on problems: total variance over coordinates.
struct VarianceTable {
  struct Column: Sendable {
    let estimator: String
    let evaluations: Int
    /// Sum over coordinates of the exact variance, for each problem; nil where the estimator does not take its variables
    /// or is out of reach of exact integration.
    let totals: [Double?]
  }

  let problems: [Problem]
  let columns: [Column]
  /// Where every number is kept on its way into the text.
  let cells: ReportCells

  /// Integrates each of the estimators that the catalogue knows on each problem.
  ///
  /// - Throws: `ReportingError.study` if the noise has too many cubature nodes.
  init(estimators: [String], problems: [Problem], cells: ReportCells) throws(ReportingError) {
    self.problems = problems
    self.cells = cells
    var columns: [Column] = []
    do {
      for name in estimators {
        guard let estimator = try? EstimatorCatalogue.make(name) else { continue }
        let moments = try problems.map { try Self.moments(of: estimator, on: $0) }
        columns.append(
          Column(
            estimator: name, evaluations: moments.lazy.compactMap(\.self).first?.evaluations ?? 0,
            totals: moments.map { $0?.variance.reduce(0, +) }))
      }
    } catch {
      throw .study(reason: "\(error)")
    }
    self.columns = columns
  }

  /// - Returns: nil where the estimator does not take the variables, or exact integration cannot reach it.
  private static func moments(
    of estimator: any GradientEstimator, on problem: Problem
  ) throws(ExactExpectationError) -> ExactMoments? {
    guard estimator.supports(problem.latentVariables) else { return nil }
    do {
      return try exactMoments(of: estimator, on: problem)
    } catch {
      guard error.isOutOfReach else { throw error }
      return nil
    }
  }

  func write(into document: inout MarkdownDocument) {
    document.paragraph(
      """
      Variance of one gradient, summed over coordinates; in parentheses the evaluations of the objective that it costs. Exact, \
      by integration of the production code over its noise.
      """)
    var table = MarkdownTable(
      [.init("", .right), .init("problem")]
        + columns.map { .init("\(code: $0.estimator) (\($0.evaluations))", .right) })
    for (place, problem) in problems.enumerated() {
      table.append(
        ["\(place + 1)", "\(problem.name)"]
          + columns.map { column in
            number("variances/\(column.estimator)/\(problem.name)", column.totals[place])
          })
    }
    document.table(table)
  }

  private func number(_ name: String, _ value: Double?) -> MarkdownText {
    guard let value else { return "-" }
    let kept = cells.exact(name, value, needs: [VerificationStage.variances.rawValue])
    return "\(NumberFormatting.significant(kept))"
  }
}
