package import Datasets

/// A study of gradient accuracy as machines read it: `accuracy.json`.
package struct AccuracyResult: Codable, Hashable, Sendable {
  package static let schema = "armature.accuracy/1"

  /// The errors of M-sample means of one estimator in one layer.
  package struct Row: Codable, Hashable, Sendable {
    package let estimator: String
    /// From 0, the layer that reads the points, to the output layer.
    package let layer: Int
    /// M.
    package let samples: Int
    /// Means of M samples that were averaged over.
    package let blocks: Int
    /// The mean cosine similarity with the exact gradient.
    package let cosine: Double
    /// The 15 % quantile of the blocks' cosine similarities.
    package let cosineLow: Double
    /// The 85 % quantile.
    package let cosineHigh: Double
    /// sqrt(mean ||g_M - g||^2 / ||g||^2).
    package let relativeRMSE: Double
  }

  /// One published value beside ours.
  package struct PublishedCell: Codable, Hashable, Sendable {
    package let quantity: AccuracyQuantity
    package let estimator: String
    package let layer: Int
    package let samples: Int
    package let published: Double
    package let ours: Double?
    package let allowedDifference: Double?
    package let verdict: AccuracyComparison.Verdict
  }

  package struct Comparison: Codable, Hashable, Sendable {
    package let source: String
    package let falseAlarmRate: Double
    package let holds: Bool
    package let cells: [PublishedCell]
  }

  package let schema: String
  package let revision: SourceRevision
  package let command: String
  package let data: [DataFileRecord]
  package let seed: UInt64
  /// Units of each layer, the points' coordinates first.
  package let widths: [Int]
  package let points: Int
  /// Gradient samples of each estimator.
  package let gradientSamples: Int
  package let expectedLoss: Double
  /// Of the exact gradient, for each layer.
  package let gradientNorms: [Double]
  package let rows: [Row]
  package let comparison: Comparison?
  /// Where it was computed; absent in files of older versions.
  package let provenance: StoredProvenance?

  package init(_ outcome: AccuracyStudy.Outcome, comparison: AccuracyComparison?, context: ReportContext) {
    schema = Self.schema
    revision = context.revision
    command = context.command
    data = outcome.problem.files
    seed = outcome.seed
    widths = outcome.problem.network.widths
    points = outcome.problem.data.count
    gradientSamples = outcome.samples
    expectedLoss = outcome.exact.expectedLoss
    gradientNorms = outcome.exact.gradientNorms
    rows = outcome.rows
    provenance = StoredProvenance(context: context)
    self.comparison = comparison.map { comparison in
      Comparison(
        source: comparison.published.source, falseAlarmRate: comparison.falseAlarmRate,
        holds: comparison.holds,
        cells: comparison.cells.map {
          PublishedCell(
            quantity: $0.quantity, estimator: $0.estimator, layer: $0.layer, samples: $0.size,
            published: $0.published, ours: $0.ours, allowedDifference: $0.allowed, verdict: $0.verdict)
        })
    }
  }
}

extension AccuracyResult {
  /// The verdict in one sentence.
  var verdict: String {
    if let comparison {
      return AccuracyComparison.sentence(
        comparison.cells.map(\.verdict), falseAlarmRate: comparison.falseAlarmRate)
    }
    let count = estimators.count
    let samples = NumberFormatting.count(gradientSamples)
    return
      "Gradients of \(count) estimator\(count == 1 ? "" : "s"), \(samples) samples each, beside the exact one."
  }

  var holds: Bool { comparison?.holds ?? true }

  var facts: ReproducibilityChecklist.Facts {
    let samples = NumberFormatting.count(gradientSamples)
    return ReproducibilityChecklist.Facts(
      researchType: "gradient estimates beside exact gradients", estimators: estimators,
      splits: "not applicable: all points are averaged over",
      setup: "\(estimators.count) estimators, \(samples) gradient samples each",
      errorBars: "15 % and 85 % quantiles over blocks of M samples",
      tuningBudget: "not applicable: nothing is tuned",
      failedRuns: nil)
  }
}

extension AccuracyStudy.Outcome {
  /// Quantiles of the band around the mean cosine similarity.
  static let bandProbabilities = (low: 0.15, high: 0.85)

  /// By estimator, then layer, then M.
  package var rows: [AccuracyResult.Row] {
    estimators.flatMap { estimator in
      estimator.layers.enumerated().flatMap { layer, found in
        found.errors.compactMap { errors in
          guard let cosine = errors.cosine, let relativeRMSE = errors.relativeRMSE else { return nil }
          return AccuracyResult.Row(
            estimator: estimator.name, layer: layer, samples: errors.size, blocks: errors.blocks,
            cosine: cosine,
            cosineLow: errors.cosineQuantile(Self.bandProbabilities.low),
            cosineHigh: errors.cosineQuantile(Self.bandProbabilities.high), relativeRMSE: relativeRMSE)
        }
      }
    }
  }
}
