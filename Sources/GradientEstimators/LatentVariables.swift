/// What kind of latent variables a row has, and how many: all that the size of an estimator's noise depends on.
public struct LatentVariables: Hashable, Sendable {
  /// The most categories that a variable may have.
  public static let largestCategoryCount = 256

  /// Independent variables of a row.
  public let count: Int
  /// 1 for a binary variable (its logit), the number of categories C for a categorical one.
  public let logitsPerVariable: Int

  /// - Precondition: `count` is positive, `logitsPerVariable` is 1 to `largestCategoryCount`.
  public init(count: Int, logitsPerVariable: Int) {
    precondition(count > 0 && (1...Self.largestCategoryCount).contains(logitsPerVariable))
    self.count = count
    self.logitsPerVariable = logitsPerVariable
  }

  /// Variables in {0, 1}, with one logit each.
  public static func binary(_ count: Int) -> LatentVariables {
    LatentVariables(count: count, logitsPerVariable: 1)
  }

  /// Variables in 0 ..< C, with C logits each.
  ///
  /// - Precondition: `categories` is 2 to `largestCategoryCount`.
  public static func categorical(_ count: Int, categories: Int) -> LatentVariables {
    precondition(categories >= 2, "a categorical variable has at least 2 categories")
    return LatentVariables(count: count, logitsPerVariable: categories)
  }

  public var isBinary: Bool { logitsPerVariable == 1 }
  /// Values that each variable takes.
  public var categories: Int { max(2, logitsPerVariable) }
  public var logitCount: Int { count * logitsPerVariable }
}

extension LatentShape {
  /// The variables of each row.
  public var latentVariables: LatentVariables {
    LatentVariables(count: variables, logitsPerVariable: logitsPerVariable)
  }
}

extension LatentVariables: CustomStringConvertible {
  public var description: String {
    isBinary ? "binary variables" : "categorical variables of \(categories) categories"
  }
}
