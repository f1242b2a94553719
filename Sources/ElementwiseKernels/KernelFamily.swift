internal import CKernels

/// Which kernels run, for provenance.
public enum KernelFamily {
  /// The arithmetic: a new name wherever an order of summation or a polynomial changes. Equal names give equal bits.
  public static let name = "armature-1"

  /// The machine code, `avx512`, `avx2` or `portable`, with any of which the bits are the same: the widest that the processor
  /// has and the environment variable `ARMATURE_VECTORS` allows.
  public static var vectors: String {
    guard let name = unsafe armature_vectors_name(armature_vectors()) else { return "unknown" }
    return unsafe String(cString: name)
  }
}
