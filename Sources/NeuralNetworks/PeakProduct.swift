#if canImport(Accelerate)
  internal import Accelerate
#else
  internal import CDNNL
  internal import Glibc
#endif

/// The matrix product of a library that is made for speed alone: the roofline beside which Armature's own products are
/// timed, and the reference to which tests hold them.
///
/// oneDNN's `dnnl_sgemm` with the widest kernels that the processor has (Accelerate's `cblas_sgemm` on macOS, untested). No
/// result of Armature comes from it: its order of summation depends on shapes, processor and version.
package enum PeakProduct {
  /// c [rows x columns] = a [rows x inner] b [inner x columns], each transposed as it is stored if said so.
  ///
  /// - Precondition: the lengths are as said, none zero.
  /// - Complexity: rows x inner x columns multiply-adds, on the calling thread.
  package static func multiply(
    _ a: Span<Float>, transposed transposeA: Bool = false, _ b: Span<Float>,
    transposed transposeB: Bool = false, rows: Int, inner: Int, columns: Int, into c: inout MutableSpan<Float>
  ) {
    precondition(rows > 0 && inner > 0 && columns > 0, "a matrix product needs positive sizes")
    precondition(
      a.count == rows * inner && b.count == inner * columns && c.count == rows * columns,
      "matrix product: \(a.count), \(b.count), \(c.count) elements for \(rows) x \(inner) x \(columns)")
    let (strideA, strideB) = (transposeA ? rows : inner, transposeB ? inner : columns)
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe c.withUnsafeMutableBufferPointer { c in
          #if canImport(Accelerate)
            unsafe cblas_sgemm(
              CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
              rows, columns, inner, 1, a.baseAddress, strideA, b.baseAddress, strideB, 0, c.baseAddress,
              columns)
          #else
            runOnCallingThread()
            let status = unsafe dnnl_sgemm(
              CChar(UInt8(ascii: transposeA ? "T" : "N")), CChar(UInt8(ascii: transposeB ? "T" : "N")),
              dnnl_dim_t(rows), dnnl_dim_t(columns), dnnl_dim_t(inner), 1, a.baseAddress,
              dnnl_dim_t(strideA), b.baseAddress, dnnl_dim_t(strideB), 0, c.baseAddress, dnnl_dim_t(columns))
            precondition(status == dnnl_success, "dnnl_sgemm failed with status \(status.rawValue)")
          #endif
        }
      }
    }
  }

  #if canImport(Accelerate)
    /// The library, for provenance.
    package static let library = "Accelerate"
  #else
    /// The library, for provenance.
    package static var library: String {
      guard let version = unsafe dnnl_version() else { return "oneDNN" }
      return unsafe "oneDNN \(version.pointee.major).\(version.pointee.minor).\(version.pointee.patch)"
    }

    private typealias SetThreadCount = @convention(c) @Sendable (Int32) -> Void

    /// OpenMP's setting, which oneDNN uses but does not export.
    private static let setThreadCount: SetThreadCount? = unsafe dlsym(nil, "omp_set_num_threads").map {
      unsafe unsafeBitCast($0, to: SetThreadCount.self)
    }

    /// OpenMP keeps this setting per thread, and calls may come from any thread of a pool.
    private static func runOnCallingThread() { setThreadCount?(1) }
  #endif
}
