import Foundation

/// A temporary folder that stands for a machine: the launcher, its own PATH with stubs, and its own C headers.
///
/// Every stub appends its name and arguments to one log, so that tests see what the launcher called and in which order.
struct StubbedMachine: ~Copyable {
  static let headers = ["gsl/gsl_errno.h", "oneapi/dnnl/dnnl.h", "zlib.h", "openssl/evp.h"]

  let folder: URL
  var environment: [String: String]

  var checkout: URL { folder.appending(path: "check out") }
  var program: URL { checkout.appending(path: ".build/release/armature") }

  /// A machine with everything but the headers named in `without`.
  init(swift version: String? = "6.3.1", without missing: [String] = [], gnuplot: Bool = true) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "armature-launcher-\(UUID().uuidString)")
    let tools = folder.appending(path: "bin")
    let include = folder.appending(path: "include")
    environment = [
      "PATH": tools.path, "ARMATURE_INCLUDE_PATH": include.path,
      "STUB_LOG": folder.appending(path: "log").path,
      "STUB_INCLUDE": include.path, "STUB_USER": "0", "STUB_SYSTEM": "Linux",
    ]
    for directory in [tools, include, checkout] {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(at: Self.launcher, to: checkout.appending(path: "armature"))
    for tool in [
      "sh", "dirname", "readlink", "sed", "grep", "head", "tail", "mkdir", "rm", "cat", "sleep", "env",
      "touch",
    ] {
      try FileManager.default.createSymbolicLink(
        at: tools.appending(path: tool), withDestinationURL: try Self.systemTool(tool))
    }
    try addTool("id", "echo \"$STUB_USER\"")
    try addTool("uname", "echo \"$STUB_SYSTEM\"")
    if gnuplot { try addTool("gnuplot", ":") }
    if let version { try addTool("swift", Self.swift(version: version)) }
    for header in Self.headers where !missing.contains(header) { try addHeader(header) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Adds an executable shell script to the PATH.
  func addTool(_ name: String, _ script: String) throws {
    let place = folder.appending(path: "bin/\(name)")
    try "#!/bin/sh\n\(script)\n".write(to: place, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path)
  }

  func addHeader(_ name: String) throws {
    let place = folder.appending(path: "include/\(name)")
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data().write(to: place)
  }

  /// apt-get whose `install` makes the headers appear; it fails `failures` times before, as with an empty package list.
  func addAptGet(failures: Int = 0, installs: Bool = true) throws {
    let appear = Self.headers.map {
      "mkdir -p \"$STUB_INCLUDE/\($0)\"; rm -r \"$STUB_INCLUDE/\($0)\"; touch \"$STUB_INCLUDE/\($0)\""
    }
    try addTool(
      "apt-get",
      """
      echo "apt-get $*" >>"$STUB_LOG"
      if [ "$1" = update ]; then exit 0; fi
      calls=$(grep -c 'apt-get install' "$STUB_LOG")
      if [ "$calls" -le \(failures) ]; then exit 100; fi
      \(installs ? appear.joined(separator: "\n") : ":")
      """)
  }

  /// The lines that the stubs logged.
  func calls() throws -> [String] {
    guard let text = try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8) else {
      return []
    }
    return text.split(separator: "\n").map { String($0) }
  }

  struct Outcome {
    let status: Int32
    let output: String
    let errors: [String]
  }

  /// Runs the launcher, or the file named by `path`, from `directory`, without a terminal and without input.
  func run(_ arguments: [String], path: URL? = nil, directory: URL? = nil) throws -> Outcome {
    let process = Process()
    process.executableURL = path ?? checkout.appending(path: "armature")
    process.arguments = arguments
    process.environment = environment
    process.currentDirectoryURL = directory ?? folder
    let output = Pipe()
    let errors = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let outputText = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: outputText,
      errors: errorText.split(separator: "\n").map { String($0) })
  }

  private static let launcher = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "armature")

  private static func systemTool(_ name: String) throws -> URL {
    for folder in ["/bin", "/usr/bin"] where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)")
    {
      return URL(filePath: "\(folder)/\(name)")
    }
    throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: name])
  }

  /// A toolchain whose build makes a program that prints its folder and arguments and exits with STUB_EXIT.
  private static func swift(version: String) -> String {
    """
    if [ "$1" = --version ]; then
      echo 'Swift version \(version) (swift-\(version)-RELEASE)'
      exit 0
    fi
    echo "swift $*" >>"$STUB_LOG"
    if [ "$1" = test ]; then exit "${STUB_EXIT:-0}"; fi
    if [ -n "${STUB_BUILD_ERROR-}" ]; then
      echo 'Compiling'
      echo "$STUB_BUILD_ERROR"
      exit 1
    fi
    mkdir -p "$3/.build/release"
    cat >"$3/.build/release/armature" <<'END'
    #!/bin/sh
    pwd
    for argument; do echo "<$argument>"; done
    exit "${STUB_EXIT:-0}"
    END
    /bin/chmod +x "$3/.build/release/armature"
    """
  }
}
