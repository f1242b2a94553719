import Foundation
import Testing

@Suite("The launcher") struct LauncherTests {
  @Test("On a machine that has everything, it builds, says so once, and becomes the program")
  func builds() throws {
    let machine = try StubbedMachine()
    let work = machine.folder.appending(path: "work")
    try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
    let first = try machine.run(["exact", "a b", "*"], directory: work)
    #expect(first.status == 0)
    #expect(first.output == "\(work.path)\n<exact>\n<a b>\n<*>\n")
    #expect(first.errors == ["armature: building Armature (first time: about 3 minutes)..."])
    #expect(
      try machine.calls() == [
        "swift build --package-path \(machine.checkout.path) -c release --product armature"
      ])

    let second = try machine.run(["exact"], directory: work)
    #expect(second.errors.isEmpty)
    #expect(second.output == "\(work.path)\n<exact>\n")
  }

  @Test("The program's exit status is the launcher's", arguments: [0, 1, 2])
  func exitStatus(status: Int32) throws {
    var machine = try StubbedMachine()
    machine.environment["STUB_EXIT"] = "\(status)"
    #expect(try machine.run(["verify"]).status == status)
  }

  @Test("Through relative and absolute symbolic links it finds its own folder")
  func symbolicLinks() throws {
    let machine = try StubbedMachine()
    let relative = machine.folder.appending(path: "relative")
    try FileManager.default.createSymbolicLink(
      atPath: relative.path, withDestinationPath: "check out/armature")
    let absolute = machine.folder.appending(path: "absolute")
    try FileManager.default.createSymbolicLink(at: absolute, withDestinationURL: relative)
    #expect(try machine.run(["x"], path: absolute).output.hasSuffix("<x>\n"))
    #expect(
      try machine.calls() == [
        "swift build --package-path \(machine.checkout.path) -c release --product armature"
      ])
  }

  @Test("Without Swift, or with one too old, it says which is needed", arguments: [nil, "6.2.4", "5.10"])
  func swiftVersion(version: String?) throws {
    let machine = try StubbedMachine(swift: version)
    let outcome = try machine.run(["verify"])
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    let error = try #require(outcome.errors.first)
    #expect(
      outcome.errors.count == 1 && error.contains("Swift 6.3 or newer") && error.contains("swift.org/install")
    )
    if let version { #expect(error.contains(version.split(separator: ".").prefix(2).joined(separator: "."))) }
  }

  @Test("Newer versions of Swift will do", arguments: ["6.10", "7.0.1"])
  func newerSwift(version: String) throws {
    let machine = try StubbedMachine(swift: version)
    #expect(try machine.run(["verify"]).status == 0)
  }

  @Test("As root it installs exactly what is missing, then runs the command")
  func installsAsRoot() throws {
    let machine = try StubbedMachine(without: ["gsl/gsl_errno.h", "oneapi/dnnl/dnnl.h"])
    try machine.addAptGet()
    let outcome = try machine.run(["verify"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.first == "armature: missing libgsl-dev libdnnl-dev; installing with apt-get")
    let calls = try machine.calls()
    #expect(calls.count == 2)
    #expect(calls[0] == "apt-get install -y -o DPkg::Lock::Timeout=120 libgsl-dev libdnnl-dev")
  }

  @Test("It fetches the package list only if the installation fails without")
  func updates() throws {
    let machine = try StubbedMachine(without: ["zlib.h"])
    try machine.addAptGet(failures: 1)
    #expect(try machine.run(["verify"]).status == 0)
    let verbs = try machine.calls().prefix(3).map {
      $0.split(separator: " ").prefix(2).joined(separator: " ")
    }
    #expect(verbs == ["apt-get install", "apt-get update", "apt-get install"])
  }

  @Test("An installation that fails, or changes nothing, is an error in one line")
  func failedInstallation() throws {
    let failing = try StubbedMachine(without: ["openssl/evp.h"])
    try failing.addAptGet(failures: 9)
    let failed = try failing.run(["verify"])
    #expect(failed.status == 2)
    #expect(
      failed.errors.last
        == "armature: apt-get could not install libssl-dev; to see why: apt-get install libssl-dev")

    let useless = try StubbedMachine(without: ["openssl/evp.h"])
    try useless.addAptGet(installs: false)
    let unchanged = try useless.run(["verify"])
    #expect(unchanged.status == 2)
    #expect(unchanged.errors.last?.contains("libssl-dev cannot be found; set ARMATURE_INCLUDE_PATH") == true)
  }

  @Test("Another user installs with sudo where it asks for no password, and is told the command otherwise")
  func sudo() throws {
    var machine = try StubbedMachine(without: ["zlib.h"])
    machine.environment["STUB_USER"] = "1000"
    try machine.addAptGet()
    let command = "armature: missing zlib1g-dev; install with: sudo apt-get install zlib1g-dev"
    let without = try machine.run(["verify"])
    #expect(without.status == 2 && without.errors == [command])

    try machine.addTool("sudo", "exit 1")
    let refused = try machine.run(["verify"])
    #expect(refused.status == 2 && refused.errors == [command])
    #expect(try machine.calls().isEmpty)

    try machine.addTool("sudo", "echo \"sudo $1\" >>\"$STUB_LOG\"; [ \"$1\" = -n ] && shift; \"$@\"")
    #expect(try machine.run(["verify"]).status == 0)
    #expect(try machine.calls().prefix(2) == ["sudo -n", "sudo env"])
  }

  @Test("Without apt-get it installs nothing and prints the line for this system")
  func otherSystems() throws {
    var machine = try StubbedMachine(without: StubbedMachine.headers)
    let names = "missing libgsl-dev libdnnl-dev zlib1g-dev libssl-dev"
    let unknown = try machine.run(["verify"])
    #expect(unknown.status == 2)
    #expect(
      unknown.errors == [
        "armature: \(names) (the names of Debian's packages); install them with this system's package manager"
      ])

    try machine.addTool("dnf", "echo dnf >>\"$STUB_LOG\"")
    let fedora = try machine.run(["verify"])
    #expect(
      fedora.errors == [
        "armature: \(names); install with: sudo dnf install gsl-devel onednn-devel zlib-devel openssl-devel"
      ])

    machine.environment["STUB_SYSTEM"] = "Darwin"
    let mac = try machine.run(["verify"])
    #expect(mac.status == 2)
    #expect(mac.errors == ["armature: \(names); install with: brew install gsl onednn zlib openssl"])
    #expect(try machine.calls().isEmpty)
  }

  @Test(
    "gnuplot is asked for where figures are drawn and nowhere else",
    arguments: [
      (["reproduce"], true), (["test"], true), (["setup"], true), (["verify", "--report", "r"], true),
      (["verify", "--report=r"], true), (["toy"], true), (["accuracy"], true), (["replay"], true),
      (["verify"], false), (["exact", "report"], false),
    ])
  func gnuplot(arguments: [String], wanted: Bool) throws {
    let machine = try StubbedMachine(gnuplot: false)
    let outcome = try machine.run(arguments)
    #expect(outcome.status == (wanted ? 2 : 0))
    #expect(outcome.errors.contains { $0.contains("missing gnuplot-nox") } == wanted)
  }

  @Test("A failing build is one line with the first error and the place of the log")
  func failedBuild() throws {
    var machine = try StubbedMachine()
    machine.environment["STUB_BUILD_ERROR"] = "A.swift:1:1: error: no such thing"
    let outcome = try machine.run(["verify"])
    #expect(outcome.status == 2)
    let error = try #require(outcome.errors.last)
    #expect(error.hasPrefix("armature: the build failed: A.swift:1:1: error: no such thing (whole log: "))
    let log = error.components(separatedBy: "whole log: ")[1].dropLast()
    #expect(try String(contentsOfFile: String(log), encoding: .utf8).hasPrefix("Compiling\n"))
  }

  @Test("'test' builds the tests and runs them with its arguments; their exit status is its own")
  func test() throws {
    var machine = try StubbedMachine()
    machine.environment["STUB_EXIT"] = "1"
    let outcome = try machine.run(["test", "--filter", "A B"])
    #expect(outcome.status == 1)
    let package = "--package-path \(machine.checkout.path)"
    #expect(
      try machine.calls() == [
        "swift build \(package) --build-tests", "swift test \(package) --skip-build --filter A B",
      ])
  }

  @Test("'setup' stops before the build")
  func setup() throws {
    let machine = try StubbedMachine(without: ["zlib.h"])
    try machine.addAptGet()
    #expect(try machine.run(["setup"]).status == 0)
    #expect(try machine.calls().count == 1)
  }

  @Test(
    "Help needs nothing before the first build, and is the program's own after it",
    arguments: [[], ["--help"], ["-h"]])
  func help(arguments: [String]) throws {
    let bare = try StubbedMachine(swift: nil, without: StubbedMachine.headers)
    let before = try bare.run(arguments)
    #expect(before.status == 0 && before.errors.isEmpty)
    #expect(before.output.hasPrefix("Usage: ./armature COMMAND"))

    let built = try StubbedMachine()
    _ = try built.run(["verify"])
    let after = try built.run(arguments)
    #expect(after.output.hasSuffix(arguments.map { "<\($0)>\n" }.joined()))
    #expect(!after.output.contains("Usage"))
  }
}
