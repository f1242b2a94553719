/// What a repetition of a result may be held to.
package enum ReproducibilityLevel: String, Codable, Sendable, CaseIterable {
  case sameBinary = "R0"
  case sameInstructionSet = "R1"
  case statistical = "R2"

  /// What is claimed, in one sentence.
  package var meaning: String {
    switch self {
    case .sameBinary:
      "the same machine and program give the same bits, whatever the thread count, and after a kill and resume"
    case .sameInstructionSet:
      "another x86-64 machine with AVX2 gives the same bits, with kernels of the same family"
    case .statistical:
      "other hardware gives statistically equivalent results"
    }
  }
}
