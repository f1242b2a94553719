import Foundation
import Testing

@testable import Datasets

@Suite struct ImageDatasetTests {
  @Test("The digits have 1,797 images in three splits, each with all ten classes in similar shares")
  func digits() throws {
    let set = try ImageDataset.load(.digits, folder: nil)
    #expect(set.train.count == 1284 && set.valid.count == 257 && set.test.count == 256)
    #expect(set.pixels == 64 && set.maximumIntensity == 16)
    let file = try GzipFile(try FixturesFolder.locate("Digits").appending(path: "digits.csv.gz"))
    let digits = try DigitsFile(file.content, file: "digits.csv.gz")
    let rows = digits.labels.indices
    for split in DataSplit.allCases {
      let members = rows.filter { DatasetLoader.digitsSplit(row: $0) == split }
      #expect(set[split].intensities == members.flatMap { digits.intensities[$0 * 64..<($0 + 1) * 64] })
      for label in 0..<10 {
        let share = Double(members.count { digits.labels[$0] == label }) / Double(members.count)
        #expect(share > 0.05 && share < 0.15, "class \(label) in \(split)")
      }
    }
    #expect(set.files.map(\.name) == ["digits.csv.gz"])
    #expect(set.files[0].sha256 == DatasetCatalogue.file(named: "digits.csv.gz")?.sha256)
  }

  @Test("The mean image of the digits is the mean of what the model sees")
  func meanImage() throws {
    let set = try ImageDataset.load(.digits, folder: nil)
    let images = stride(from: 0, to: set.train.intensities.count, by: 64)
    for pixel in [0, 2, 20, 35, 63] {
      let column = images.map { Int(set.train.intensities[$0 + pixel]) }
      let total = column.reduce(0, +)
      let set1 = column.count { $0 > 8 }
      #expect(set.meanImage(.dynamic)[pixel] == Float(Double(total) / (1284 * 16)))
      #expect(set.meanImage(.threshold)[pixel] == Float(Double(set1) / 1284))
    }
  }

  @Test("Small MNIST files are read, split and recorded")
  func smallMNIST() throws {
    try withTemporaryFolder { folder in
      let images = (0..<5 * 784).map { UInt8(truncatingIfNeeded: $0 / 784 * 50) }
      try Data(gzip(IDXFileTests.idx([5, 28, 28], images))).write(
        to: folder.appending(path: "train-images-idx3-ubyte.gz"))
      try Data(gzip(IDXFileTests.idx([1, 28, 28], [UInt8](repeating: 9, count: 784)))).write(
        to: folder.appending(path: "t10k-images-idx3-ubyte.gz"))
      let set = try DatasetLoader(folder: folder, checks: false, validationImages: 2).load(.mnist)
      #expect(set.train.count == 3 && set.valid.count == 2 && set.test.count == 1)
      #expect(set.valid.intensities.first == 150 && set.valid.intensities.last == 200)
      #expect(set.meanImage(.dynamic)[0] == Float(150.0 / (3 * 255)))
      #expect(throws: DatasetError.self) { try DatasetLoader(folder: folder, checks: false).load(.mnist) }
    }
  }

  @Test("Small MNIST-static files are read; another width is refused")
  func smallStatic() throws {
    try withTemporaryFolder { folder in
      let line = Array(repeating: "1", count: 784).joined(separator: " ") + "\n"
      for part in ["train", "valid", "test"] {
        try Data(gzip(Array((line + line).utf8))).write(
          to: folder.appending(path: "binarized_mnist_\(part).amat.gz"))
      }
      let loader = DatasetLoader(folder: folder, checks: false)
      #expect(try loader.load(.mnistStatic).test.intensities == [UInt8](repeating: 1, count: 1568))
      try Data(gzip(Array("0 1\n".utf8))).write(to: folder.appending(path: "binarized_mnist_test.amat.gz"))
      #expect(throws: DatasetError.self) { try loader.load(.mnistStatic) }
    }
  }

  @Test("A file of another content fails its checksum; a missing file is named with its data set")
  func checksums() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "digits.csv.gz")
      let loader = DatasetLoader(folder: folder)
      #expect(throws: DatasetError.missing(file: file.path, set: .digits)) { try loader.load(.digits) }
      let content = Array("0\n".utf8)
      try Data(gzip(content)).write(to: file)
      let expected = try #require(DatasetCatalogue.file(named: "digits.csv.gz")?.contentSHA256)
      let found = SHA256Stream.digest(of: content)
      #expect(throws: DatasetError.wrongChecksum(file: file.path, expected: expected, found: found)) {
        try loader.load(.digits)
      }
    }
  }

  @Test("The same content in another gzip container is accepted and recorded as it is")
  func otherContainer() throws {
    try withTemporaryFolder { folder in
      let original = try GzipFile(try FixturesFolder.locate("Digits").appending(path: "digits.csv.gz"))
      try Data(gzip(original.content)).write(to: folder.appending(path: "digits.csv.gz"))
      let set = try DatasetLoader(folder: folder).load(.digits)
      #expect(set.files[0].contentSHA256 == original.contentSHA256)
      #expect(set.files[0].sha256 != original.sha256)
    }
  }

  @Test("Fixtures are found above the starting folder, in ARMATURE_HOME if it is set, or reported missing")
  func fixtures() throws {
    try withTemporaryFolder { folder in
      let deep = folder.appending(path: "a/b/c")
      try FileManager.default.createDirectory(at: deep, withIntermediateDirectories: true)
      let wanted = folder.appending(path: "a/Fixtures/Things")
      try FileManager.default.createDirectory(at: wanted, withIntermediateDirectories: true)
      #expect(try FixturesFolder.locate("Things", home: nil, above: [deep]).path == wanted.path)
      #expect(throws: DatasetError.noFixtures(name: "Other")) {
        try FixturesFolder.locate("Other", home: nil, above: [deep])
      }
      #expect(throws: DatasetError.noFixtures(name: "Things")) {
        try FixturesFolder.locate("Things", home: deep.path, above: [deep])
      }
    }
  }

  @Test(
    "The real MNIST files have their published sizes and pass their checksums",
    .enabled(if: ProcessInfo.processInfo.environment["ARMATURE_DATA"] != nil),
    arguments: [DatasetName.mnist, .fashionMNIST])
  func realFiles(name: DatasetName) throws {
    let set = try ImageDataset.load(name, folder: nil)
    #expect(set.train.count == 50_000 && set.valid.count == 10_000 && set.test.count == 10_000)
    #expect(set.pixels == 784 && set.maximumIntensity == 255)
  }

  @Test(
    "The real MNIST-static test file passes its checksum and holds 10,000 images",
    .enabled(if: ProcessInfo.processInfo.environment["ARMATURE_DATA"] != nil))
  func realStaticTestFile() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["ARMATURE_DATA"])
    let name = "binarized_mnist_test.amat.gz"
    let file = try GzipFile(URL(fileURLWithPath: folder).appending(path: name))
    #expect(file.contentSHA256 == DatasetCatalogue.file(named: name)?.contentSHA256)
    let text = try AMATFile(file.content, file: name)
    #expect(text.rows == 10_000 && text.columns == 784)
  }
}

@Suite struct BinarisationTests {
  func bits(_ rule: Binarisation, _ intensities: [UInt8], maximum: UInt8, uniforms: [Float] = []) -> [UInt8] {
    var bits = [UInt8](repeating: 7, count: intensities.count)
    var target = bits.mutableSpan
    rule.binarise(intensities.span, maximum: maximum, uniforms: uniforms.span, into: &target)
    return bits
  }

  @Test("Static bits stay as they are")
  func staticBits() {
    #expect(bits(.static, [0, 1, 1, 0], maximum: 1) == [0, 1, 1, 0])
  }

  @Test("What is not binarised are bytes up to 255, rounded, whatever full ink is")
  func unbinarised() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(bits(.unbinarised, bytes, maximum: 255) == bytes)
    // 255 / 16 = 15.94, 8 times 127.5.
    #expect(bits(.unbinarised, [0, 1, 8, 15, 16], maximum: 16) == [0, 16, 128, 239, 255])
    var rounded = [UInt8](repeating: 7, count: 4)
    var target = rounded.mutableSpan
    let fractions: [Float] = [0, 0.25, 1 / 255, 1]
    Binarisation.unbinarised.binarise(fractions.span, uniforms: [Float]().span, into: &target)
    #expect(rounded == [0, 64, 1, 255])
    #expect(Binarisation.unbinarised.uniformsPerPixel == 0)
    #expect(Binarisation.unbinarised.suits(.mnist) && !Binarisation.unbinarised.suits(.mnistStatic))
  }

  @Test("The threshold is above half of the largest intensity, for odd and even ones")
  func threshold() {
    #expect(bits(.threshold, [0, 7, 8, 9, 16], maximum: 16) == [0, 0, 0, 1, 1])
    #expect(bits(.threshold, [0, 127, 128, 255], maximum: 255) == [0, 0, 1, 1])
  }

  @Test("A dynamic bit is set exactly where the uniform number is below intensity / maximum")
  func dynamic() {
    let smallest: Float = 0x1p-24
    let largest: Float = 1 - 0x1p-24
    #expect(
      bits(.dynamic, [0, 255, 51, 51], maximum: 255, uniforms: [smallest, largest, 0.19, 0.21]) == [
        0, 1, 1, 0,
      ])
    #expect(bits(.dynamic, [4, 4, 16], maximum: 16, uniforms: [0.2499, 0.2501, largest]) == [1, 0, 1])
  }

  @Test("Over all 16 cells of the unit interval each intensity is set as often as it says, exactly")
  func dynamicProbabilities() {
    let uniforms = (0..<16).map { (Float($0) + 0.5) / 16 }
    for intensity in UInt8(0)...16 {
      let all = bits(.dynamic, [UInt8](repeating: intensity, count: 16), maximum: 16, uniforms: uniforms)
      #expect(all.reduce(0, +) == intensity)
    }
  }

  @Test("Only MNIST-static is used as it is")
  func suitability() {
    #expect(Binarisation.static.suits(.mnistStatic) && !Binarisation.static.suits(.digits))
    #expect(Binarisation.dynamic.suits(.mnist) && !Binarisation.threshold.suits(.mnistStatic))
  }
}
