import Foundation
import Testing

@testable import Datasets

@Suite("Loading a data set")
struct DatasetLoaderTests {
  private func write(_ bytes: [UInt8], _ name: String, in folder: URL) throws {
    try Data(bytes).write(to: folder.appending(path: name))
  }

  /// IDX files of images whose first pixel is their number, with labels number mod 10.
  private func writeIDX(_ set: DatasetName, train: Int, test: Int, in folder: URL) throws {
    let description = DatasetCatalogue.describe(set)
    for (index, count) in [train, test].enumerated() {
      let images = (0..<count).flatMap { [UInt8($0)] + [UInt8](repeating: 7, count: 783) }
      try write(gzip(IDXFileTests.idx([count, 28, 28], images)), description.files[index].name, in: folder)
      let labels = (0..<count).map { UInt8($0 % 10) }
      try write(gzip(IDXFileTests.idx([count], labels)), description.labelFiles[index].name, in: folder)
    }
  }

  private func numbers(_ split: ImageSplit) -> [Int] {
    stride(from: 0, to: split.intensities.count, by: 784).map { Int(split.intensities[$0]) }
  }

  @Test(
    "takes validation images from the end, from the start, or spread over the training file, as the set has it"
  )
  func partitions() throws {
    try withTemporaryFolder { folder in
      for set in [DatasetName.mnist, .fashionMNIST, .omniglotArea] {
        try writeIDX(set, train: 20, test: 3, in: folder)
      }
      let loader = DatasetLoader(folder: folder, checks: false, validationImages: 4)
      let expected: [(DatasetName, train: [Int], valid: [Int])] = [
        (.mnist, Array(0..<16), Array(16..<20)), (.fashionMNIST, Array(0..<16), Array(16..<20)),
        (.mnistTutorial, Array(4..<20), Array(0..<4)),
        (.omniglotArea, (0..<20).filter { $0 % 5 != 4 }, [4, 9, 14, 19]),
      ]
      for (name, train, valid) in expected {
        let set = try loader.load(name, labels: true)
        #expect(numbers(set.train) == train && numbers(set.valid) == valid && numbers(set.test) == [0, 1, 2])
        #expect(set.train.labels == train.map { UInt16($0 % 10) }, "\(name)")
        #expect(set.valid.labels == valid.map { UInt16($0 % 10) } && set.test.labels == [0, 1, 2])
        #expect(set.files.count == 4)
        #expect(try loader.load(name).train.labels.isEmpty && loader.load(name).files.count == 2)
      }
    }
  }

  @Test("refuses labels that are not as many as the images")
  func labelCount() throws {
    try withTemporaryFolder { folder in
      try writeIDX(.mnist, train: 20, test: 3, in: folder)
      try write(gzip(IDXFileTests.idx([2], [1, 2])), "t10k-labels-idx1-ubyte.gz", in: folder)
      #expect(throws: DatasetError.self) {
        try DatasetLoader(folder: folder, checks: false, validationImages: 4).load(.mnist, labels: true)
      }
    }
  }

  /// A small chardata.mat; pixel (row, column) of image i is `value(i, row, column)`, stored in Fortran order.
  private func chardata(train: Int, test: Int, _ value: (Int, Int, Int) -> Double) -> [UInt8] {
    var writer = MATWriter()
    for (name, count) in [("data", train), ("testdata", test)] {
      let numbers = (0..<count).flatMap { image in
        (0..<28).flatMap { column in (0..<28).flatMap { row in writer.double(value(image, row, column)) } }
      }
      writer.appendCompressed(writer.matrix(name, [784, count], type: 9, numbers))
    }
    return writer.bytes
  }

  @Test("turns the columns of chardata.mat into upright images, exactly, as bytes where they are k / 255")
  func omniglot() throws {
    func level(_ image: Int, _ row: Int, _ column: Int) -> Int { (image * 50 + row * 3 + column) % 256 }
    try withTemporaryFolder { folder in
      try write(chardata(train: 5, test: 2) { Double(level($0, $1, $2)) / 255 }, "chardata.mat", in: folder)
      let loader = DatasetLoader(folder: folder, checks: false, validationImages: 2)
      let set = try loader.load(.omniglot)
      #expect(set.train.count == 3 && set.valid.count == 2 && set.test.count == 2 && set.pixels == 784)
      #expect(set.train.fractions.isEmpty)
      for (split, first) in [(set.train, 0), (set.valid, 3), (set.test, 0)] {
        for image in 0..<split.count {
          let pixels = Array(split.intensities[image * 784..<(image + 1) * 784])
          #expect(pixels == (0..<784).map { UInt8(level(first + image, $0 / 28, $0 % 28)) })
        }
      }
      try write(chardata(train: 5, test: 2) { Double(level($0, $1, $2)) / 256 }, "chardata.mat", in: folder)
      let fine = try loader.load(.omniglot)
      #expect(fine.train.intensities.isEmpty)
      #expect(fine.valid.fractions[28 * 2 + 5] == Float(level(3, 2, 5)) / 256)
      let levels = (0..<3).map { level($0, 0, 1) }
      #expect(fine.meanImage(.dynamic)[1] == Float(Double(levels.reduce(0, +)) / 256 / 3))
      #expect(fine.meanImage(.threshold)[1] == Float(Double(levels.count { $0 > 128 }) / 3))
    }
  }

  @Test("refuses a chardata.mat of another content, of other sizes or with intensities outside of 0 to 1")
  func badOmniglot() throws {
    try withTemporaryFolder { folder in
      let good = chardata(train: 5, test: 2) { _, _, _ in 0.5 }
      try write(good, "chardata.mat", in: folder)
      let expected = try #require(DatasetCatalogue.file(named: "chardata.mat")?.md5)
      #expect(
        throws: DatasetError.wrongChecksum(
          file: folder.appending(path: "chardata.mat").path, algorithm: "MD5", expected: expected,
          found: DigestStream.digest(of: good, .md5))
      ) { try DatasetLoader(folder: folder).load(.omniglot) }
      let loader = DatasetLoader(folder: folder, checks: false, validationImages: 2)
      try write(
        chardata(train: 5, test: 2) { image, _, _ in image == 4 ? 1.5 : 0 }, "chardata.mat", in: folder)
      #expect(throws: DatasetError.self) { try loader.load(.omniglot) }
      try write(chardata(train: 2, test: 2) { _, _, _ in 0 }, "chardata.mat", in: folder)
      #expect(throws: DatasetError.self) { try loader.load(.omniglot) }
      var writer = MATWriter()
      writer.append(writer.matrix("data", [1, 1], type: 9, writer.double(0)))
      try write(writer.bytes, "chardata.mat", in: folder)
      #expect(throws: DatasetError.self) { try loader.load(.omniglot) }
    }
  }

  @Test("reads CIFAR-10's records, plain or compressed, with labels and colour planes")
  func cifar() throws {
    try withTemporaryFolder { folder in
      func records(_ labels: [UInt8]) -> [UInt8] {
        labels.flatMap { label in [label] + (0..<3072).map { UInt8($0 / 1024 * 100) + label } }
      }
      try write(gzip(records([3, 1, 4, 1, 5])), "cifar10-subset-train2000.bin.gz", in: folder)
      try write(records([9, 2]), "cifar10-subset-test500.bin", in: folder)
      let loader = DatasetLoader(folder: folder, checks: false, validationImages: 2)
      let set = try loader.load(.cifar10Subset)
      #expect(set.channels == 3 && set.pixels == 3072)
      #expect(set.train.labels == [3, 1, 4] && set.valid.labels == [1, 5] && set.test.labels == [9, 2])
      #expect(
        set.test.intensities[0] == 9 && set.test.intensities[1024] == 109 && set.test.intensities[3071] == 209
      )
      for bad in [[], records([10]), Array(records([1]).dropLast())] {
        try write(bad, "cifar10-subset-test500.bin", in: folder)
        #expect(throws: DatasetError.self) { try loader.load(.cifar10Subset) }
      }
    }
  }

  @Test("keeps bits of the fractions that it has: above one half, or above a uniform number")
  func fractions() {
    let split = ImageSplit(intensities: [], fractions: [0, 0.5, 0.51, 1], pixels: 4, labels: [])
    let set = ImageDataset(
      name: .omniglot, width: 2, height: 2, maximumIntensity: 255, train: split, valid: split, test: split,
      files: [])
    var bits = [UInt8](repeating: 7, count: 4)
    var target = bits.mutableSpan
    set.binarise(0, of: .valid, by: .threshold, uniforms: [Float]().span, into: &target)
    #expect(bits == [0, 0, 1, 1])
    let uniforms: [Float] = [0x1p-24, 0.49, 0.52, 1 - 0x1p-24]
    var others = bits.mutableSpan
    set.binarise(0, of: .test, by: .dynamic, uniforms: uniforms.span, into: &others)
    #expect(bits == [0, 1, 0, 1])
  }
}

@Suite("The cache of decoded data sets")
struct DatasetCacheTests {
  /// MNIST-static with two images in each file.
  private func writeStatic(in folder: URL, first: String = "1") throws {
    for part in ["train", "valid", "test"] {
      let line =
        ([first] + Array(repeating: part == "test" ? "1" : "0", count: 783)).joined(separator: " ") + "\n"
      try Data(gzip(Array((line + line).utf8))).write(
        to: folder.appending(path: "binarized_mnist_\(part).amat.gz"))
    }
  }

  private func withLoader(_ body: (DatasetLoader, _ data: URL, _ cache: URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let data = folder.appending(path: "data")
      let caches = folder.appending(path: "cache/deeper")
      try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
      try writeStatic(in: data)
      try body(
        DatasetLoader(folder: data, caches: [caches], checks: false), data,
        DatasetCache.file(.mnistStatic, in: caches))
    }
  }

  private func sources(_ data: URL) throws -> [SourceFile] {
    try DatasetCatalogue.describe(.mnistStatic).files.map {
      SourceFile(
        name: $0.name,
        sha256: SHA256Stream.digest(of: [UInt8](try Data(contentsOf: data.appending(path: $0.name)))))
    }
  }

  @Test("gives the same data set again, and leaves nothing but itself")
  func roundTrip() throws {
    try withLoader { loader, data, cache in
      let first = try loader.load(.mnistStatic)
      #expect(FileManager.default.fileExists(atPath: cache.path))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: cache.deletingLastPathComponent().path).count == 1
      )
      #expect(DatasetCache.read(cache, name: .mnistStatic, sources: try sources(data)) == first)
      #expect(try loader.load(.mnistStatic) == first)
      #expect(try DatasetLoader(folder: data, checks: false).load(.mnistStatic) == first)
    }
  }

  @Test("is read instead of the files: a cache of other pixels that states the same sources is believed")
  func isUsed() throws {
    try withLoader { loader, data, cache in
      let first = try loader.load(.mnistStatic)
      let other = first.withBits { _, split in [UInt8](repeating: 1, count: split.count * 784) }
      #expect(DatasetCache.write(other, to: cache))
      #expect(try loader.load(.mnistStatic) == other)
    }
  }

  @Test("is made anew when a source file has changed")
  func stale() throws {
    try withLoader { loader, data, cache in
      let first = try loader.load(.mnistStatic)
      try writeStatic(in: data, first: "0")
      let second = try loader.load(.mnistStatic)
      #expect(second != first && second.train.intensities[0] == 0)
      #expect(DatasetCache.read(cache, name: .mnistStatic, sources: try sources(data)) == second)
    }
  }

  @Test("with any single byte changed, cut off or empty is ignored and made anew")
  func damaged() throws {
    try withLoader { loader, data, cache in
      let first = try loader.load(.mnistStatic)
      let good = [UInt8](try Data(contentsOf: cache))
      let known = try sources(data)
      for position in stride(from: 0, to: good.count, by: 7) {
        var bytes = good
        bytes[position] ^= 0x40
        try Data(bytes).write(to: cache)
        #expect(DatasetCache.read(cache, name: .mnistStatic, sources: known) == nil, "\(position)")
      }
      for count in [0, 8, 20, 100, good.count - 1] {
        try Data(good.prefix(count)).write(to: cache)
        #expect(DatasetCache.read(cache, name: .mnistStatic, sources: known) == nil, "\(count)")
      }
      #expect(DatasetCache.read(cache, name: .omniglot, sources: known) == nil)
      #expect(try loader.load(.mnistStatic) == first)
      #expect([UInt8](try Data(contentsOf: cache)) == good)
    }
  }

  @Test("keeps bytes and fractions exactly as well as bits")
  func otherStorage() throws {
    try withTemporaryFolder { folder in
      let record = DataFileRecord(name: "f", sha256: "a", contentSHA256: "b", source: "s")
      let bytes = ImageSplit(intensities: [0, 1, 254, 255], pixels: 4)
      let fractions = ImageSplit(intensities: [], fractions: [0, 1, 0.1, .pi / 4], pixels: 4, labels: [])
      for split in [bytes, fractions] {
        let set = ImageDataset(
          name: .omniglot, width: 2, height: 2, maximumIntensity: 255, train: split, valid: split,
          test: split,
          files: [record])
        let file = DatasetCache.file(.omniglot, in: folder)
        #expect(DatasetCache.write(set, to: file))
        #expect(
          DatasetCache.read(file, name: .omniglot, sources: [SourceFile(name: "f", sha256: "a")]) == set)
        #expect(
          DatasetCache.read(file, name: .omniglot, sources: [SourceFile(name: "f", sha256: "c")]) == nil)
      }
    }
  }

  @Test("that cannot be written costs nothing but time")
  func unwritable() throws {
    try withLoader { loader, data, _ in
      var loader = loader
      loader.caches = [data.appending(path: "binarized_mnist_test.amat.gz")]
      let set = try loader.load(.mnistStatic)
      #expect(set.train.count == 2)
    }
  }

  @Test("lies beside the data where anybody may write there, and in the user's folder otherwise")
  func places() throws {
    try withTemporaryFolder { folder in
      guard ProcessInfo.processInfo.environment["ARMATURE_CACHE"] == nil else { return }
      #expect(DatasetCache.places(beside: folder).first == folder)
      try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
      #expect(!DatasetCache.places(beside: folder).contains(folder))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    }
  }
}
