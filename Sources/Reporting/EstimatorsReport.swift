internal import ExactExpectations
internal import GradientEstimators
package import Verification

/// The report of the catalogue: what each estimator is, what it costs, and how it is verified.
package struct EstimatorsReport: Sendable {
  package struct Written: Sendable {
    package let file: String
    package let verdict: String
  }

  private static let fileName = "estimators.md"

  let descriptions: [EstimatorDescription]

  package init(_ descriptions: [EstimatorDescription]) { self.descriptions = descriptions }

  /// The report of the whole catalogue with the standard problems.
  ///
  /// - Throws: as `StandardProblems.load` and `EstimatorDescription`.
  package init() throws {
    descriptions = try EstimatorDescription.all(
      problems: try StandardProblems.load(), networks: try StandardProblems.loadNetworks())
  }

  /// Writes `estimators.md` into the context's folder.
  ///
  /// - Throws: `ReportingError.unwritable`.
  package func write(context: ReportContext) throws(ReportingError) -> Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let cells = ReportCells()
    var provenance = context.provenance(level: .sameInstructionSet, seeds: [])
    provenance.report = Self.fileName
    var document = MarkdownDocument()
    document.heading(1, "The estimators")
    document.paragraph("**\(cells.text("verdict", verdict))**")
    provenance.write(into: &document)
    ReproducibilityChecklist(facts, provenance: provenance, licence: context.licence).write(into: &document)
    writeOverview(into: &document, cells: cells)
    writeChecks(into: &document, cells: cells)
    if let figure = checkFigure { document.figure(try folder.draw(figure)) }
    document.heading(2, "One by one")
    for description in descriptions { write(description, into: &document) }
    let file = try context.write(
      document, to: Self.fileName, in: folder, cells: cells, recipe: .estimators, provenance: provenance)
    return Written(file: file, verdict: verdict)
  }

  private var verdict: String {
    let unbiased = descriptions.count(where: \.isUnbiased)
    let mutants = descriptions.reduce(0) { $0 + $1.mutants.count }
    return
      "\(descriptions.count) estimators, \(unbiased) unbiased and \(descriptions.count - unbiased) biased with the "
      + "reason; the battery makes \(checkKinds.count) kinds of check and must find \(mutants) planted faults"
  }

  private var facts: ReproducibilityChecklist.Facts {
    ReproducibilityChecklist.Facts(
      researchType: "a catalogue, generated from the source", estimators: descriptions.flatMap(\.instances),
      splits: "not applicable: no data set",
      setup: "the standard problems and networks of the source tree",
      errorBars: "none: nothing is measured", tuningBudget: "not applicable: nothing is tuned",
      failedRuns: "not applicable: nothing is run", noSeeds: "none: nothing is drawn")
  }

  /// The kinds of check that reach an estimator, in the order of the battery.
  var checkKinds: [CheckKind] {
    CheckKind.allCases.filter { kind in
      descriptions.contains { $0.checks.contains { $0.kind == kind && $0.problems > 0 } }
    }
  }

  private func writeOverview(into document: inout MarkdownDocument, cells: ReportCells) {
    document.heading(2, "What they are")
    document.paragraph(
      """
      D variables, of C categories where they are categorical; evaluations of the objective and uniform numbers are those of \
      one row, that is of one gradient. The uniform numbers are those of the first instance that a verification runs.
      """)
    var table = MarkdownTable([
      .init("name"), .init("estimator"), .init("variables"), .init("evaluations"), .init("uniform numbers"),
      .init("unbiased"),
    ])
    for description in descriptions {
      let place = "catalogue/\(description.name)"
      table.append([
        "\(code: description.name)", "\(description.fullName)", "\(description.setting)",
        "\(cells.text("\(place)/evaluations", description.evaluations))",
        "\(cells.text("\(place)/uniform numbers", description.noisePerRow))",
        "\(cells.text("\(place)/unbiased", description.isUnbiased ? "yes" : "no"))",
      ])
    }
    document.table(table)
  }

  private func writeChecks(into document: inout MarkdownDocument, cells: ReportCells) {
    document.heading(2, "How they are verified")
    document.paragraph(
      """
      Problems and networks on which the battery makes each kind of check of an estimator's standard instances, as the \
      battery itself selects them; a dash where a kind does not apply. Mutants are deliberate faults, each of which \
      \(code: "./armature verify --mutants") must find. [verification.md](verification.md) has what the checks found.
      """)
    document.list(checkKinds.map { "\(code: $0.rawValue): \($0.meaning)" })
    var table = MarkdownTable(
      [.init("name")] + checkKinds.map { .init("\($0.rawValue)", .right) } + [.init("mutants", .right)])
    for description in descriptions {
      let counts = checkKinds.map { kind -> MarkdownText in
        let problems = description.checks.first { $0.kind == kind }?.problems ?? 0
        let kept = cells.count("checks/\(description.name)/\(kind.rawValue)", problems)
        return kept == 0 ? "-" : "\(kept)"
      }
      table.append(
        ["\(code: description.name)"] + counts
          + ["\(cells.count("checks/\(description.name)/mutants", description.mutants.count))"])
    }
    document.table(table)
  }

  private func write(_ description: EstimatorDescription, into document: inout MarkdownDocument) {
    document.details("\(code: description.name): \(description.fullName)") { inner in
      var items: [MarkdownText] = [
        "variables: \(description.setting)", "evaluations of the objective: \(description.evaluations)",
        "noise: \(description.noise)",
        description.bias.map { "biased: \($0)" } ?? "unbiased",
      ]
      if !description.aliases.isEmpty {
        items.append("also called \(.joined(description.aliases.map { "\(code: $0)" }, separator: ", "))")
      }
      items += description.specialCases.map { "special case: \($0)" }
      items += description.citations.map { "source: \($0)" }
      items.append(
        "verified instances: \(.joined(description.instances.map { "\(code: $0)" }, separator: ", "))")
      inner.list(items)
      inner.paragraph("Checks:")
      inner.list(description.checkLines.map { MarkdownText(plain: $0) })
      guard !description.mutants.isEmpty else { return }
      inner.paragraph("Mutants: \(description.mutants.joined(separator: "; ")).")
    }
  }
}

extension CheckKind {
  /// What the check holds an estimator to, in one line.
  package var meaning: MarkdownText {
    switch self {
    case .exactUnbiasedness: "the mean, integrated over all noise, is the exact gradient"
    case .exactMean:
      "the mean of a biased estimator, integrated over all noise, is that of an independent formula"
    case .exactVariance: "the variance, integrated over all noise, is that of an independent formula"
    case .varianceOrdering:
      "theorems that one estimator never has more variance than another, on exact variances"
    case .pathwiseIdentity: "identities that hold draw by draw, on shared noise"
    case .sampleMarginals: "each sample, integrated over all noise, has the variable's own probabilities"
    case .samplerLaw: "drawn samples have their exact joint law: a sequential multinomial test"
    case .floatPath:
      "the single-precision path of training has the exact mean: sequential tests of bounded means"
    }
  }
}
