/// The law of one independent part of a row's noise: what an exact integration of the estimator must run through.
///
/// The production code sees noise as uniform numbers in (0, 1). Seen from its output, that noise has a finite or a
/// piecewise-polynomial law, and each estimator states it, or says why it cannot. The blocks of a row are independent and together cover each
/// of its noise numbers exactly once.
public struct NoiseBlock: Sendable {
  /// Places in the row's noise that this block fills.
  public let indices: [Int]
  public let law: Law

  public enum Law: Sendable {
    /// Each number is an independent uniform; between neighbouring breakpoints the gradient is a polynomial of at most
    /// this degree in it.
    case uniform(breakpoints: [Double], degree: Int)
    /// All numbers of the block together take one of finitely many values, as far as samples and gradient can tell.
    case cells([Cell])
    /// Each number is an independent uniform; between neighbouring breakpoints the gradient is an analytic function of it
    /// whose derivatives may be infinite at the breakpoints, 0 and 1.
    case smooth(breakpoints: [Double])
    /// No law to integrate over is known to machine precision; the reason is one line.
    case notEnumerable(reason: String)
  }

  /// A set of noise values that the estimator cannot tell apart, by its probability and one member.
  public struct Cell: Sendable {
    public let probability: Double
    /// One uniform number for each index of the block.
    public let noise: [Double]

    public init(probability: Double, noise: [Double]) {
      self.probability = probability
      self.noise = noise
    }
  }

  public init(indices: [Int], law: Law) {
    self.indices = indices
    self.law = law
  }
}
