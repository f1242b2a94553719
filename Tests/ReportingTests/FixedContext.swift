@testable import Reporting

/// A context whose every part is fixed, so that reports can be compared byte by byte.
func fixedContext(output: String, gnuplot: ExternalProgram? = nil) -> ReportContext {
  ReportContext(
    command: "./armature reproduce", output: output, threads: 2,
    revision: .known(commit: "0123456789abcdef", modified: false),
    host: HostDescription(
      processor: "Test CPU", cores: 2, memoryBytes: 4_294_967_296, operatingSystem: "Test OS 1",
      architecture: "x86-64"),
    software: SoftwareVersions(
      armature: "0.1.0", compiler: "Swift 6.3", toolchain: "Swift version 6.3.1", gsl: "2.7",
      kernelFamily: "armature-1", vectors: "avx2", gnuplot: "gnuplot 5.4"),
    gnuplot: gnuplot, started: "2026-01-02T03:04:05Z", elapsed: { 62 })
}
