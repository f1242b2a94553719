import Testing

@testable import Datasets

@Suite struct PlaceholderTests {}
