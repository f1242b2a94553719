import Foundation
import Testing

@testable import Datasets

@Suite("The catalogue of data sets")
struct DatasetCatalogueTests {
  @Test(
    "has three splits for each, files with well-formed checksums, and mirrors only for files that can be checked"
  )
  func isWellFormed() {
    for set in DatasetCatalogue.all {
      #expect(set.sizes.count == 3 && set.sizes.allSatisfy { $0 > 0 })
      #expect(!set.files.isEmpty && !set.source.isEmpty && !set.licence.isEmpty)
      for file in set.files + set.labelFiles {
        for digest in [file.sha256, file.contentSHA256].compactMap({ $0 }) {
          #expect(digest.count == 64 && digest.allSatisfy { "0123456789abcdef".contains($0) })
        }
        if let md5 = file.md5 { #expect(md5.count == 32) }
        for mirror in file.mirrors {
          #expect(file.contentSHA256 != nil || file.md5 != nil)
          #expect(URL(string: mirror)?.host != nil && mirror.hasPrefix("http"))
          #expect(file.names.contains { mirror.hasSuffix($0.replacing("fashion-", with: "")) })
        }
      }
    }
  }

  @Test("names no two files alike with different contents")
  func namesAreUnambiguous() {
    var seen: [String: DataFile] = [:]
    for file in DatasetCatalogue.all.flatMap({ $0.files + $0.labelFiles }) {
      for name in file.names { #expect(seen.updateValue(file, forKey: name).map { $0 == file } != false) }
    }
  }

  @Test(
    "states the sizes that the real files have",
    .enabled(if: ProcessInfo.processInfo.environment["ARMATURE_DATA"] != nil), arguments: DatasetName.allCases
  )
  func realSizes(name: DatasetName) throws {
    guard DatasetInspection(name, folder: nil, verifies: false).isReady else { return }
    let set = try ImageDataset.load(name, folder: nil, labels: true)
    #expect([set.train.count, set.valid.count, set.test.count] == DatasetCatalogue.describe(name).sizes)
  }

  @Test(
    "An inspection says of each file whether it is missing, as distributed, recompressed, wrong or unreadable"
  )
  func inspection() throws {
    try withTemporaryFolder { folder in
      let names = DatasetCatalogue.describe(.omniglotArea).files.map(\.name)
      func states(_ verifies: Bool) -> [DataFileState] {
        DatasetInspection(.omniglotArea, folder: folder, verifies: verifies).files.map(\.state)
      }
      #expect(states(true) == [.missing, .missing, .missing, .missing])
      try Data(gzip([1])).write(to: folder.appending(path: names[0]))
      try Data([1, 2]).write(to: folder.appending(path: names[1]))
      #expect(states(false) == [.unverified, .unverified, .missing, .missing])
      #expect(states(true) == [.wrong, .unreadable, .missing, .missing])
      #expect(!DatasetInspection(.omniglotArea, folder: folder, verifies: true).isReady)
    }
    #expect(DatasetInspection(.digits, folder: nil, verifies: true).files.map(\.state) == [.original])
    #expect(DatasetInspection(.digits, folder: nil, verifies: false).files.map(\.state) == [.original])
  }

  @Test("A recompressed file, and an uncompressed one, have the same content")
  func otherContainers() throws {
    let digits = try GzipFile(try FixturesFolder.locate("Digits").appending(path: "digits.csv.gz"))
    let file = try #require(DatasetCatalogue.file(named: "digits.csv"))
    try withTemporaryFolder { folder in
      let plain = folder.appending(path: "digits.csv")
      try Data(digits.content).write(to: plain)
      #expect(file.find(in: folder) == plain)
      let set = try DatasetLoader(folder: folder).load(.digits)
      #expect(set.files.map(\.name) == ["digits.csv"] && set.train.count == 1284)
    }
  }
}
