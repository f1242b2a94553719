import Testing

@testable import LatentVariableModels

@Suite struct PlaceholderTests {}
