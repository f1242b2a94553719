internal import Foundation

/// The report of a study of gradient accuracy, beside published values where the network is theirs.
package struct AccuracyReport: Sendable {
  package struct Written: Sendable {
    package let file: String
    /// Whether nothing contradicts the published values; true without any.
    package let holds: Bool
    package let verdict: String
    package let result: AccuracyResult
  }

  package static let fileName = "psa-accuracy.md"
  package static let resultFileName = "accuracy.json"

  let outcome: AccuracyStudy.Outcome
  let comparison: AccuracyComparison?
  /// How the network was trained, where it was not read from a file.
  let training: AccuracyTraining?

  package init(
    _ outcome: AccuracyStudy.Outcome, comparison: AccuracyComparison?, training: AccuracyTraining? = nil
  ) {
    self.outcome = outcome
    self.comparison = comparison
    self.training = training
  }

  static func layerTitle(_ layer: Int, of count: Int) -> String {
    layer == count - 1 ? "layer \(layer) (output)" : "layer \(layer)"
  }

  /// Writes `psa-accuracy.md` with its figures, `accuracy.json` and, where the network was trained here, the network as JSON
  /// and as safetensors with its points as CSV, into the context's folder.
  ///
  /// - Throws: `ReportingError.unwritable`.
  package func write(context: ReportContext) throws(ReportingError) -> Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let result = AccuracyResult(outcome, comparison: comparison, context: context)
    var document = MarkdownDocument()
    document.heading(1, "How close gradient estimators come in a stochastic binary network")
    document.paragraph("**\(verdict)**")
    context.provenance(level: .sameInstructionSet, seeds: [outcome.seed], data: outcome.problem.files)
      .write(into: &document)
    writeProblem(into: &document)
    let figures = AccuracyFigures(outcome: outcome, comparison: comparison)
    document.figure(try folder.draw(figures.cosine))
    document.figure(try folder.draw(figures.relativeRMSE))
    writeTables(into: &document)
    if let comparison { AccuracyComparisonTables(comparison: comparison).write(into: &document) }
    try folder.write(Self.json(result), to: Self.resultFileName)
    try writeNetwork(folder)
    return Written(
      file: try folder.write(document.text, to: Self.fileName), holds: comparison?.holds ?? true,
      verdict: verdict, result: result)
  }

  private static func json(_ result: AccuracyResult) throws(ReportingError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(result), as: UTF8.self) + "\n"
    } catch {
      throw .unwritable(path: resultFileName, reason: "a result is not finite")
    }
  }

  private func writeNetwork(_ folder: ReportFolder) throws(ReportingError) {
    guard let training else { return }
    let source = "armature accuracy, trained with seed \(training.seed)"
    do {
      try folder.write(outcome.problem.json(source: source), to: "network.json")
    } catch let error as ReportingError {
      throw error
    } catch {
      throw .unwritable(path: "network.json", reason: "a number is not finite")
    }
    try folder.write(outcome.problem.commaSeparatedPoints, to: "points.csv")
    try folder.write(bytes: outcome.problem.safetensors(source: source), to: "network.safetensors")
  }

  private var verdict: String {
    if let comparison { return comparison.sentence }
    let count = outcome.estimators.count
    let samples = NumberFormatting.count(outcome.samples)
    return
      "Gradients of \(count) estimator\(count == 1 ? "" : "s"), \(samples) samples each, beside the exact one."
  }

  private func writeProblem(into document: inout MarkdownDocument) {
    let network = outcome.problem.network
    let samples = NumberFormatting.count(outcome.samples)
    document.heading(2, "The network and the study")
    document.paragraph(
      """
      A stochastic binary network of shape \(network.shapeText): each hidden unit is 1 with probability sigmoid(logit), else \
      0, given the layer below; the output unit's logit η has the loss log(1 + exp(-y η)) for the class y = ±1. The gradient \
      is that of the expected loss, averaged over \(outcome.problem.data.count) points. Exact values come from an enumeration of \
      pairs of neighbouring layers' states.\(trainingText)
      """)
    var table = MarkdownTable([.init("quantity"), .init("exact value", .right)])
    table.append(["expected loss", "\(NumberFormatting.significant(outcome.exact.expectedLoss, digits: 10))"])
    for (layer, norm) in outcome.exact.gradientNorms.enumerated() {
      table.append([
        "norm of the gradient, \(Self.layerTitle(layer, of: outcome.exact.gradients.count))",
        "\(NumberFormatting.scientific(norm, digits: 6))",
      ])
    }
    document.table(table)
    document.paragraph(
      """
      Each estimator draws \(samples) gradient samples; a sample is one stochastic forward pass for each point, averaged over \
      the points. Consecutive blocks of M samples, without overlap, give M-sample means. For each layer, weights and biases as \
      one vector, the study takes the mean cosine similarity of these means with the exact gradient, its 15 % and 85 % \
      quantiles over blocks (interpolated linearly), and the relative RMSE. The output layer's gradient is taken at the one \
      sampled path of each point; for PSA it is the flips' average, which is part of that estimator. All estimators are given \
      the same random numbers. Study: Shekhovtsov, Yanush, Flach, "Path Sample-Analytic Gradient Estimators for Stochastic \
      Binary Networks", NeurIPS 2020.
      """)
    document.list(names)
  }

  private var trainingText: String {
    guard let training else { return "" }
    return
      " The network was trained here: \(training.epochs) epochs of REINFORCE, one sample for each point, batches of "
      + "\(training.batchSize), step size \(training.learningRate), momentum \(training.momentum), from weights and biases "
      + "uniform on (-1, 1) with each hidden layer scaled so that its logits have mean 0 and variance 1 for independent "
      + "inputs (points: their mean and variance; units: mean 1/2, variance 1/4)."
  }

  private var names: [MarkdownText] {
    outcome.estimators.map { estimator in
      switch estimator.name {
      case "reinforce": "\(code: "reinforce"): the score function, without baseline"
      case "arm":
        "\(code: "arm"): ARM in each layer, its two samples continued by fresh samples of the layers above"
      case "tanh": "\(code: "tanh"): backpropagation through the means of the units, without noise"
      case "deep-st":
        "\(code: "deep-st"): straight-through, backpropagation along a sampled path with the means' derivatives"
      case "psa": "\(code: "psa"): path sample-analytic"
      case let name where name.hasPrefix("gumbel:"):
        "\(code: name): the Concrete relaxation of all units at temperature \(String(name.dropFirst(7)))"
      case let name:
        "\(code: name): the one-layer estimator in each layer, its samples continued by fresh ones"
      }
    }
  }

  /// M of the tables' columns.
  private var sizes: [Int] { [1, 10, 100, 1000, 9000].filter { $0 <= outcome.samples } }

  private func writeTables(into document: inout MarkdownDocument) {
    document.heading(2, "Mean cosine similarity")
    document.paragraph("Mean over blocks, in brackets the 15 % and 85 % quantiles.")
    writeTable(into: &document) { errors in
      guard let cosine = errors.cosine else { return "" }
      let probabilities = AccuracyStudy.Outcome.bandProbabilities
      let texts = [
        cosine, errors.cosineQuantile(probabilities.low), errors.cosineQuantile(probabilities.high),
      ].map { NumberFormatting.fixed($0, decimals: 3) }
      return "\(texts[0]) (\(texts[1]) to \(texts[2]))"
    }
    document.heading(2, "Relative RMSE")
    writeTable(into: &document) { errors in
      errors.relativeRMSE.map { NumberFormatting.fixed($0, decimals: 4) } ?? ""
    }
  }

  private func writeTable(into document: inout MarkdownDocument, cell: (BlockErrors) -> String) {
    var table = MarkdownTable(
      [.init("layer"), .init("estimator")] + sizes.map { .init("M = \(NumberFormatting.count($0))", .right) })
    for layer in outcome.exact.gradients.indices {
      for estimator in outcome.estimators {
        let errors = estimator.layers[layer].errors
        table.append(
          ["\(layer)", "\(code: estimator.name)"]
            + sizes.map { size in "\(errors.first { $0.size == size }.map(cell) ?? "")" })
      }
    }
    document.table(table)
  }
}
