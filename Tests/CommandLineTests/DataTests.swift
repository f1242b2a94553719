import Foundation
import HTTPTestServer
import Testing

@Suite("The commands on data")
struct DataTests {
  private func sets(_ outcome: CommandOutcome) throws -> [String: [String: Any]] {
    let list = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    return Dictionary(
      uniqueKeysWithValues: list.compactMap { set in (set["name"] as? String).map { ($0, set) } })
  }

  @Test("list names every data set, and explains one with source, licence, splits and mirrors")
  func list() throws {
    try CommandRunner.withTemporaryFolder { folder in
      let all = try sets(try CommandRunner.run(["data", "list", "--json", "--data", folder.path]))
      #expect(Set(all.keys).isSuperset(of: ["mnist", "mnist-static", "omniglot", "cifar-10", "digits"]))
      #expect(all["digits"]?["ready"] as? Bool == true && all["mnist"]?["ready"] as? Bool == false)
      #expect(all["omniglot"]?["valid"] as? Int == 1345)
      let one = try CommandRunner.run(["data", "list", "mnist-static", "--data", folder.path])
      for part in ["Larochelle", "licence", "50000", "sorted by class", "http://", "missing"] {
        #expect(one.output.contains(part), "\(part)")
      }
    }
  }

  @Test("verify passes what is right, and ends with status 1 on a file that is wrong, unreadable or missing")
  func verify() throws {
    let digits = try CommandRunner.run(["data", "verify", "digits"])
    #expect(
      digits.status == 0 && digits.output.contains("as distributed")
        && digits.output.hasSuffix("PASS: no file is wrong\n"))
    try CommandRunner.withTemporaryFolder { folder in
      let missing = try CommandRunner.run(["data", "verify", "omniglot", "--data", folder.path])
      #expect(missing.status == 1 && missing.errors.contains("chardata.mat"))
      let none = try CommandRunner.run(["data", "verify", "--data", folder.path])
      #expect(none.status == 0, "\(none.errors)")
      try Data("other".utf8).write(to: folder.appendingPathComponent("chardata.mat"))
      try Data("other".utf8).write(to: folder.appendingPathComponent("t10k-images-idx3-ubyte.gz"))
      let wrong = try CommandRunner.run(["data", "verify", "--json", "--data", folder.path])
      #expect(wrong.status == 1 && wrong.errors.contains("MD5") && wrong.errors.contains("t10k-images"))
      let files = try #require(try sets(wrong)["omniglot"]?["files"] as? [[String: Any]])
      #expect(files.first?["state"] as? String == "wrong")
    }
  }

  @Test("fetch downloads, verifies and names a file; twice does nothing more")
  func fetch() throws {
    let file = [UInt8](
      try Data(contentsOf: CommandRunner.root.appendingPathComponent("Fixtures/Digits/digits.csv.gz")))
    let server = try HTTPTestServer(file: file, .closes(after: 30_000))
    try CommandRunner.withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("new/data")
      let arguments = ["data", "fetch", "digits", "--data", target.path, "--mirror", server.address]
      expectBadInput(
        try CommandRunner.run(arguments), naming: ["30000 of \(file.count) bytes", "fetch again"])
      server.behave(.good)
      let fetched = try CommandRunner.run(arguments)
      #expect(
        fetched.status == 0 && fetched.output.contains("fetched, \(file.count) bytes"), "\(fetched.errors)")
      #expect(try Data(contentsOf: target.appendingPathComponent("digits.csv.gz")) == Data(file))
      #expect(server.requests.last?.range == "bytes=30000-")
      let again = try CommandRunner.run(arguments)
      #expect(again.status == 0 && again.output.contains("was there"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: target.path) == ["digits.csv.gz"])
    }
  }

  @Test("fetch reports a missing file, wrong content, a silent server and no network in one line each")
  func fetchFailures() throws {
    let server = try HTTPTestServer(file: [1, 2, 3], .status(404))
    try CommandRunner.withTemporaryFolder { folder in
      let arguments = ["data", "fetch", "mnist", "--data", folder.path, "--mirror"]
      let name = "train-images-idx3-ubyte.gz"
      expectBadInput(try CommandRunner.run(arguments + [server.address]), naming: ["404", name])
      server.behave(.good)
      expectBadInput(try CommandRunner.run(arguments + [server.address]), naming: ["gzip", name])
      server.behave(.stalls(after: 2))
      expectBadInput(
        try CommandRunner.run(arguments + [server.address, "--timeout", "1"]),
        naming: ["no connection", name])
      expectBadInput(
        try CommandRunner.run(arguments + ["http://127.0.0.1:9"]), naming: ["no connection", name])
      expectBadInput(try CommandRunner.run(arguments + ["ftp://x"]), naming: ["http://", name])
    }
  }

  @Test("bad names and options")
  func badUsage() throws {
    for command in ["list", "verify", "fetch"] {
      expectBadInput(try CommandRunner.run(["data", command, "mnits"]), naming: ["mnits", "mnist-static"])
    }
    expectBadInput(
      try CommandRunner.run(["data", "fetch", "cifar-10", "--data", "/tmp"]), naming: ["cifar-10"])
    expectBadInput(try CommandRunner.run(["data", "fetch", "digits"]), naming: ["digits", "comes with"])
    expectBadInput(
      try CommandRunner.run(["data", "fetch", "mnist", "--timeout", "-1"]), naming: ["--timeout"])
    try CommandRunner.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      expectBadInput(
        try CommandRunner.run(["data", "fetch", "mnist", "--data", file.path + "/x"]), naming: [file.path])
    }
  }

  @Test("Without any data folder, training says how to get the data")
  func noFolder() throws {
    try CommandRunner.withTemporaryFolder { folder in
      expectBadInput(
        try CommandRunner.run(
          ["train", "mnist-static-linear", "--steps", "1", "--output", folder.path + "/run"],
          environment: ["ARMATURE_DATA": "", "HOME": folder.path, "XDG_DATA_HOME": ""]),
        naming: ["mnist-static", "--data", "armature data fetch mnist-static"])
    }
  }
}
