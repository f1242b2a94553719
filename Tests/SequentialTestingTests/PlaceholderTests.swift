import Testing

@testable import SequentialTesting

@Suite struct PlaceholderTests {}
