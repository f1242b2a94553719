import Foundation
import HTTPTestServer
import Testing

@testable import Datasets

@Suite("Fetching a file")
struct DataFetcherTests {
  static let content = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
  static let stream = gzip(content)
  static let file = DataFile("images.gz", contentSHA256: SHA256Stream.digest(of: content))

  private func withServer(
    _ behaviour: HTTPTestServer.Behaviour,
    _ body: (HTTPTestServer, DataFetcher, URL) async throws -> Void
  ) async throws {
    let server = try HTTPTestServer(file: Self.stream, behaviour)
    let folder = FileManager.default.temporaryDirectory.appending(path: "armature-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try await body(server, DataFetcher(folder: folder, mirror: server.address, idleLimit: 60), folder)
  }

  private func fault(_ fetcher: DataFetcher, _ file: DataFile = file) async -> FetchError? {
    do throws(FetchError) {
      _ = try await fetcher.fetch(file)
      return nil
    } catch {
      #expect(!error.description.contains("\n"))
      return error
    }
  }

  private func names(_ folder: URL) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
  }

  @Test("gives it its name and its bytes, and asks for nothing when it is there")
  func good() async throws {
    try await withServer(.good) { server, fetcher, folder in
      let target = folder.appending(path: "images.gz")
      let first = try await fetcher.fetch(Self.file)
      #expect(first == .fetched(target, bytes: Self.stream.count))
      #expect(try Data(contentsOf: target) == Data(Self.stream))
      #expect(try names(folder) == ["images.gz"])
      let second = try await fetcher.fetch(Self.file)
      #expect(second == .present(target))
      #expect(server.requests == [.init(path: "/images.gz", range: nil)])
    }
  }

  @Test("that is offered uncompressed keeps it under its name without .gz")
  func uncompressed() async throws {
    try await withServer(.good) { server, _, folder in
      server.serve(file: Self.content)
      let file = DataFile(
        "images.gz", contentSHA256: Self.file.contentSHA256, mirrors: [server.address + "/images"])
      let fetcher = DataFetcher(folder: folder, idleLimit: 60)
      let target = folder.appending(path: "images")
      let outcomes = [try await fetcher.fetch(file), try await fetcher.fetch(file)]
      #expect(outcomes == [.fetched(target, bytes: Self.content.count), .present(target)])
    }
  }

  @Test(
    "that is not there is one line with the address and the status, and leaves nothing",
    arguments: [403, 404, 500])
  func refused(status: Int) async throws {
    try await withServer(.status(status)) { server, fetcher, folder in
      let address = server.address + "/images.gz"
      let error = await fault(fetcher)
      #expect(error == .refused(address: address, status: status))
      #expect(error?.description.contains(address) == true)
      let left = try names(folder)
      #expect(left.isEmpty)
    }
  }

  @Test("that breaks off keeps what came; the next fetch asks for the rest only")
  func resumes() async throws {
    try await withServer(.closes(after: 20_000)) { server, fetcher, folder in
      let address = server.address + "/images.gz"
      let count = Self.stream.count
      #expect(await fault(fetcher) == .truncated(address: address, bytes: 20_000, expected: count))
      #expect(try names(folder) == [".partial-images.gz"])
      #expect(await fault(fetcher) == .truncated(address: address, bytes: 40_000, expected: count))
      server.behave(.good)
      let target = folder.appending(path: "images.gz")
      let outcome = try await fetcher.fetch(Self.file)
      #expect(outcome == .fetched(target, bytes: count))
      #expect(try Data(contentsOf: target) == Data(Self.stream))
      #expect(server.requests.map(\.range) == [nil, "bytes=20000-", "bytes=40000-"])
      #expect(try names(folder) == ["images.gz"])
    }
  }

  @Test("goes on rightly where the server sends the whole instead of the rest, or the wrong part of it")
  func badRanges() async throws {
    for behaviour in [HTTPTestServer.Behaviour.ignoresRanges, .shiftsRanges] {
      try await withServer(.closes(after: 20_000)) { server, fetcher, folder in
        _ = await fault(fetcher)
        server.behave(behaviour)
        _ = try await fetcher.fetch(Self.file)
        #expect(
          try Data(contentsOf: folder.appending(path: "images.gz")) == Data(Self.stream), "\(behaviour)")
      }
    }
  }

  @Test("starts again where what was kept belongs to another file, or is longer than the file")
  func staleBeginning() async throws {
    for length in [30_000, 60_000] {
      try await withServer(.good) { server, fetcher, folder in
        try Data(count: length).write(to: folder.appending(path: ".partial-images.gz"))
        _ = try await fetcher.fetch(Self.file)
        #expect(try Data(contentsOf: folder.appending(path: "images.gz")) == Data(Self.stream))
        #expect(server.requests.map(\.range) == ["bytes=\(length)-", nil])
      }
    }
  }

  @Test("of another content is refused with both checksums, and not kept")
  func wrongSum() async throws {
    try await withServer(.good) { server, fetcher, folder in
      server.serve(file: gzip([1, 2, 3]))
      let error = await fault(fetcher)
      let found = SHA256Stream.digest(of: [1, 2, 3])
      #expect(error?.description.contains("SHA-256 of the content is \(found)") == true)
      #expect(error?.description.contains(server.address + "/images.gz") == true)
      server.serve(file: Array("<html>".utf8))
      #expect(await fault(fetcher)?.description.contains("no whole gzip stream") == true)
      let left = try names(folder)
      #expect(left.isEmpty)
    }
  }

  @Test("from a machine that does not answer is one line with the reason")
  func noConnection() async throws {
    try await withServer(.good) { _, _, folder in
      // Port 9 is that of the discard service, which nobody runs.
      let dead = DataFetcher(folder: folder, mirror: "http://127.0.0.1:9/", idleLimit: 60)
      guard case .noConnection(let address, let reason, 0) = await fault(dead) else {
        Issue.record("no such error")
        return
      }
      #expect(address == "http://127.0.0.1:9/images.gz" && !reason.isEmpty)
      let left = try names(folder)
      #expect(left.isEmpty)
    }
  }

  @Test("from a server that falls silent is given up after the limit, and what came is kept")
  func stalls() async throws {
    try await withServer(.stalls(after: 10_000)) { server, fetcher, folder in
      let impatient = DataFetcher(folder: folder, mirror: server.address, idleLimit: 1)
      let error = await fault(impatient)
      guard case .noConnection(_, _, let kept) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(kept <= 10_000)
      server.behave(.good)
      _ = try await fetcher.fetch(Self.file)
      #expect(server.requests.last?.range == (kept == 0 ? nil : "bytes=\(kept)-"))
    }
  }

  @Test("tries the next mirror when one fails, and names all that failed")
  func mirrors() async throws {
    try await withServer(.good) { good, _, folder in
      let bad = try HTTPTestServer(file: [], .status(404))
      let fetcher = DataFetcher(folder: folder, idleLimit: 60)
      let addresses = [bad.address + "/a/images.gz", bad.address + "/b/images.gz"]
      let none = DataFile("images.gz", contentSHA256: Self.file.contentSHA256, mirrors: addresses)
      guard case .allFailed("images.gz", let problems) = await fault(fetcher, none) else {
        Issue.record("no such error")
        return
      }
      #expect(problems.count == 2 && zip(problems, addresses).allSatisfy { $0.contains($1) })
      let some = DataFile(
        "images.gz", contentSHA256: Self.file.contentSHA256,
        mirrors: addresses + [good.address + "/images.gz"])
      let outcome = try await fetcher.fetch(some)
      #expect(outcome == .fetched(folder.appending(path: "images.gz"), bytes: Self.stream.count))
    }
  }

  @Test("into a folder that cannot be made, over a file of another content, and by two at once is refused")
  func refusals() async throws {
    try await withServer(.good) { server, fetcher, folder in
      let target = folder.appending(path: "images.gz")
      try Data("mine".utf8).write(to: target)
      guard case .otherFile(let path, _) = await fault(fetcher) else {
        Issue.record("no such error")
        return
      }
      let kept = try Data(contentsOf: target)
      #expect(path == target.path && kept == Data("mine".utf8))
      let below = DataFetcher(folder: target.appending(path: "x"), mirror: server.address)
      await #expect(throws: FetchError.self) { try await below.fetch(.digits) }
      try FileManager.default.removeItem(at: target)
      #expect(
        await fault(DataFetcher(folder: folder, mirror: "file:///etc"))
          == .badAddress("file:///etc/images.gz"))
      let partial = folder.appending(path: ".partial-images.gz")
      let lock = try FileLock.take(partial.path, creates: true)
      #expect(await fault(fetcher) == .inUse(path: partial.path))
      withExtendedLifetime(lock) {}
    }
  }

  @Test("of a set without public mirrors says why there is none")
  func noMirror() async throws {
    try await withServer(.good) { _, _, folder in
      let fetcher = DataFetcher(folder: folder)
      for name in [DatasetName.cifar10, .omniglotArea, .digits] {
        await #expect(throws: FetchError.self) { try await fetcher.fetch(name) }
      }
    }
  }
}
