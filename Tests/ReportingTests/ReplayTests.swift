import Datasets
import ExactExpectations
import Foundation
import GradientEstimators
import Testing
import Training

@testable import Reporting
@testable import Verification

private let machine = ReportLock.Machine(
  processor: "Test CPU", architecture: "x86-64", kernelFamily: "armature-1")

private func runner(data: URL? = nil) -> ReplayRunner {
  ReplayRunner(context: fixedContext(output: "unused"), dataFolder: data, runs: nil, jobs: 2)
}

/// A report of a small toy study with its lock, in a folder of its own.
private func toyReport(_ folder: TemporaryFolder) throws -> String {
  var study = try ArmToyStudy()
  study.estimators = [DisARM()]
  study.targets = [0.49]
  study.iterations = 20
  study.probabilities = [0.2]
  study.draws = 500
  return try ArmToyReport(try study.run()).write(context: fixedContext(output: folder.path)).file
}

@Suite("Reports can be replayed")
struct ReplayTests {
  @Test("A toy study gives every number again, bit for bit")
  func toy() async throws {
    let folder = try TemporaryFolder()
    let replay = try Replay(report: try toyReport(folder), here: machine)
    #expect(replay.level == .sameInstructionSet)
    let result = try await replay.run(only: nil, runner: runner())
    #expect(result.holds && result.rows.allSatisfy { $0.status == .same }, "\(result.summary)")
    #expect(result.rows.count == replay.lock.cells.count && result.rows.count > 7)
    #expect(result.summary.hasPrefix("PASS"))
  }

  @Test("Text and lock have the same numbers: every number of a table is a cell, rounded")
  func oneSource() throws {
    let folder = try TemporaryFolder()
    let replay = try Replay(report: try toyReport(folder), here: machine)
    let text = try folder.text("arm-toy.md")
    let exact = try #require(
      replay.lock.cells.first { $0.name == "variances/p0 = 0.49/disarm/p = 0.2/exact" }?.number)
    #expect(text.contains(" \(NumberFormatting.scientific(exact, digits: 4)) "))
    let last = try #require(
      replay.lock.cells.first { $0.name == "trajectories/p0 = 0.49/disarm/last p" }?.number)
    #expect(text.contains(" \(NumberFormatting.fixed(last, decimals: 4)) "))
    #expect(
      text.contains("./armature replay arm-toy.md") && text.contains("[arm-toy.lock.json](arm-toy.lock.json)")
    )
  }

  @Test("One flipped digit in a number of the lock is found, and the cell named")
  func flippedCell() async throws {
    let folder = try TemporaryFolder()
    let report = try toyReport(folder)
    let name = "variances/p0 = 0.49/disarm/p = 0.2/measured"
    var lock = try ReportLock.load(report: report).lock
    let place = try #require(lock.cells.firstIndex { $0.name == name })
    let value = lock.cells[place].value
    let flipped = value.replacing("3", with: "4", maxReplacements: 1).replacing(
      "5", with: "6", maxReplacements: 1)
    #expect(flipped != value)
    lock.cells[place].value = flipped
    try folder.write(try lock.text(), to: "arm-toy.lock.json")
    let found = try await Replay(report: report, here: machine).run(only: nil, runner: runner())
    #expect(!found.holds && found.different.map(\.name) == ["checksum of the lock", name])
    #expect(found.different.last?.reason?.contains("contradicts itself") == true)
    // The same digit in the bits, too, and a checksum to match: only the replay can tell.
    let number = try #require(Double(flipped))
    lock.cells[place].bits = String(number.bitPattern, radix: 16)
    lock.checksum = try lock.contentChecksum()
    try folder.write(try lock.text(), to: "arm-toy.lock.json")
    let forged = try await Replay(report: report, here: machine).run(only: nil, runner: runner())
    #expect(forged.different.map(\.name) == [name])
    #expect(forged.table(all: false).contains(name) && forged.summary.contains(name))
  }

  @Test("Any flipped digit of a lock is refused or found, before anything is run")
  func anyDigit() throws {
    let folder = try TemporaryFolder()
    let report = try toyReport(folder)
    let text = Array(try folder.text("arm-toy.lock.json"))
    let digits = text.indices.filter { text[$0].isASCII && text[$0].isNumber }
    for place in stride(from: 0, to: digits.count, by: max(1, digits.count / 60)).map({ digits[$0] }) {
      var changed = text
      changed[place] = changed[place] == "7" ? "8" : "7"
      try folder.write(String(changed), to: "arm-toy.lock.json")
      let isFound: Bool
      do throws(ReplayError) {
        isFound = !(try Replay(report: report, here: machine).integrity().isEmpty)
      } catch {
        isFound = true
      }
      #expect(isFound, "digit \(place): \(String(changed[max(0, place - 30)..<min(text.count, place + 10)]))")
    }
  }

  @Test("A report that was edited by hand is found")
  func editedReport() throws {
    let folder = try TemporaryFolder()
    let report = try toyReport(folder)
    try folder.write(try folder.text("arm-toy.md") + "Much better than ARM.\n", to: "arm-toy.md")
    #expect(try Replay(report: report, here: machine).integrity().map(\.name) == ["text of the report"])
  }

  @Test("A verification is replayed, whole or one stage of it")
  func verification() async throws {
    let folder = try TemporaryFolder()
    let problems = [try StandardProblems.load()[4]]
    let battery = Battery(problems: problems, settings: VerificationSettings(seed: 1, draws: 256))
    let result = try await battery.run(estimators: [ARM(), LOORF(samples: 2)])
    let mutants = try await battery.runMutants(Mutant.all.filter { $0.base == "arm" })
    let report = try VerificationReport(result: result, problems: problems, mutants: mutants)
      .write(context: fixedContext(output: folder.path)).file
    let replay = try Replay(report: report, here: machine)
    let whole = try await replay.run(only: nil, runner: runner())
    #expect(whole.holds && whole.rows.allSatisfy { $0.status == .same }, "\(whole.summary)")
    for (name, stage) in [
      ("mutants/arm-sign", "mutants"), ("variances/arm", "variances"), ("biases", "battery"),
    ] {
      let cells = try replay.cells(only: name)
      #expect(replay.needs(of: cells) == [stage])
      let part = try await replay.run(only: name, runner: runner())
      #expect(part.holds && part.rows.count == cells.count && !cells.isEmpty, "\(part.summary)")
    }
    #expect(replay.lock.files.map(\.name) == ["problem: \(problems[0].name)"])
  }

  @Test("The biases of published formulas are replayed")
  func releasedCode() async throws {
    let folder = try TemporaryFolder()
    let biases = try ReleasedCodeBias.all(on: [try StandardProblems.load()[4]])
    let report = try ReleasedCodeReport(biases: biases).write(context: fixedContext(output: folder.path)).file
    let result = try await Replay(report: report, here: machine).run(only: nil, runner: runner())
    #expect(result.holds && result.rows.count > biases.count, "\(result.summary)")
  }

  @Test("A training run is replayed, and inspected again if it was; one number needs only its run")
  func training() async throws {
    let folder = try TemporaryFolder()
    let study = ModelStudy.digits(seeds: [1])
    let cells = study.cells(protocolFolder: try FixturesFolder.locate("Protocols")).filter {
      $0.estimator == "disarm" && $0.protocolURL.lastPathComponent == "digits-linear.yaml"
    }
    let directories = try await TrainingSweep(
      cells: cells, folder: URL(fileURLWithPath: folder.file("runs")), jobs: 1, steps: 3, dataFolder: nil,
      command: ["armature"], provenance: fixedContext(output: "").trainingFacts
    ).run(resume: false)
    _ = try TrainingRun.inspect(
      runs: directories, settings: InspectionSettings(estimators: ["disarm", "loorf:2"], draws: 3, seed: 9),
      threads: 1, dataFolder: nil, provenance: fixedContext(output: "").trainingFacts)
    let run = "digits-linear-disarm-seed-1"
    let stored = try StoredReport([folder.file("runs")])
    #expect(stored.inputs.files.map(\.name) == ["inspection: \(run)", "metrics: \(run)"])
    let report = try LearningCurveReport(
      title: "Digits", fileName: "digits.md", runs: directories.map { try RecordedRun.load($0.path) }
    ).write(context: fixedContext(output: folder.path)).file
    let replay = try Replay(report: report, here: machine)
    let name = "digits-linear/disarm/step 3/test bound/seed 1"
    #expect(replay.needs(of: try replay.cells(only: name)) == ["digits-linear-disarm-seed-1"])
    let result = try await replay.run(only: nil, runner: runner())
    #expect(result.holds && result.rows.contains { $0.name == name }, "\(result.summary)")
    #expect(replay.plan(of: replay.lock.cells).contains("digits-linear-disarm-seed-1 (3 steps)"))
    let names = replay.lock.files.map(\.name)
    #expect(names.contains("protocol: digits-linear") && names.contains("digits.csv.gz"))
    for ending in ["step 3/gradient variance/loorf:2/seed 1", "seed 1/samples/SHA-256 of pixels"] {
      #expect(result.rows.contains { $0.name == "digits-linear/disarm/\(ending)" && $0.status == .same })
    }
    try inspectsOthers(as: replay.lock.recipe, run: directories[0], in: folder)
  }

  /// A run of another name is inspected as those of its protocol and estimator were, one of another estimator is not.
  private func inspectsOthers(as recipe: ReplayRecipe, run: URL, in folder: TemporaryFolder) throws {
    guard case .training(var recipe) = recipe else { return #expect(Bool(false), "another recipe") }
    let other = URL(fileURLWithPath: folder.file("other"))
    try FileManager.default.copyItem(at: run, to: other)
    for estimator in ["arm", "disarm"] {
      try? FileManager.default.removeItem(at: RunDirectory(other).inspectionFile)
      recipe.runs[0].estimator = estimator
      try recipe.inspect(
        [other], threads: 1, dataFolder: nil, provenance: fixedContext(output: "").trainingFacts,
        progress: { _ in }, shouldStop: { false })
      let expected = estimator == "disarm" ? try RunDirectory(run).inspection() : nil
      #expect(try RunDirectory(other).inspection() == expected)
    }
  }

  @Test("Reports without a lock, newer locks, malformed ones and unknown cells are refused in one line")
  func badInput() throws {
    let folder = try TemporaryFolder()
    let report = try toyReport(folder)
    let lock = try folder.text("arm-toy.lock.json")
    func refusal() throws -> ReplayError {
      try #require(#expect(throws: ReplayError.self) { try Replay(report: report, here: machine) })
    }
    for (text, part) in [
      (lock.replacing("report-lock/1", with: "report-lock/2"), "newer"),
      (lock.replacing("report-lock/1", with: "report-lock/0"), "report-lock/1"),
      (String(lock.prefix(100)), "JSON"),
      (lock.replacing("\"level\": \"R1\"", with: "\"level\": \"R7\""), "level"),
      (lock.replacing("\"seeds\"", with: "\"sed\""), "seeds"),
    ] {
      try folder.write(text, to: "arm-toy.lock.json")
      let line = try refusal().description
      #expect(line.contains(part) && line.contains("arm-toy.lock.json") && !line.contains("\n"), "\(line)")
    }
    try folder.write(lock, to: "arm-toy.lock.json")
    let replay = try Replay(report: report, here: machine)
    let unknown = #expect(throws: ReplayError.self) {
      try replay.cells(only: "variances/p0 = 0.49/disarm/p = 0.2/exat")
    }
    #expect(unknown?.description.contains("did you mean variances/p0 = 0.49/disarm/p = 0.2/exact?") == true)
    try FileManager.default.removeItem(atPath: folder.file("arm-toy.lock.json"))
    #expect(try refusal().description.contains("has no lock"))
    #expect(throws: ReplayError.noReport(path: folder.file("none.md"))) {
      try Replay(report: folder.file("none.md"), here: machine)
    }
  }

  @Test("A lock of a problem or protocol that is not there is refused, of another one is found")
  func otherFiles() throws {
    let folder = try TemporaryFolder()
    let report = try toyReport(folder)
    var lock = try ReportLock.load(report: report).lock
    func integrity(_ file: ReportLock.File) throws -> [ReplayResult.Row] {
      lock.files = [file]
      lock.checksum = try lock.contentChecksum()
      try folder.write(try lock.text(), to: "arm-toy.lock.json")
      return try Replay(report: report, here: machine).integrity()
    }
    #expect(try integrity(.init(name: "protocol: digits-linear", sha256: "0")).map(\.status) == [.different])
    #expect(throws: ReplayError.self) { try integrity(.init(name: "protocol: none", sha256: "0")) }
    #expect(throws: ReplayError.self) { try integrity(.init(name: "problem: none", sha256: "0")) }
    #expect(try integrity(.init(try StandardProblems.load()[0])).isEmpty)
  }
}

@Suite("On other hardware a replay is held to an equivalence")
struct ReplayEquivalenceTests {
  private func cell(
    _ name: String, _ value: Double, _ held: ReportLock.Held, interval: ClosedRange<Double>? = nil
  ) -> ReportLock.Cell {
    let cells = ReportCells()
    _ = cells.number(name, value, held: held, interval: interval, group: held == .seeds ? "group" : nil)
    return cells.cells[0]
  }

  private func status(
    _ recorded: [ReportLock.Cell], _ replayed: [ReportLock.Cell], level: ReproducibilityLevel = .statistical
  ) -> [ReplayResult.Status] {
    let comparison = ReplayComparison(
      recorded: recorded, replayed: replayed, level: level, files: [], replayedFiles: [])
    return recorded.map { comparison.row($0).status }
  }

  @Test(
    "Another kernel family or architecture means equivalence; another processor only for a lock of one machine"
  )
  func levels() throws {
    let folder = try TemporaryFolder()
    let report = try toyReport(folder)
    func level(_ here: ReportLock.Machine) throws -> ReproducibilityLevel {
      try Replay(report: report, here: here).level
    }
    var other = machine
    other.processor = "Another CPU"
    #expect(try level(other) == .sameInstructionSet)
    other.kernelFamily = "armature-0"
    #expect(try level(other) == .statistical)
    var lock = try ReportLock.load(report: report).lock
    lock.level = .sameBinary
    try folder.write(try lock.text(), to: "arm-toy.lock.json")
    other.kernelFamily = machine.kernelFamily
    #expect(try level(other) == .statistical && level(machine) == .sameBinary)
  }

  @Test("Computed numbers may differ by rounding only, and not at all on the same hardware")
  func rounding() {
    let old = cell("a", 0.5, .rounding)
    #expect(status([old], [cell("a", 0.5 + 1e-13, .rounding)]) == [.equivalent])
    #expect(status([old], [cell("a", 0.5 + 1e-8, .rounding)]) == [.different])
    #expect(status([old], [cell("a", 0.5 + 1e-13, .rounding)], level: .sameInstructionSet) == [.different])
    #expect(status([old], [cell("a", 0.5, .rounding)]) == [.same])
    #expect(status([old], []) == [.different])
  }

  @Test("Sampled numbers are equivalent where their confidence intervals overlap")
  func intervals() {
    let old = cell("a", 2, .interval, interval: 1...3)
    #expect(status([old], [cell("a", 3.5, .interval, interval: 2.5...4)]) == [.equivalent])
    #expect(status([old], [cell("a", 5, .interval, interval: 4...6)]) == [.different])
  }

  @Test(
    "Seeds are equivalent where two one-sided paired t-tests put the mean difference within 2 % of the mean")
  func seeds() {
    func values(_ shifts: [Double]) -> [ReportLock.Cell] {
      zip([100.0, 101, 99], shifts).enumerated().map { cell("seed \($0)", $1.0 + $1.1, .seeds) }
    }
    let old = values([0, 0, 0])
    #expect(status(old, values([0.1, -0.1, 0.05])) == [.equivalent, .equivalent, .equivalent])
    #expect(status(old, values([2.5, 2.4, 2.6])) == [.different, .different, .different])
    // A mean difference of zero that is too noisy to show anything: 2.92 x 2 / sqrt 3 = 3.4 > 2.
    #expect(status(old, values([2, -2, 1e-9])) == [.different, .different, .different])
    #expect(status([old[0]], [values([0.1, 0, 0])[0]]) == [.different], "one seed cannot show equivalence")
  }

  @Test("Counts must be equal everywhere; statistics of chance are not compared")
  func others() {
    #expect(status([cell("a", 1, .exactly)], [cell("a", 2, .exactly)]) == [.different])
    #expect(status([cell("a", 1, .notHeld)], [cell("a", 2, .notHeld)]) == [.notCompared])
    #expect(status([cell("a", 1, .notHeld)], [cell("a", 2, .notHeld)], level: .sameBinary) == [.different])
  }
}

@Suite("The reproducibility checklist")
struct ReproducibilityChecklistTests {
  @Test("It says what is missing, and fills the rest from the run")
  func missing() throws {
    let folder = try TemporaryFolder()
    _ = try toyReport(folder)
    let text = try folder.text("arm-toy.md")
    #expect(text.contains("Reproducibility checklist: 11 of 12 variables stated; missing: open source code"))
    #expect(text.contains("**missing: not recorded**") && text.contains("Test CPU, 2 cores"))
    let provenance = fixedContext(output: "").provenance(level: .sameInstructionSet, seeds: [])
    let empty = ReproducibilityChecklist(
      .init(researchType: "none", estimators: []), provenance: provenance, licence: "Some licence")
    #expect(
      empty.entries.filter { $0.statement == nil }.map(\.variable) == [
        "pseudocode", "data splits", "experiment setup", "seeds", "error bars and their meaning",
        "tuning budget", "failed runs",
      ])
  }
}
