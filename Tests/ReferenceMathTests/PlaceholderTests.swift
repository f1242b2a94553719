import Testing

@testable import ReferenceMath

@Suite struct PlaceholderTests {}
