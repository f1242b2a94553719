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
  static let title: MarkdownText = "How close gradient estimators come in a stochastic binary network"

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

  /// Writes `psa-accuracy.md` with its lock and its figures, `accuracy.json` and, where the network was trained here, the network as JSON
  /// and as safetensors with its points as CSV, into the context's folder.
  ///
  /// - Throws: `ReportingError.unwritable`.
  package func write(context: ReportContext) throws(ReportingError) -> Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let result = AccuracyResult(outcome, comparison: comparison, context: context)
    let cells = ReportCells()
    let tables = AccuracyTables(result: result, cells: cells)
    var document = MarkdownDocument()
    document.heading(1, Self.title)
    document.paragraph("**\(cells.text("verdict", result.verdict, held: .notHeld))**")
    _ = cells.text("outcome", result.holds ? "holds" : "fails")
    var provenance = context.provenance(
      level: .sameInstructionSet, seeds: [outcome.seed], data: outcome.problem.files)
    provenance.report = Self.fileName
    provenance.write(into: &document)
    ReproducibilityChecklist(result.facts, provenance: provenance, licence: context.licence).write(
      into: &document)
    writeProblem(tables, into: &document)
    let figures = AccuracyFigures(result: result, stem: "psa-accuracy")
    document.figure(try folder.draw(figures.cosine))
    document.figure(try folder.draw(figures.relativeRMSE))
    tables.write(into: &document)
    if let comparison {
      AccuracyComparisonTables(comparison: comparison, tables: tables).write(into: &document)
    }
    try folder.write(Self.json(result), to: Self.resultFileName)
    try writeNetwork(folder)
    let file = try context.write(
      document, to: Self.fileName, in: folder, cells: cells, recipe: .accuracy(of: AccuracyRecipe(result)),
      provenance: provenance)
    return Written(file: file, holds: result.holds, verdict: result.verdict, result: result)
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

  private func writeProblem(_ tables: AccuracyTables, into document: inout MarkdownDocument) {
    let network = outcome.problem.network
    document.heading(2, "The network and the study")
    document.paragraph(
      Self.networkText(shape: network.shapeText, points: outcome.problem.data.count, training: trainingText))
    tables.writeExact(into: &document)
    document.paragraph(Self.studyText(samples: outcome.samples))
    document.list(Self.descriptions(of: outcome.estimators.map(\.name)))
  }

  static func networkText(shape: String, points: Int, training: String = "") -> MarkdownText {
    """
    A stochastic binary network of shape \(shape): each hidden unit is 1 with probability sigmoid(logit), else \
    0, given the layer below; the output unit's logit η has the loss log(1 + exp(-y η)) for the class y = ±1. The gradient \
    is that of the expected loss, averaged over \(points) points. Exact values come from an enumeration of \
    pairs of neighbouring layers' states.\(training)
    """
  }

  static func studyText(samples: Int) -> MarkdownText {
    """
    Each estimator draws \(NumberFormatting.count(samples)) gradient samples; a sample is one stochastic forward pass for each point, averaged over \
    the points. Consecutive blocks of M samples, without overlap, give M-sample means. For each layer, weights and biases as \
    one vector, the study takes the mean cosine similarity of these means with the exact gradient, its 15 % and 85 % \
    quantiles over blocks (interpolated linearly), and the relative RMSE. The output layer's gradient is taken at the one \
    sampled path of each point; for PSA it is the flips' average, which is part of that estimator. All estimators are given \
    the same random numbers. Study: Shekhovtsov, Yanush, Flach, "Path Sample-Analytic Gradient Estimators for Stochastic \
    Binary Networks", NeurIPS 2020.
    """
  }

  private var trainingText: String {
    guard let training else { return "" }
    return
      " The network was trained here: \(training.epochs) epochs of REINFORCE, one sample for each point, batches of "
      + "\(training.batchSize), step size \(training.learningRate), momentum \(training.momentum), from weights and biases "
      + "uniform on (-1, 1) with each hidden layer scaled so that its logits have mean 0 and variance 1 for independent "
      + "inputs (points: their mean and variance; units: mean 1/2, variance 1/4)."
  }

  static func descriptions(of names: [String]) -> [MarkdownText] {
    names.map { name in
      switch name {
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
}
