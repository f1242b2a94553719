import Foundation
import Synchronization
import Testing

@testable import Training

/// Counts the steps of one process and says when it shall stop.
final class StepCounter: Sendable {
  private let count = Atomic(0)
  private let isEvaluating = Atomic(false)
  private let limit: Int
  private let stopsInEvaluation: Bool

  init(limit: Int, stopsInEvaluation: Bool = false) {
    self.limit = limit
    self.stopsInEvaluation = stopsInEvaluation
  }

  func note(_ progress: TrainingProgress) {
    switch progress.activity {
    case .training: count.add(1, ordering: .relaxed)
    case .evaluating(let done, let images): isEvaluating.store(done < images, ordering: .relaxed)
    }
  }

  var isReached: Bool {
    let evaluates = isEvaluating.load(ordering: .relaxed)
    return evaluates ? stopsInEvaluation : count.load(ordering: .relaxed) >= limit
  }
}

final class MomentRecorder: Sendable {
  private let moments = Mutex<[WriteMoment]>([])
  func note(_ moment: WriteMoment) { moments.withLock { $0.append(moment) } }
  var all: [WriteMoment] { moments.withLock { $0 } }
}

/// What a kill leaves at some moment is what the directory holds then: these tests copy it at every moment at which a file
/// has changed, and resume the copies.
@Suite struct KilledRunTests {
  /// A finished run in `folder`, its bytes, and a copy of its directory at each moment.
  func snapshots(
    in folder: URL, text: String = TinyProtocol.text
  ) throws -> (request: RunRequest, expected: ReproducibleFiles, copies: [(WriteMoment, URL)]) {
    let request = try TinyProtocol.request(in: folder, text: text)
    let moments = MomentRecorder()
    let observer = RunObserver(wrote: { moment in
      let copy = folder.appending(path: "copy \(moments.all.count)")
      moments.note(moment)
      do { try FileManager.default.copyItem(at: request.output, to: copy) } catch { Issue.record(error) }
    })
    _ = try TrainingRun.start(request, observer: observer)
    let copies = moments.all.enumerated().map { ($1, folder.appending(path: "copy \($0)")) }
    return (request, try ReproducibleFiles(request.output), copies)
  }

  func resume(_ request: RunRequest, _ copy: URL) throws -> ReproducibleFiles {
    var request = request
    request.output = copy
    request.resume = true
    _ = try TrainingRun.start(request, observer: RunObserver())
    let names = try FileManager.default.contentsOfDirectory(atPath: copy.path)
    let files = try ReproducibleFiles(copy)
    #expect(names.count == (files.best == nil ? 5 : 6), "\(names)")
    return files
  }

  @Test("Killed at any write and resumed, a run gives the same bits")
  func atEachWrite() throws {
    try withTemporaryFolder { folder in
      let (request, expected, copies) = try snapshots(in: folder, text: TinyProtocol.selecting)
      #expect(
        Set(copies.map(\.0)) == [
          .directoryCreated, .metricsAppended, .timingAppended, .checkpointBeforeRenaming, .checkpointRenamed,
          .bestBeforeRenaming, .bestRenamed, .resultBeforeRenaming, .resultRenamed,
        ])
      #expect(expected.best != nil)
      for (moment, copy) in copies {
        #expect(try resume(request, copy) == expected, "\(moment), \(copy.lastPathComponent)")
      }
    }
  }

  @Test("Killed while it writes its result, a run measures its final bound again, with the same bits")
  func finalBound() throws {
    try withTemporaryFolder { folder in
      let (request, expected, copies) = try snapshots(in: folder, text: TinyProtocol.ending)
      let last = try #require(copies.first { $0.0 == .resultBeforeRenaming }?.1)
      #expect(try resume(request, last) == expected)
      #expect(try RunDirectory(last).result()?.final?.samples == 3)
    }
  }

  @Test("Killed in the middle of a line or of a new checkpoint and resumed, a run gives the same bits")
  func withinWrites() throws {
    try withTemporaryFolder { folder in
      let (request, expected, copies) = try snapshots(in: folder, text: TinyProtocol.selecting)
      for (moment, copy) in copies {
        let directory = RunDirectory(copy)
        switch moment {
        case .metricsAppended: try cutTail(of: directory.metricsFile, by: 5)
        case .timingAppended: try cutTail(of: directory.timingFile, by: 5)
        case .checkpointBeforeRenaming:
          try cutTail(of: copy.appending(path: ".checkpoint.safetensors.partial"), by: 99)
        case .resultBeforeRenaming: try cutTail(of: copy.appending(path: ".result.json.partial"), by: 20)
        case .bestBeforeRenaming: try cutTail(of: copy.appending(path: ".best.safetensors.partial"), by: 99)
        case .directoryCreated, .checkpointRenamed, .bestRenamed, .resultRenamed: continue
        }
        #expect(try resume(request, copy) == expected, "\(moment), \(copy.lastPathComponent)")
      }
    }
  }

  private func cutTail(of file: URL, by count: Int) throws {
    let bytes = try Data(contentsOf: file)
    try bytes.dropLast(count).write(to: file)
  }

  @Test("The comparison notices a single lost step")
  func plantedFault() throws {
    try withTemporaryFolder { folder in
      let (request, expected, _) = try snapshots(in: folder)
      var shorter = request
      shorter.output = folder.appending(path: "shorter")
      shorter.steps = 23
      _ = try TrainingRun.start(shorter, observer: RunObserver())
      #expect(try ReproducibleFiles(shorter.output) != expected)
    }
  }

  @Test("What a kill left of a directory in the making is cleared away")
  func halfMadeDirectory() throws {
    try withTemporaryFolder { folder in
      let request = try TinyProtocol.request(in: folder)
      let leftover = folder.appending(path: ".run.partial")
      try FileManager.default.createDirectory(at: leftover, withIntermediateDirectories: false)
      try Data().write(to: leftover.appending(path: ".run.json.partial"))
      _ = try TrainingRun.start(request, observer: RunObserver())
      #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["tiny.yaml", "run"])
    }
  }
}
