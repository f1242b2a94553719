import Foundation
import Testing

@Suite("The command that inspects runs")
struct InspectTests {
  @Test("inspect writes its files beside the run's and prints a table or JSON; bad input ends with one line")
  func inspect() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let run = folder.appendingPathComponent("runs/one").path
      let trained = try CommandRunner.run([
        "train", BadInputTests.protocolFile, "--steps", "4", "--output", run,
      ])
      #expect(trained.status == 0, "\(trained.errors)")
      let arguments = ["inspect", folder.appendingPathComponent("runs").path, "--draws", "3"]
      expectBadInput(
        try CommandRunner.run(arguments + ["--estimators", "arm,disram"]), naming: ["disram", "disarm"])
      expectBadInput(try CommandRunner.run(["inspect", folder.path]), naming: [folder.path, "run.json"])
      #expect(!FileManager.default.fileExists(atPath: run + "/inspection.json"))

      let outcome = try CommandRunner.run(arguments + ["--estimators", "arm,loorf:2"])
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      for part in ["one  arm", "one  loorf:2", "written", "50 images of the test split"] {
        #expect(outcome.output.contains(part), "\(outcome.output)")
      }
      for file in ["inspection.json", "samples.png", "reconstructions.png"] {
        #expect(FileManager.default.fileExists(atPath: run + "/" + file))
      }
      let again = try CommandRunner.run(arguments + ["--estimators", "arm,loorf:2", "--json"])
      let list = try #require(
        try JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [[String: Any]])
      #expect(list.count == 1 && list[0]["kept"] as? Bool == true)
      let inspection = try #require(list[0]["inspection"] as? [String: Any])
      #expect(inspection["schema"] as? String == "armature.inspection/1" && inspection["step"] as? Int == 4)
    }
  }
}
