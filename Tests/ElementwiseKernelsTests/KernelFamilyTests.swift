import ElementwiseKernels
import Foundation
import Testing

@Suite("The kernels that run") struct KernelFamilyTests {
  @Test("are the widest that the processor has and the environment allows, and have a name")
  func vectors() throws {
    let asked = ProcessInfo.processInfo.environment["ARMATURE_VECTORS"].flatMap(MachineCode.init)
    let widest = try #require(MachineCode.available.last)
    #expect(KernelFamily.vectors == min(widest, asked ?? .avx512).rawValue)
    #expect(!KernelFamily.name.isEmpty)
  }
}
