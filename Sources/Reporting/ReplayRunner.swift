internal import ExactExpectations
package import Foundation
internal import GradientEstimators
internal import Training
internal import Verification

/// The parts of a verification report that can be run by themselves.
enum VerificationStage: String {
  case battery, mutants, variances
}

/// Runs a report's recipe, or a part of it, and returns the numbers.
package struct ReplayRunner: Sendable {
  package struct Outcome: Sendable {
    package let cells: [ReportLock.Cell]
    package let files: [ReportLock.File]
  }

  /// Whose machine and program it is; its output folder is not used.
  package var context: ReportContext
  package var dataFolder: URL?
  /// Folder of the run directories, which are kept and continued; a temporary one without.
  package var runs: URL?
  package var jobs: Int
  package var progress: @Sendable (String, Double) -> Void
  package var shouldStop: @Sendable () -> Bool

  package init(
    context: ReportContext, dataFolder: URL?, runs: URL?, jobs: Int,
    progress: @escaping @Sendable (String, Double) -> Void = { _, _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.context = context
    self.dataFolder = dataFolder
    self.runs = runs
    self.jobs = jobs
    self.progress = progress
    self.shouldStop = shouldStop
  }

  /// Runs what is needed; everything where `needs` is nil.
  ///
  /// - Throws: `ReplayError.cannotRerun`, or what the runs throw.
  package func run(_ recipe: ReplayRecipe, needs: Set<String>?) async throws -> Outcome {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
      "armature-replay-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    var context = context
    context.output = scratch.path
    context.gnuplot = nil
    switch recipe {
    case .verification(let recipe): return try await verify(recipe, needs: needs, context: context)
    case .armToy(let recipe): return try armToy(recipe, context: context)
    case .toy(let recipe):
      return try Self.outcome(of: try recipe.write(context: context, progress: progress).file)
    case .estimators: return try Self.outcome(of: try EstimatorsReport().write(context: context).file)
    case .releasedCode(let names): return try releasedCode(names, context: context)
    case .training(let recipe): return try await train(recipe, needs: needs, context: context)
    case .accuracy(let recipe): return try await accuracy(recipe, context: context)
    case .stored(let recipe): throw ReplayError.cannotRerun(reason: recipe.reason)
    }
  }

  private func verify(
    _ recipe: VerificationRecipe, needs: Set<String>?, context: ReportContext
  ) async throws -> Outcome {
    let stages = needs ?? Set(["battery", "mutants", "variances"])
    func isNeeded(_ stage: VerificationStage) -> Bool { stages.contains(stage.rawValue) }
    let problems = try Self.problems(recipe.problems)
    let networks = try StandardProblems.loadNetworks().filter { recipe.problems.contains($0.name) }
    let battery = Battery(problems: problems, networks: networks, settings: recipe.settings)
    let layered = EstimatorCatalogue.standardLayeredInstances.filter { recipe.estimators.contains($0.name) }
    let layeredNames = Set(layered.map(\.name))
    let estimators = try Self.estimators(recipe.estimators, except: layeredNames)
    let mutants = recipe.mutants.map { names in Mutant.all.filter { names.contains($0.name) } }
    var result: VerificationResult?
    if isNeeded(.battery) {
      result = try await battery.run(estimators: estimators, layered: layered) {
        progress("verify", Double($0.finished) / Double($0.total))
      }
    }
    var mutation: MutationResult?
    if isNeeded(.mutants), let mutants {
      mutation = try await battery.runMutants(mutants) {
        progress("verify mutants", Double($0.finished) / Double($0.total))
      }
    }
    if let result, mutation != nil || mutants == nil {
      let written = try VerificationReport(result: result, problems: problems, mutants: mutation)
        .write(context: context)
      return try Self.outcome(of: written.file)
    }
    let cells = ReportCells()
    var scratch = MarkdownDocument()
    if let result { VerificationTables(result: result, cells: cells).writeNumbers(into: &scratch) }
    if let mutation { MutantTable(result: mutation, cells: cells).write(into: &scratch) }
    if isNeeded(.variances) {
      try VarianceTable(estimators: recipe.estimators, problems: problems, cells: cells).write(into: &scratch)
    }
    return Outcome(cells: cells.cells, files: problems.map { ReportLock.File($0) })
  }

  private func armToy(_ recipe: ArmToyRecipe, context: ReportContext) throws -> Outcome {
    var study = try ArmToyStudy()
    study.targets = recipe.targets
    study.estimators = try Self.estimators(recipe.estimators, except: [])
    study.iterations = recipe.iterations
    study.stepSize = recipe.stepSize
    study.probabilities = recipe.probabilities
    study.draws = recipe.draws
    study.seed = recipe.seed
    study.falseAlarmRate = recipe.falseAlarmRate
    let written = try ArmToyReport(try study.run { progress("ARM toy study", $0) }).write(context: context)
    return try Self.outcome(of: written.file)
  }

  private func train(
    _ recipe: TrainingRecipe, needs: Set<String>?, context: ReportContext
  ) async throws -> Outcome {
    let chosen = recipe.runs.filter { needs?.contains($0.name) ?? true }
    let scratch = URL(fileURLWithPath: context.output)
    let folder = runs ?? scratch.appendingPathComponent("runs")
    var directories: [URL] = []
    // One sweep for each number of steps; a report usually has one.
    for steps in Set(chosen.map(\.steps)).sorted() {
      let cells = try chosen.filter { $0.steps == steps }.map {
        TrainingSweep.Cell(
          protocolURL: try ReplayFiles.protocolURL($0.protocol), estimator: $0.estimator, seed: $0.seed,
          learningRate: $0.learningRate)
      }
      let sweep = TrainingSweep(
        cells: cells, folder: folder, jobs: jobs, steps: steps, dataFolder: dataFolder,
        command: ["armature", "replay"], provenance: context.trainingFacts)
      directories += try await sweep.run(
        resume: true, progress: { progress("train", $0.fraction) }, shouldStop: shouldStop)
    }
    try recipe.inspect(
      directories, threads: jobs, dataFolder: dataFolder, provenance: context.trainingFacts,
      progress: { progress("inspect", $0) }, shouldStop: shouldStop)
    let reference = try recipe.reference.map { file in
      try ReferenceCurves.load(
        file: ReplayFiles.publishedURL(file).path)
    }
    let runs = try directories.map { directory in
      var run = try RecordedRun.load(directory.path)
      run.showsLearningRate = recipe.hasRates(run)
      return run
    }
    let report = try LearningCurveReport(
      title: recipe.title, fileName: recipe.fileName, runs: runs,
      reference: reference, referenceFile: recipe.reference, published: try PublishedValues.loadAll())
    return try Self.outcome(of: try report.write(context: context).file)
  }

  private func accuracy(_ recipe: AccuracyRecipe, context: ReportContext) async throws -> Outcome {
    let study = try AccuracyStudy(
      problem: try recipe.problem(dataFolder: dataFolder) { progress("train", $0) },
      estimators: try recipe.estimators.map { try AccuracyEstimator.make($0) }, samples: recipe.samples,
      seed: recipe.seed)
    let outcome = try await study.run(threads: jobs) { progress("accuracy", $0) }
    let result = AccuracyResult(outcome, comparison: try await recipe.comparison(outcome), context: context)
    let report = StoredAccuracyReport(result: result, fileName: "accuracy.md", inputs: [])
    return try Self.outcome(of: try report.write(context: context).file)
  }

  private func releasedCode(_ names: [String], context: ReportContext) throws -> Outcome {
    progress("integrate published formulas", 0)
    let biases = try ReleasedCodeBias.all(on: try Self.problems(names))
    return try Self.outcome(of: try ReleasedCodeReport(biases: biases).write(context: context).file)
  }

  private static func problems(_ names: [String]) throws -> [Problem] {
    let standard = try StandardProblems.load()
    return names.compactMap { name in standard.first { $0.name == name } }
  }

  /// The one-layer estimators of some names; a name that only estimators of networks have is among `layered`.
  private static func estimators(
    _ names: [String], except layered: Set<String>
  ) throws(ReplayError) -> [any GradientEstimator] {
    var estimators: [any GradientEstimator] = []
    for name in names {
      let estimator = Result { try EstimatorCatalogue.make(name) }
      switch estimator {
      case .success(let estimator): estimators.append(estimator)
      case .failure(let error):
        guard layered.contains(name) else { throw .cannotRerun(reason: "\(error)") }
      }
    }
    return estimators
  }

  private static func outcome(of report: String) throws(ReplayError) -> Outcome {
    let lock = try ReportLock.load(report: report).lock
    return Outcome(cells: lock.cells, files: lock.files)
  }
}
