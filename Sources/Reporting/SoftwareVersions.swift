internal import ElementwiseKernels
internal import Foundation
internal import ReferenceMath

/// The versions of everything that computes.
package struct SoftwareVersions: Codable, Hashable, Sendable {
  package let armature: String
  /// The compiler that built the program, as far as the language lets a program know it.
  package let compiler: String
  /// What `swift --version` says where the report was made: the toolchain found there, not proof of what compiled.
  package let toolchain: String
  package let gsl: String
  /// The kernels' arithmetic, which decides about bits.
  package let kernelFamily: String
  /// The vectors that they use, which do not.
  package let vectors: String
  package let gnuplot: String

  package init(
    armature: String, compiler: String, toolchain: String, gsl: String, kernelFamily: String, vectors: String,
    gnuplot: String
  ) {
    self.armature = armature
    self.compiler = compiler
    self.toolchain = toolchain
    self.gsl = gsl
    self.kernelFamily = kernelFamily
    self.vectors = vectors
    self.gnuplot = gnuplot
  }

  package static let armatureVersion = "0.1.0"

  package static func current(gnuplot: ExternalProgram?) -> SoftwareVersions {
    SoftwareVersions(
      armature: armatureVersion,
      compiler: compilerName,
      toolchain: version(of: .find("swift"), arguments: ["--version"]),
      gsl: GSLLibrary.version,
      kernelFamily: KernelFamily.name,
      vectors: KernelFamily.vectors,
      gnuplot: version(of: gnuplot, arguments: ["--version"]))
  }

  /// A program knows its compiler only by comparison, so no patch version can be given.
  private static var compilerName: String {
    #if compiler(>=6.4)
      "Swift 6.4 or later"
    #else
      "Swift 6.3"
    #endif
  }

  private static func version(of program: ExternalProgram?, arguments: [String]) -> String {
    guard let program else { return "not found" }
    do throws(ExternalProgram.Failure) {
      let text = try program.run(arguments, secondsAllowed: 20)
      return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "says nothing"
    } catch {
      return "unknown: \(error.description)"
    }
  }
}
