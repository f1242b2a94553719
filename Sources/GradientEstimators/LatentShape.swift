/// The shape of a batch of latent variables.
///
/// Logits and gradients are [rows x variables x logitsPerVariable], samples [evaluations x rows x variables], objective
/// values [evaluations x rows], noise [rows x noise per row]; all row-major.
public struct LatentShape: Hashable, Sendable {
  /// Data points of the batch; each has its own logits and its own noise.
  public let rows: Int
  /// Independent latent variables of a row.
  public let variables: Int
  /// 1 for a binary variable (its logit), the number of categories C for a categorical one.
  public let logitsPerVariable: Int

  /// - Precondition: all three are positive.
  public init(rows: Int, variables: Int, logitsPerVariable: Int = 1) {
    precondition(rows > 0 && variables > 0 && logitsPerVariable > 0)
    self.rows = rows
    self.variables = variables
    self.logitsPerVariable = logitsPerVariable
  }

  public var isBinary: Bool { logitsPerVariable == 1 }
  public var logitsPerRow: Int { variables * logitsPerVariable }
  public var logitCount: Int { rows * logitsPerRow }
  public var sampleCount: Int { rows * variables }
}
