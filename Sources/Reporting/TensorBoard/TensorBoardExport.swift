internal import Datasets
internal import Foundation
internal import Training

/// The metrics of a training run as a TensorBoard event file in the folder `tensorboard` of its directory.
///
/// The file is a function of the run directory: wall-clock times come from its manifest and its timing records.
package struct TensorBoardExport: Sendable {
  package static let folder = "tensorboard"

  let run: RecordedRun

  package init(_ run: RecordedRun) { self.run = run }

  /// Writes `<folder>/events.out.tfevents.<start>.armature`, in place of an older one, and returns its path.
  ///
  /// - Throws: `ReportingError.unwritable`.
  @discardableResult
  package func write(to folder: String) throws(ReportingError) -> String {
    let name = "events.out.tfevents.\(Int(started)).armature"
    return try ReportFolder(path: folder, gnuplot: nil).write(bytes: file.bytes, to: name)
  }

  var file: TensorBoardFile { TensorBoardFile(started: started, scalars: scalars) }

  /// Seconds since 1970; 0 where the manifest's date cannot be read.
  private var started: Double {
    (try? Date(run.manifest.started, strategy: .iso8601))?.timeIntervalSince1970 ?? 0
  }

  /// By step; at one step the training objective first.
  private var scalars: [TensorBoardFile.Scalar] {
    let training = run.training.map { ("train/negative_ELBO", $0.step, $0.negativeELBO) }
    let evaluations = run.evaluations.flatMap { record in
      [
        ("\(record.split.rawValue)/negative_bound_\(record.samples)_samples", record.step, record.bound),
        ("\(record.split.rawValue)/standard_error", record.step, record.standardError),
      ] + (record.accuracy.map { [("\(record.split.rawValue)/accuracy", record.step, $0)] } ?? [])
    }
    let times = wallTimes
    return (training + evaluations).enumerated()
      .sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }
      .map { _, scalar in
        TensorBoardFile.Scalar(
          tag: scalar.0, step: scalar.1,
          wallTime: started + (times.last { $0.step <= scalar.1 }?.seconds ?? 0),
          value: scalar.2)
      }
  }

  /// Seconds since the start, training and evaluations, at each step that was timed.
  private var wallTimes: [(step: Int, seconds: Double)] {
    var seconds = 0.0
    return run.timing.map { record in
      seconds += record.trainingSeconds + record.evaluationSeconds
      return (record.step, seconds)
    }
  }
}
