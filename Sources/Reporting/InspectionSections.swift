internal import Datasets
internal import Foundation
internal import Training

/// The parts of a learning-curve report that only runs with an inspection have: gradient variance, and pictures.
struct InspectionSections {
  let curves: LearningCurves
  /// Where every number is kept on its way into the text.
  let cells: ReportCells
  /// Start of the names of the files of figures.
  let stem: String

  /// Writes nothing where no run has an inspection.
  ///
  /// - Throws: `ReportingError.mixedRuns` for runs of one protocol that were inspected differently, `.malformed` for a picture that is
  ///   not the inspection's, `.unwritable`.
  func write(into document: inout MarkdownDocument, folder: ReportFolder) throws(ReportingError) {
    let names = curves.protocols.filter { !inspected($0).isEmpty }
    guard !names.isEmpty else { return }
    for name in names { try requireEqualSettings(name) }
    try writeVariances(of: names, into: &document, folder: folder)
    try writePictures(of: names, into: &document, folder: folder)
  }

  private func inspected(_ name: String) -> [RecordedRun] {
    curves.runs(of: name).filter { $0.inspection != nil }
  }

  /// A mean over seeds is one of like numbers.
  private func requireEqualSettings(_ name: String) throws(ReportingError) {
    let runs = inspected(name)
    for run in runs where run.inspection?.measure != runs[0].inspection?.measure {
      throw .mixedRuns(
        file: "\(run.name)/\(RecordedRun.inspectionFile)",
        reason:
          "other draws, seed, batch or split than that of '\(runs[0].name)'; inspect all runs of \(name) together"
      )
    }
  }

  // MARK: - Gradient variance

  private func writeVariances(
    of names: [String], into document: inout MarkdownDocument, folder: ReportFolder
  ) throws(ReportingError) {
    document.heading(2, "Gradient variance")
    document.paragraph(
      """
      How much estimates of the gradient vary at the parameters of the trained models: the gradient of one image's objective with respect \
      to the logits of its latents, by the estimator's training code, drawn with fresh noise; its variance over the draws, summed over the logits, \
      mean over the images. \(MarkdownText(plain: settings(names))) Lower is better where an estimator is unbiased. \
      The ± is the half-width of the 95 % t-interval for the mean over seeds of training. Standard errors over images, which cover the choice of \
      the images and of the draws, are at most \(largestRelativeError(names)) % of the value.\(stateText(names))
      """)
    document.figure(try folder.draw(InspectionFigure(curves: curves, names: names, stem: stem).figure))
    for name in names { writeTable(of: name, into: &document) }
  }

  /// For example `digits-linear: 200 draws on 50 images of the test split.`
  private func settings(_ names: [String]) -> String {
    names.compactMap { name in
      inspected(name).first?.inspection.map { inspection in
        "\(name): \(NumberFormatting.count(inspection.draws)) draws on \(inspection.batch) images drawn from the "
          + "\(inspection.split.rawValue) split (seed \(inspection.seed))."
      }
    }.joined(separator: " ")
  }

  private func largestRelativeError(_ names: [String]) -> String {
    let runs = names.flatMap(inspected)
    let shares = runs.flatMap { $0.inspection?.gradientVariance ?? [] }.compactMap { variance in
      variance.total.standardError.map { 100 * $0 / variance.total.variance }
    }
    guard let largest = shares.max() else { return "-" }
    return NumberFormatting.significant(
      cells.number(
        "gradient variance/largest relative standard error", largest, held: .notHeld, needs: runs.map(\.name)),
      digits: 2)
  }

  private func stateText(_ names: [String]) -> MarkdownText {
    let states = Set(
      names.flatMap(inspected).flatMap { $0.inspection?.gradientVariance ?? [] }.compactMap(\.state))
    guard !states.isEmpty else { return "" }
    return """
       An estimator that remembers something, a running mean for example, is measured as the run's training left it where it is the run's own \
      (learnt), and as at the start of a run, with baselines 0, elsewhere (at start).
      """
  }

  private func writeTable(of name: String, into document: inout MarkdownDocument) {
    let seeds = curves.seeds(of: name)
    let rows = InspectedVariances(runs: inspected(name)).rows
    let hasLayers = rows.contains { $0.layer != nil }
    document.heading(3, "\(name)")
    var table = MarkdownTable(
      [.init("trained by"), .init("estimator")] + (hasLayers ? [.init("layer", .right)] : [])
        + [.init("steps", .right)] + seeds.map { .init("seed \(String($0))", .right) }
        + [.init("mean ± half-width", .right)])
    for row in rows {
      let place = row.place(in: name)
      let values = seeds.map { seed -> MarkdownText in
        guard let value = row.values[seed] else { return "" }
        let kept = cells.number(
          "\(place)/seed \(seed)", value, held: .notHeld,
          needs: curves.run(name, row.trainedBy, seed: seed).map { [$0.name] })
        return "\(NumberFormatting.significant(kept, digits: 4))"
      }
      let state: MarkdownText = row.state.map { $0 == .checkpoint ? " (learnt)" : " (at start)" } ?? ""
      table.append(
        ["\(code: row.trainedBy)", "\(code: row.estimator)\(state)"]
          + (hasLayers ? ["\(row.layer.map { String($0 + 1) } ?? "all")"] : [])
          + ["\(NumberFormatting.count(row.step))"] + values + ["\(summary(row, place: place, name))"])
    }
    document.table(table)
  }

  private func summary(_ row: InspectedVariances.Row, place: String, _ name: String) -> String {
    guard let summary = row.values.summary else { return "" }
    let needs = row.values.keys.sorted().compactMap { curves.run(name, row.trainedBy, seed: $0)?.name }
    let mean = cells.number("\(place)/mean", summary.mean, held: .notHeld, needs: needs)
    let text = NumberFormatting.significant(mean, digits: 4)
    guard let halfWidth = summary.halfWidth else { return text }
    let kept = cells.number("\(place)/half-width", halfWidth, held: .notHeld, needs: needs)
    return "\(text) ± \(NumberFormatting.significant(kept, digits: 2))"
  }

  // MARK: - Pictures

  private func writePictures(
    of names: [String], into document: inout MarkdownDocument, folder: ReportFolder
  ) throws(ReportingError) {
    let shown = names.compactMap { name in run(shownOf: name).map { (name, $0) } }
    guard !shown.isEmpty else { return }
    for kind in ["samples", "reconstructions"] { folder.removePictures(startingWith: "\(stem)-\(kind)-") }
    document.heading(2, "Samples and reconstructions")
    let hasIntensities = shown.contains { $0.1.manifest.resolvedProtocol.model.readsIntensities }
    document.paragraph(
      """
      Of each protocol the estimator with the lowest mean \(curves.boundName) at the last mark, its lowest seed. White is probability \
      1\(hasIntensities ? " or full ink" : "").
      """
    )
    for (name, run) in shown {
      document.heading(3, "\(name), \(code: run.label), seed \(String(run.manifest.seed))")
      guard let inspection = run.inspection else { continue }
      if let samples = inspection.samples {
        let isLearned = run.manifest.resolvedProtocol.optimisation.priorLearningRate > 0
        try write(
          samples, kind: "samples", of: run, into: &document, folder: folder,
          caption: """
            \(samples.images) samples: \(pixels(of: run)) at latents drawn from the \
            \(isLearned ? "learned" : "fixed") prior, after \
            \(NumberFormatting.count(inspection.step)) steps.
            """)
      }
      if let reconstructions = inspection.reconstructions {
        try write(
          reconstructions, kind: "reconstructions", of: run, into: &document, folder: folder,
          caption: reconstructionCaption(run, inspection, images: reconstructions.images))
      }
    }
  }

  private func reconstructionCaption(
    _ run: RecordedRun, _ inspection: RunInspection, images: Int
  ) -> MarkdownText {
    let steps = NumberFormatting.count(inspection.step)
    guard run.manifest.resolvedProtocol.model.completesImages else {
      return """
        \(images) test images, drawn at random, and below each row its reconstructions: \(pixels(of: run)) at latents drawn once from \
        the posterior, after \(steps) steps.
        """
    }
    return """
      \(images) test images, drawn at random, three rows for each eight: the half that is given, the truth, and the mean prediction over 100 samples, \
      after \(steps) steps.
      """
  }

  /// What a model says of pixels.
  private func pixels(of run: RecordedRun) -> String {
    run.manifest.resolvedProtocol.model.readsIntensities ? "mean intensities" : "pixel probabilities"
  }

  /// The run whose pictures stand for a protocol's.
  private func run(shownOf name: String) -> RecordedRun? {
    let runs = inspected(name).filter { !($0.inspection?.pictures.isEmpty ?? true) }
    let step = curves.marks(of: name).last
    let labels = Set(runs.map(\.label)).sorted()
    let bounds = labels.map { label in
      step.flatMap { curves.bounds(name, label, at: $0).summary?.mean } ?? .infinity
    }
    let best = zip(labels, bounds).min { $0.1 < $1.1 }?.0
    return runs.filter { $0.label == best }.min { $0.manifest.seed < $1.manifest.seed }
  }

  private func write(
    _ picture: RunInspection.Picture, kind: String, of run: RecordedRun,
    into document: inout MarkdownDocument, folder: ReportFolder, caption: MarkdownText
  ) throws(ReportingError) {
    let name = run.manifest.protocolName
    _ = cells.text(
      "\(name)/\(run.label)/seed \(run.manifest.seed)/\(kind)/SHA-256 of pixels", picture.pixelsSHA256,
      held: .notHeld, needs: [run.name])
    let label = String(
      run.label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-" })
    let file = try folder.store(
      try run.bytes(of: picture), asFigure: "\(stem)-\(kind)-\(name)-\(label).png")
    document.picture(
      file: file,
      alternativeText: "\(kind.prefix(1).uppercased() + kind.dropFirst()) of \(name), \(run.label)",
      caption: caption)
  }
}

extension RunInspection {
  /// What must be equal for inspections to be compared.
  struct Measure: Hashable {
    let draws: Int
    let seed: UInt64
    let batch: Int
    let split: DataSplit
  }

  var measure: Measure { Measure(draws: draws, seed: seed, batch: batch, split: split) }
}

/// The gradient variances of some runs of a protocol, by the estimator that trained them, the estimator that is measured, and the step.
struct InspectedVariances {
  struct Row {
    let trainedBy: String
    let estimator: String
    /// Nil for all layers together.
    let layer: Int?
    let step: Int
    let state: RunInspection.GradientVariance.State?
    /// By seed of training.
    var values: [UInt64: Double]

    /// The start of the names of the row's cells.
    func place(in protocolName: String) -> String {
      "\(protocolName)/\(trainedBy)/step \(step)/gradient variance/\(estimator)"
        + (layer.map { "/layer \($0 + 1)" } ?? "")
    }
  }

  private(set) var rows: [Row] = []

  /// In the order of the runs' labels, then of the steps, then as the estimators were measured, all layers last.
  init(runs: [RecordedRun]) {
    let ordered = runs.sorted {
      ($0.label, $0.inspection?.step ?? 0, $0.manifest.seed)
        < ($1.label, $1.inspection?.step ?? 0, $1.manifest.seed)
    }
    for run in ordered {
      guard let inspection = run.inspection else { continue }
      for variance in inspection.gradientVariance {
        for (layer, mean) in (variance.layers ?? []).enumerated() {
          add(mean, of: variance, layer: layer, run, step: inspection.step)
        }
        add(variance.total, of: variance, layer: nil, run, step: inspection.step)
      }
    }
  }

  private mutating func add(
    _ mean: RunInspection.GradientVariance.Mean, of variance: RunInspection.GradientVariance, layer: Int?,
    _ run: RecordedRun, step: Int
  ) {
    let place = rows.firstIndex {
      $0.trainedBy == run.label && $0.estimator == variance.estimator && $0.layer == layer && $0.step == step
    }
    if let place {
      rows[place].values[run.manifest.seed] = mean.variance
    } else {
      rows.append(
        Row(
          trainedBy: run.label, estimator: variance.estimator, layer: layer, step: step,
          state: variance.state,
          values: [run.manifest.seed: mean.variance]))
    }
  }
}
