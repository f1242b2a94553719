/// How intensities become the bits that a Bernoulli likelihood models.
public enum Binarisation: String, CaseIterable, Hashable, Sendable, Codable {
  /// The data are bits already; nothing is done.
  case `static`
  /// A pixel is 1 where its intensity is above half of the largest possible one.
  case threshold
  /// A pixel is 1 with probability intensity / largest intensity, drawn anew at each access.
  case dynamic
}
