import Foundation
import Testing

@testable import Datasets

@Suite struct GzipFileTests {
  static let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }

  static let whole = gzip(content)

  func problem(of bytes: [UInt8]) throws -> DatasetError.GzipProblem? {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file.gz")
      try Data(bytes).write(to: url)
      do throws(DatasetError) {
        _ = try GzipFile(url)
        return nil
      } catch {
        guard case .badGzip(file: url.path, let problem) = error else { throw error }
        #expect(error.description.contains(url.path) && !error.description.contains("\n"))
        return problem
      }
    }
  }

  @Test("A gzip file gives back its content and the SHA-256 of both")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file.gz")
      try Data(Self.whole).write(to: url)
      let file = try GzipFile(url)
      #expect(file.content == Self.content)
      #expect(file.sha256 == SHA256Stream.digest(of: Self.whole))
      #expect(file.contentSHA256 == SHA256Stream.digest(of: Self.content))
    }
  }

  @Test("An empty content is a content")
  func emptyContent() throws {
    #expect(try problem(of: gzip([])) == nil)
  }

  @Test(
    "A stream cut anywhere is reported as truncated",
    arguments: [2, 3, 9, 10, 12, 15, 5000, 65_550, 100_000, 100_027])
  func truncated(length: Int) throws {
    #expect(length < Self.whole.count)
    #expect(try problem(of: Array(Self.whole.prefix(length))) == .truncated)
  }

  @Test("Every single byte cut off the end is noticed")
  func cutTail() throws {
    let whole = gzip([1, 2, 3])
    for length in 2..<whole.count {
      #expect(try problem(of: Array(whole.prefix(length))) == .truncated)
    }
  }

  @Test("A changed byte of content or trailer is reported as corrupt", arguments: [-1, -5, -9])
  func corrupt(place: Int) throws {
    var stream = Self.whole
    stream[stream.count + place] ^= 1
    guard case .corrupt = try problem(of: stream) else {
      Issue.record("the damage went unnoticed")
      return
    }
  }

  @Test("Bytes after the stream are reported, whether garbage or another stream")
  func trailing() throws {
    #expect(try problem(of: Self.whole + [0]) == .trailingBytes)
    #expect(try problem(of: gzip([1]) + gzip([2])) == .trailingBytes)
    // The stream ends exactly where a piece of the reader ends.
    let exact = [UInt8](repeating: 7, count: (1 << 18) - 38)
    #expect(gzip(exact).count == 1 << 18)
    #expect(try problem(of: gzip(exact)) == nil)
    #expect(try problem(of: gzip(exact) + [0]) == .trailingBytes)
  }

  @Test("A file that is not gzip is reported, an empty one too")
  func notGzip() throws {
    #expect(try problem(of: []) == .notGzip)
    #expect(try problem(of: Array("0 1 0\n".utf8)) == .notGzip)
  }

  @Test("A folder in place of the file is unreadable")
  func folder() throws {
    try withTemporaryFolder { folder in
      do throws(DatasetError) {
        _ = try GzipFile(folder)
        Issue.record("a folder was read as a file")
      } catch {
        guard case .unreadable(file: folder.path, _) = error else { throw error }
      }
    }
  }

  @Test("SHA-256 of the three messages of FIPS 180-2, appendix B, is theirs")
  func publishedDigests() {
    #expect(
      SHA256Stream.digest(of: Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256Stream.digest(of: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      SHA256Stream.digest(of: [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
