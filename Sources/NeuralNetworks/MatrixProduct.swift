package import ElementwiseKernels
internal import ReferenceMath

#if canImport(Accelerate)
  internal import Accelerate
#else
  internal import CDNNL
  internal import Glibc
#endif

/// C = alpha op(A) op(B) + beta C for row-major matrices: the one matrix product of Armature.
///
/// `Float` goes through oneDNN's `dnnl_sgemm` (Accelerate's `cblas_sgemm` on macOS, untested), `Double` through the
/// simple reference product. Each call runs on the calling thread only, so bits depend on the arguments alone; with
/// beta = 0 the old content of C is not read.
///
/// - Parameters:
///   - transposeA: whether A is stored as [inner x rows].
///   - transposeB: whether B is stored as [columns x inner].
///   - rows: rows of op(A) and C.
///   - columns: columns of op(B) and C.
///   - inner: columns of op(A), rows of op(B).
///   - alpha: factor of the product.
///   - a: A.
///   - strideA: elements from one row of A, as it is stored, to the next; without gaps if nil.
///   - b: B.
///   - beta: factor of the old C.
///   - c: C.
/// - Precondition: the three matrices have rows x inner, inner x columns and rows x columns elements, none zero, A at
///   least as many as its stride asks for, and `Scalar` is `Float` or `Double`.
/// - Complexity: rows x columns x inner multiply-adds.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
package func matrixProduct<Scalar: KernelScalar>(
  transposeA: Bool = false, transposeB: Bool = false, rows: Int, columns: Int, inner: Int,
  alpha: Scalar = 1, _ a: Span<Scalar>, strideA: Int? = nil, _ b: Span<Scalar>, beta: Scalar = 0,
  into c: inout MutableSpan<Scalar>
) {
  precondition(rows > 0 && columns > 0 && inner > 0, "a matrix product needs positive sizes")
  let (storedRows, storedColumns) = transposeA ? (inner, rows) : (rows, inner)
  let strideA = strideA ?? storedColumns
  precondition(
    strideA >= storedColumns && a.count >= (storedRows - 1) * strideA + storedColumns
      && b.count == inner * columns && c.count == rows * columns,
    "matrix product: \(a.count), \(b.count), \(c.count) elements for \(rows) x \(inner) x \(columns)")
  unsafe a.withUnsafeBufferPointer { a in
    unsafe b.withUnsafeBufferPointer { b in
      unsafe c.withUnsafeMutableBufferPointer { c in
        // The element type is known here, but the compiler cannot see it: both sides of each cast are the same type.
        if Scalar.self == Float.self {
          unsafe floatProduct(
            transposeA, transposeB, rows, columns, inner, Float(alpha), rebound(a), strideA, rebound(b),
            Float(beta),
            rebound(c))
        } else if Scalar.self == Double.self {
          var result = unsafe MutableSpan(_unsafeElements: rebound(c, to: Double.self))
          unsafe referenceMatrixProduct(
            transposeA: transposeA, transposeB: transposeB, rows: rows, columns: columns, inner: inner,
            alpha: Double(alpha), Span(_unsafeElements: rebound(a)), strideA: strideA,
            Span(_unsafeElements: rebound(b)),
            beta: Double(beta), into: &result)
        } else {
          preconditionFailure("matrix products exist for Float and Double, not for \(Scalar.self)")
        }
      }
    }
  }
}

private func rebound<From, To>(
  _ buffer: UnsafeBufferPointer<From>, to: To.Type = To.self
) -> UnsafeBufferPointer<To> {
  unsafe UnsafeBufferPointer(
    start: UnsafeRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: To.self), count: buffer.count)
}

private func rebound<From, To>(
  _ buffer: UnsafeMutableBufferPointer<From>, to: To.Type = To.self
) -> UnsafeMutableBufferPointer<To> {
  unsafe UnsafeMutableBufferPointer(
    start: UnsafeMutableRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: To.self), count: buffer.count)
}

#if canImport(Accelerate)
  private func floatProduct(
    _ transposeA: Bool, _ transposeB: Bool, _ rows: Int, _ columns: Int, _ inner: Int, _ alpha: Float,
    _ a: UnsafeBufferPointer<Float>, _ strideA: Int, _ b: UnsafeBufferPointer<Float>, _ beta: Float,
    _ c: UnsafeMutableBufferPointer<Float>
  ) {
    unsafe cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      rows, columns, inner, alpha, a.baseAddress, strideA, b.baseAddress,
      transposeB ? inner : columns, beta, c.baseAddress, columns)
  }

  /// The library behind the `Float` product, for provenance.
  package enum MatrixProductLibrary {
    package static let name = "Accelerate"
    package static let version = "of the operating system"
    package static let kernelFamily = "chosen by the library"
    package static var description: String { "\(name), kernels \(kernelFamily)" }
  }
#else
  private func floatProduct(
    _ transposeA: Bool, _ transposeB: Bool, _ rows: Int, _ columns: Int, _ inner: Int, _ alpha: Float,
    _ a: UnsafeBufferPointer<Float>, _ strideA: Int, _ b: UnsafeBufferPointer<Float>, _ beta: Float,
    _ c: UnsafeMutableBufferPointer<Float>
  ) {
    MatrixProductLibrary.runOnCallingThread()
    let status = unsafe dnnl_sgemm(
      CChar(UInt8(ascii: transposeA ? "T" : "N")), CChar(UInt8(ascii: transposeB ? "T" : "N")),
      dnnl_dim_t(rows), dnnl_dim_t(columns), dnnl_dim_t(inner), alpha,
      a.baseAddress, dnnl_dim_t(strideA), b.baseAddress,
      dnnl_dim_t(transposeB ? inner : columns), beta, c.baseAddress, dnnl_dim_t(columns))
    precondition(status == dnnl_success, "dnnl_sgemm failed with status \(status.rawValue)")
  }

  /// The library behind the `Float` product, for provenance.
  package enum MatrixProductLibrary {
    private typealias SetThreadCount = @convention(c) @Sendable (Int32) -> Void

    /// What must happen once, before the first product: the kernel family is pinned, so that processors with wider
    /// vectors give the same bits, and OpenMP's thread setting is found, which oneDNN uses but does not export.
    private struct Setup: Sendable {
      let isPinned: Bool
      let setThreadCount: SetThreadCount?

      init() {
        isPinned = dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2) == dnnl_success
        setThreadCount = unsafe dlsym(nil, "omp_set_num_threads").map {
          unsafe unsafeBitCast($0, to: SetThreadCount.self)
        }
      }
    }

    private static let setup = Setup()

    /// OpenMP keeps this setting per thread, and calls may come from any thread of a pool.
    fileprivate static func runOnCallingThread() { setup.setThreadCount?(1) }

    package static let name = "oneDNN"

    package static var version: String {
      guard let version = unsafe dnnl_version() else { return "unknown" }
      return unsafe "\(version.pointee.major).\(version.pointee.minor).\(version.pointee.patch)"
    }

    /// The instruction set of the kernels, for example `avx2`; equal families give equal bits.
    package static var kernelFamily: String {
      guard setup.isPinned else { return "not pinned" }
      return switch dnnl_get_effective_cpu_isa() {
      case dnnl_cpu_isa_avx2: "avx2"
      case dnnl_cpu_isa_avx: "avx"
      case dnnl_cpu_isa_sse41: "sse4.1"
      case let other: "isa \(other.rawValue)"
      }
    }

    package static var description: String { "\(name) \(version), kernels \(kernelFamily)" }
  }
#endif
