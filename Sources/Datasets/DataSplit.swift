/// A part of a data set.
public enum DataSplit: String, CaseIterable, Hashable, Sendable, Codable {
  case train
  case valid
  case test
}
