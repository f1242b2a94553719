import Foundation
import Testing

@testable import Reporting

@Suite("External programs")
struct ExternalProgramTests {
  private func shell() throws -> ExternalProgram { try #require(ExternalProgram.find("sh")) }

  @Test("The output of a program is returned, however long it is")
  func output() throws {
    let text = try shell().run([
      "-c", "i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done",
    ])
    #expect(text.count == 3000 * 41)
  }

  @Test("A failing program gives its status and the first line of its complaint")
  func failure() throws {
    #expect {
      try shell().run(["-c", "echo wrong >&2; echo more >&2; exit 3"])
    } throws: {
      ($0 as? ExternalProgram.Failure)?.description == "sh exited with status 3: wrong"
    }
  }

  @Test("A program that does not end is stopped at its time limit")
  func limit() throws {
    let start = ContinuousClock.now
    #expect {
      try shell().run(["-c", "exec sleep 20"], secondsAllowed: 0.2)
    } throws: {
      "\($0)".contains("did not finish within 0.2 s")
    }
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("A program that does not exist is found nowhere and cannot be run")
  func missing() {
    #expect(ExternalProgram.find("sh", searchPath: "/nowhere:") == nil)
    #expect(throws: ExternalProgram.Failure.self) { try ExternalProgram(path: "/nowhere/sh").run([]) }
  }
}
