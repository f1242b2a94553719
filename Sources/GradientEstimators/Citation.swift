/// Where an estimator was published.
public struct Citation: Hashable, Sendable, Codable, CustomStringConvertible {
  public let authors: String
  public let title: String
  public let venue: String
  public let year: Int
  /// The equation, algorithm or section that is implemented.
  public let place: String
  /// The arXiv identifier, if there is one.
  public let arXiv: String?

  public init(authors: String, title: String, venue: String, year: Int, place: String, arXiv: String? = nil) {
    self.authors = authors
    self.title = title
    self.venue = venue
    self.year = year
    self.place = place
    self.arXiv = arXiv
  }

  public var description: String {
    let identifier = arXiv.map { ", arXiv:\($0)" } ?? ""
    return "\(authors), \"\(title)\", \(venue) \(year), \(place)\(identifier)"
  }
}
