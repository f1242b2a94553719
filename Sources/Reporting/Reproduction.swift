internal import Datasets
package import Foundation
internal import Training
internal import Verification

/// The main job end to end: verify, rerun the toy study, train the autoencoders, write all reports.
package struct Reproduction: Sendable {
  package enum Stage: String, CaseIterable, Sendable {
    case verification = "verify"
    case mutants = "verify mutants"
    case armToy = "ARM toy study"
    case toys = "other toy studies"
    case digits = "train on digits"
    case mnist = "train on MNIST"
    case inspection = "inspect"
  }

  /// What can be reproduced without the rest.
  package enum Part: String, CaseIterable, Sendable {
    case verification, toys, digits, mnist
  }

  package struct Outcome: Sendable {
    /// The reports' files, in the order in which they were written.
    package private(set) var reports: [String] = []
    package private(set) var verdicts: [String] = []
    package private(set) var holds = true

    mutating func add(file: String, verdict: String, holds: Bool) {
      reports.append(file)
      verdicts.append(verdict)
      self.holds = self.holds && holds
    }
  }

  package var context: ReportContext
  /// Folder of the run directories.
  package var runs: URL
  /// Folder of the MNIST files; without it MNIST is left out.
  package var dataFolder: URL?
  package var seed: UInt64
  package var digitsSeeds: Int
  package var mnistSeeds: Int
  package var jobs: Int
  /// Whether training runs found in `runs` are kept and continued.
  package var resume: Bool
  package var command: [String]
  package var parts: Set<Part>

  package init(
    context: ReportContext, runs: URL, dataFolder: URL?, seed: UInt64, digitsSeeds: Int, mnistSeeds: Int,
    jobs: Int, resume: Bool, command: [String], parts: Set<Part> = Set(Part.allCases)
  ) {
    self.context = context
    self.runs = runs
    self.dataFolder = dataFolder
    self.seed = seed
    self.digitsSeeds = digitsSeeds
    self.mnistSeeds = mnistSeeds
    self.jobs = jobs
    self.resume = resume
    self.command = command
    self.parts = parts
  }

  /// Runs the stages of all `parts`; `progress` gets the stage, the share of it that is done, and whether it is finished.
  ///
  /// - Throws: `ReportingError`, `TrainingError`, `VerificationError` or `DatasetError`.
  package func run(
    progress: @escaping @Sendable (Stage, Double) -> Void,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) async throws -> Outcome {
    _ = try ReportFolder(path: context.output, gnuplot: nil)
    var outcome = Outcome()
    if parts.contains(.verification) { try await verify(into: &outcome, progress: progress) }
    if parts.contains(.toys) {
      try armToy(into: &outcome, progress: progress)
      try toys(into: &outcome, progress: progress)
    }
    if parts.contains(.digits) {
      try await train(
        .digits(seeds: seeds(digitsSeeds)), stage: .digits, into: &outcome, progress: progress,
        shouldStop: shouldStop)
    }
    if parts.contains(.mnist) && dataFolder != nil {
      try await train(
        .mnistStatic(seeds: seeds(mnistSeeds)), stage: .mnist, into: &outcome, progress: progress,
        shouldStop: shouldStop)
    }
    try ReportIndex(folder: context.output).write()
    return outcome
  }

  private func verify(
    into outcome: inout Outcome, progress: @escaping @Sendable (Stage, Double) -> Void
  ) async throws {
    progress(.verification, 0)
    let problems = try StandardProblems.load()
    let battery = Battery(
      problems: problems, networks: try StandardProblems.loadNetworks(),
      settings: VerificationSettings(seed: seed))
    let result = try await battery.run {
      progress(.verification, Double($0.finished) / Double($0.total))
    }
    progress(.mutants, 0)
    let mutants = try await battery.runMutants {
      progress(.mutants, Double($0.finished) / Double($0.total))
    }
    let written = try VerificationReport(result: result, problems: problems, mutants: mutants)
      .write(context: context)
    outcome.add(file: written.file, verdict: written.verdict, holds: written.holds)
    let released = try ReleasedCodeReport(biases: try ReleasedCodeBias.all(on: problems))
      .write(context: context)
    outcome.add(file: released.file, verdict: released.verdict, holds: released.holds)
  }

  private func seeds(_ count: Int) -> [UInt64] { (0..<count).map { seed + UInt64($0) } }

  private func armToy(
    into outcome: inout Outcome, progress: @escaping @Sendable (Stage, Double) -> Void
  ) throws {
    progress(.armToy, 0)
    var study = try ArmToyStudy()
    study.seed = seed
    let written = try ArmToyReport(try study.run { progress(.armToy, $0) }).write(context: context)
    outcome.add(file: written.file, verdict: written.verdict, holds: written.holds)
  }

  private func train(
    _ study: ModelStudy, stage: Stage, into outcome: inout Outcome,
    progress: @escaping @Sendable (Stage, Double) -> Void, shouldStop: @escaping @Sendable () -> Bool
  ) async throws {
    progress(stage, 0)
    let sweep = TrainingSweep(
      cells: study.cells(protocolFolder: try FixturesFolder.locate("Protocols")), folder: runs, jobs: jobs,
      dataFolder: dataFolder, command: command, provenance: context.trainingFacts)
    let directories = try await sweep.run(
      resume: resume, progress: { progress(stage, $0.fraction) }, shouldStop: shouldStop)
    try inspect(directories, as: study, progress: progress, shouldStop: shouldStop)
    let reference = try study.reference.map {
      try ReferenceCurves.load(
        file: try FixturesFolder.locate("Published").appendingPathComponent($0).path)
    }
    let report = try LearningCurveReport(
      title: study.title, fileName: study.fileName,
      runs: try directories.map { try RecordedRun.load($0.path) }, reference: reference,
      referenceFile: study.reference, published: try PublishedValues.loadAll())
    let written = try report.write(context: context)
    outcome.add(file: written.file, verdict: written.verdict, holds: written.holds)
  }

  /// Measures the gradient variance of each of the study's estimators in every trained model, and draws its pictures.
  private func inspect(
    _ directories: [URL], as study: ModelStudy, progress: @escaping @Sendable (Stage, Double) -> Void,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    progress(.inspection, 0)
    _ = try TrainingRun.inspect(
      runs: directories, settings: InspectionSettings(estimators: study.estimators), threads: jobs,
      dataFolder: dataFolder, provenance: context.trainingFacts,
      progress: { share, _ in progress(.inspection, share) }, shouldStop: shouldStop)
  }
}
