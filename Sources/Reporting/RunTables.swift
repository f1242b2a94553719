internal import Datasets
internal import Training

/// What was run: the protocols with the source of their choices, and where each run comes from.
struct RunTables: Sendable {
  let curves: LearningCurves

  func write(into document: inout MarkdownDocument) {
    writeProtocols(into: &document)
    writeRuns(into: &document)
  }

  private func writeProtocols(into document: inout MarkdownDocument) {
    let protocols = curves.protocols.compactMap { curves.runs(of: $0).first?.manifest }
    guard !protocols.isEmpty else { return }
    document.heading(2, "Protocols")
    document.paragraph(
      "The protocol's own file states the source of each choice; the checksum is that file's.")
    var table = MarkdownTable([.init("choice")] + protocols.map { .init("\($0.protocolName)") })
    for (choice, value) in Self.choices {
      table.append(
        [MarkdownText(plain: choice)] + protocols.map { MarkdownText(plain: value($0.resolvedProtocol)) })
    }
    table.append(["steps of these runs"] + protocols.map { MarkdownText(plain: stepsMade($0.protocolName)) })
    table.append(["SHA-256"] + protocols.map { "\(code: String($0.protocolSHA256.prefix(16)))" })
    document.table(table)
  }

  private static let choices: [(String, @Sendable (TrainingProtocol) -> String)] = [
    ("title", { $0.title }),
    ("source", { $0.source }),
    ("data", { "\($0.data.set.rawValue), binarisation \($0.data.binarisation.rawValue)" }),
    ("encoder", { network($0.model.encoderWidths) }),
    ("decoder", { network($0.model.decoderWidths) }),
    ("activation", { activation($0.model) }),
    ("encoder input", { encoderInput($0.model.encoderInput) }),
    ("decoder input", { $0.model.latentInput }),
    ("output bias", { $0.model.outputBias == .trainingMean ? "logit of the clipped training mean" : "zero" }),
    ("prior", { prior($0.optimisation) }),
    ("optimiser", { optimiser($0.optimisation) }),
    ("batch", { "\($0.optimisation.batchSize) images" }),
    ("steps of the protocol", { NumberFormatting.count($0.steps) }),
    (
      "decoder and prior learn from",
      { $0.optimisation.decoderSamples == .first ? "the first sample" : "the mean over all samples" }
    ),
    (
      "evaluation",
      { "\($0.evaluation.split.rawValue) split, \($0.evaluation.samples) importance samples for each image" }
    ),
  ]

  /// How long the runs of a protocol are, which may be shorter than the protocol asks for.
  private func stepsMade(_ protocolName: String) -> String {
    let lengths = Set(curves.runs(of: protocolName).map(\.manifest.steps))
    return lengths.sorted().map(NumberFormatting.count).joined(separator: ", ")
  }

  private static func network(_ widths: [String]) -> String { widths.joined(separator: " - ") }

  private static func activation(_ model: TrainingProtocol.ModelChoice) -> String {
    model.activationSlope.map { "LeakyReLU, slope \(NumberFormatting.significant($0, digits: 2))" }
      ?? "none: linear"
  }

  private static func encoderInput(_ input: TrainingProtocol.ModelChoice.EncoderInput) -> String {
    switch input {
    case .raw: "pixels x"
    case .centred: "pixels minus training mean"
    case .signed: "2x - 1"
    }
  }

  private static func prior(_ optimisation: TrainingProtocol.OptimisationChoice) -> String {
    optimisation.priorLearningRate == 0
      ? "uniform, fixed"
      : "learned, gradient descent with step size \(NumberFormatting.significant(optimisation.priorLearningRate, digits: 2))"
  }

  private static func optimiser(_ choice: TrainingProtocol.OptimisationChoice) -> String {
    guard let beta1 = choice.adamBeta1, let beta2 = choice.adamBeta2, let epsilon = choice.adamEpsilon else {
      return "gradient descent with momentum \(choice.momentum ?? 0), step size \(choice.learningRate)"
    }
    let numbers = [choice.learningRate, beta1, beta2, epsilon].map { "\($0)" }
    let common = "Adam, step size \(numbers[0]), beta \(numbers[1]) and \(numbers[2]), epsilon \(numbers[3])"
    let betas = [choice.encoderAdamBeta1 ?? beta1, choice.encoderAdamBeta2 ?? beta2]
    let isShared = betas == [beta1, beta2]
    let encoder = isShared ? "" : "; encoder: beta \(betas[0]) and \(betas[1])"
    let sums = [("encoder", choice.encoderGradient), ("decoder", choice.decoderGradient)]
      .filter { $0.1 == .sum }.map { "; \($0.0)'s gradient summed over the batch" }
    return common + encoder + sums.joined()
  }

  private func writeRuns(into document: inout MarkdownDocument) {
    document.heading(2, "Runs")
    guard !curves.runs.isEmpty else {
      document.paragraph("No runs were found.")
      return
    }
    document.details("Every run with its revision, processor and checksum") { inner in
      var table = MarkdownTable([
        .init("run"), .init("protocol"), .init("estimator"), .init("seed", .right), .init("state"),
        .init("threads", .right),
        .init("training time", .right), .init("started"), .init("revision"), .init("processor"),
        .init("Swift"),
        .init("GSL"), .init("kernels, vectors"),
      ])
      for run in curves.runs { table.append(Self.row(run)) }
      inner.table(table)
    }
  }

  private static func row(_ run: RecordedRun) -> [MarkdownText] {
    let manifest = run.manifest
    let facts = manifest.provenance
    let reached = max(run.training.last?.step ?? 0, run.evaluations.last?.step ?? 0)
    let steps = NumberFormatting.count(manifest.steps)
    let state =
      run.result == nil
      ? "stopped at \(NumberFormatting.count(reached)) of \(steps)" : "\(steps) steps, complete"
    let seconds = run.timing.map(\.trainingSeconds).reduce(0, +)
    return [
      "\(code: run.name)", "\(manifest.protocolName)", "\(code: manifest.estimator)",
      "\(String(manifest.seed))",
      "\(state)", "\(manifest.threads)",
      "\(run.timing.isEmpty ? "" : NumberFormatting.duration(seconds: seconds))", "\(manifest.started)",
      "\(String(facts.revision.prefix(12))) (\(facts.treeState.rawValue))", "\(facts.cpu)",
      "\(facts.versions.swift)",
      "\(facts.versions.gsl)", "\(facts.versions.kernelFamily), \(facts.versions.vectors)",
    ]
  }
}
