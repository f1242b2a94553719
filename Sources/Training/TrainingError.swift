public import Datasets
public import GradientEstimators
public import LatentVariableModels

/// Why a run cannot start, continue, finish or be read: one line with the file or setting and what to do.
public enum TrainingError: Error, Sendable, CustomStringConvertible {
  case badProtocol(ProtocolError)
  case data(DatasetError)
  case model(ModelError)
  case estimator(EstimatorNameError)
  /// An argument of the call is out of range.
  case badSetting(name: String, found: String, expected: String)
  /// Loss, gradient or parameters became infinite or no number at a step; the run keeps the checkpoint of step
  /// `checkpoint`, 0 where it has none.
  case diverged(folder: String, step: Int, quantity: String, checkpoint: Int)
  /// A folder or file of the run cannot be made or written; `reason` is the system's.
  case unwritable(path: String, reason: String)
  /// The output folder already holds a run and continuing it was not asked for.
  case runExists(folder: String)
  /// The output folder holds a run that differs in `field`.
  case otherRun(folder: String, field: String, found: String, expected: String)
  /// The folder is not a run directory.
  case notARun(folder: String, reason: String)
  /// Another process is writing the run.
  case runInUse(folder: String)
  /// A file of the run is not as this program writes it.
  case damaged(file: String, reason: String)
  case badCheckpoint(file: String, problem: SafetensorsError)
  /// The run has not reached its first checkpoint.
  case noCheckpoint(folder: String)
  /// The run has no best checkpoint: its protocol selects none, or nothing has been evaluated yet.
  case noBestCheckpoint(folder: String, reason: String)
  /// Another sweep is writing the folder.
  case sweepInUse(folder: String, holder: String)
  /// A process of another machine left its name in the lock, and whether it still runs cannot be told from here.
  case sweepHeldElsewhere(file: String, holder: String)
  /// A sweep was stopped on request.
  case sweepInterrupted(folder: String, finished: Int, cells: Int)
  /// An inspection of runs was stopped on request, at the run in `folder`.
  case inspectionInterrupted(folder: String, finished: Int)
  /// Stopped on request; `checkpoint` is the step from which it can be continued, 0 for the beginning.
  case interrupted(folder: String, checkpoint: Int)

  /// Whether numbers ceased to be finite, in a step or in an evaluation.
  var isDivergence: Bool {
    switch self {
    case .diverged, .model(.notFinite(_, _)): true
    default: false
    }
  }

  public var description: String {
    switch self {
    case .badProtocol(let error): error.description
    case .data(let error): error.description
    case .model(let error): error.description
    case .estimator(let error): error.description
    case .badSetting(let name, let found, let expected): "\(name): expected \(expected), found \(found)"
    case .diverged(let folder, let step, let quantity, let checkpoint):
      "\(folder): step \(step): \(quantity) is not finite; "
        + (checkpoint == 0 ? "there is no checkpoint yet" : "the checkpoint of step \(checkpoint) is kept")
        + "; train again with a lower --learning-rate into another folder"
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); make room or give permission and go on with --resume, "
        + "or choose another output folder"
    case .runExists(let folder):
      "\(folder): already holds a run; add --resume to continue it or choose another output folder"
    case .otherRun(let folder, let field, let found, let expected):
      "\(folder): holds a run whose \(field) is \(found), expected \(expected); choose another output folder"
    case .notARun(let folder, let reason): "\(folder): not a run directory (\(reason)); choose another folder"
    case .runInUse(let folder): "\(folder): another process is writing this run; wait for it or stop it"
    case .damaged(let file, let reason): "\(file): damaged (\(reason)); start the run again in another folder"
    case .badCheckpoint(let file, let problem):
      "\(file): not a checkpoint of this program (\(problem)); start the run again in another folder"
    case .noCheckpoint(let folder): "\(folder): has no checkpoint yet; continue the run with --resume first"
    case .noBestCheckpoint(let folder, let reason):
      "\(folder): has no best checkpoint (\(reason)); use the last one"
    case .sweepInUse(let folder, let holder):
      "\(folder): another sweep is writing here (\(holder)); wait for it or choose another folder"
    case .sweepHeldElsewhere(let file, let holder):
      "\(file): held by \(holder); if that process has ended, remove this file"
    case .sweepInterrupted(let folder, let finished, let cells):
      "\(folder): stopped with \(finished) of \(cells) runs finished; the same command goes on with the others"
    case .inspectionInterrupted(let folder, let finished):
      "\(folder): stopped with \(finished) runs inspected before; the same command keeps them and goes on"
    case .interrupted(let folder, let checkpoint):
      "\(folder): stopped; --resume continues it after step \(checkpoint)"
    }
  }
}
