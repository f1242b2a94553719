import Testing

@testable import ExactExpectations

@Suite struct PlaceholderTests {}
