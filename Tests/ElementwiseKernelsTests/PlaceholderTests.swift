import Testing

@testable import ElementwiseKernels

@Suite struct PlaceholderTests {}
