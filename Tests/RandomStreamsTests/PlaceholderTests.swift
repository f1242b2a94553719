import Testing

@testable import RandomStreams

@Suite struct PlaceholderTests {}
