import Testing

@testable import NeuralNetworks

@Suite struct PlaceholderTests {}
