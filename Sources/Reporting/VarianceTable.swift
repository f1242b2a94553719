internal import ExactExpectations
internal import GradientEstimators

/// The exact variances of estimators on problems: total variance over coordinates.
struct VarianceTable: Sendable {
  struct Column: Sendable {
    let estimator: String
    let evaluations: Int
    /// Sum over coordinates of the exact variance, for each problem; nil where the estimator does not take its variables.
    let totals: [Double?]
  }

  let problems: [Problem]
  let columns: [Column]

  /// Integrates each of the estimators that the catalogue knows on each problem.
  ///
  /// - Throws: `ReportingError.study` if the noise has too many cubature nodes.
  init(estimators: [String], problems: [Problem]) throws(ReportingError) {
    self.problems = problems
    var columns: [Column] = []
    do {
      for name in estimators {
        guard let estimator = try? EstimatorCatalogue.make(name) else { continue }
        let moments = try problems.map { problem in
          estimator.supports(problem.latentVariables) ? try exactMoments(of: estimator, on: problem) : nil
        }
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
            "\(column.totals[place].map { NumberFormatting.significant($0) } ?? "-")"
          })
    }
    document.table(table)
  }
}
