internal import Foundation

/// The machine that a result was computed on.
package struct HostDescription: Codable, Hashable, Sendable {
  package let processor: String
  package let cores: Int
  package let memoryBytes: UInt64
  package let operatingSystem: String
  package let architecture: String

  package init(
    processor: String, cores: Int, memoryBytes: UInt64, operatingSystem: String, architecture: String
  ) {
    self.processor = processor
    self.cores = cores
    self.memoryBytes = memoryBytes
    self.operatingSystem = operatingSystem
    self.architecture = architecture
  }

  package static func current() -> HostDescription {
    HostDescription(
      processor: processorModel(
        cpuinfo: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""),
      cores: ProcessInfo.processInfo.activeProcessorCount,
      memoryBytes: ProcessInfo.processInfo.physicalMemory,
      operatingSystem: systemName(
        osRelease: (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""),
      architecture: compiledArchitecture)
  }

  /// The value of `model name` in the text of `/proc/cpuinfo`.
  static func processorModel(cpuinfo: String) -> String {
    let line = cpuinfo.split(separator: "\n").first { $0.hasPrefix("model name") }
    guard let value = line?.split(separator: ":", maxSplits: 1).last else { return "unknown" }
    return value.split(separator: " ").joined(separator: " ")
  }

  /// The value of `PRETTY_NAME` in the text of `/etc/os-release`, or what Foundation says.
  static func systemName(osRelease: String) -> String {
    let key = "PRETTY_NAME="
    guard let line = osRelease.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else {
      return ProcessInfo.processInfo.operatingSystemVersionString
    }
    return line.dropFirst(key.count).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
  }

  private static var compiledArchitecture: String {
    #if arch(x86_64)
      "x86-64"
    #elseif arch(arm64)
      "arm64"
    #else
      "other"
    #endif
  }
}
