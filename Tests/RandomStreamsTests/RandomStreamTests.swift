import RandomStreams
import Testing

@Suite("Random streams") struct RandomStreamTests {}
