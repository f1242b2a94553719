/// Where a run stands; given to the caller after each step and during evaluations.
public struct TrainingProgress: Hashable, Sendable {
  public enum Activity: Hashable, Sendable {
    case training
    /// `done` of `images` have been evaluated.
    case evaluating(done: Int, images: Int)
  }

  /// Steps done, those before a resumption included.
  public let step: Int
  public let steps: Int
  public let activity: Activity
  /// Negative evidence lower bound of the last batch in nats, or nil before the first step.
  public let negativeELBO: Double?
}
