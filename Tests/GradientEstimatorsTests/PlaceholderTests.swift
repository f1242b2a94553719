import Testing

@testable import GradientEstimators

@Suite struct PlaceholderTests {}
