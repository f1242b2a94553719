import Testing

@testable import Training

@Suite struct PlaceholderTests {}
