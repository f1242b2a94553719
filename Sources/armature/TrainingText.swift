import Datasets
import Foundation
import Training

extension TrainingProgress {
  /// Share of the work done, where all images of an evaluation count as little as the steps say.
  var fraction: Double {
    guard case .evaluating(let done, let images) = activity, step == steps else {
      return Double(step) / Double(steps)
    }
    return Double(done) / Double(images)
  }

  /// For example `step 1200 of 50000, -ELBO 140.2`.
  var text: String {
    let loss = negativeELBO.map { String(format: ", -ELBO %.1f", $0) } ?? ""
    switch activity {
    case .training: return "step \(step) of \(steps)\(loss)"
    case .evaluating(let done, let images):
      return "evaluating after step \(step): \(done) of \(images) images"
    }
  }
}

extension EvaluationRecord {
  /// For example `step 50000, test: 121.61 ± 0.27 nats (...)`.
  var text: String {
    let bound = String(format: "%.3f ± %.3f", self.bound, standardError)
    let rightly = accuracy.map { String(format: ", %.2f %% classified rightly", 100 * $0) } ?? ""
    return "step \(step), \(split.rawValue): \(bound) nats"
      + " (negative \(samples)-sample bound, mean ± standard error over \(images) images)\(rightly)"
  }
}
