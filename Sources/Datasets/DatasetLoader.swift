public import Foundation

extension ImageDataset {
  /// Loads a data set and checks every file against its known checksum.
  ///
  /// The digits come with Armature. The others are read from `folder`, or else from the folder that the environment
  /// variable `ARMATURE_DATA` names.
  ///
  /// - `mnist-static`: `binarized_mnist_{train,valid,test}.amat.gz`, 50,000 / 10,000 / 10,000 images. The lines of the
  ///   test file are sorted by class.
  /// - `mnist`, `fashion-mnist`: the first 50,000 images of the training file, its last 10,000 as validation, and the
  ///   test file; IDX, for Fashion-MNIST with `fashion-` before the official names.
  /// - `digits`: row i of the file (from 0) is test where i mod 7 = 6 (256 images), validation where i mod 7 = 3
  ///   (257), and training otherwise (1,284). The file runs through the ten classes again and again, so each split
  ///   has all of them.
  ///
  /// - Throws: `DatasetError` where a file is missing, damaged, of another content or of another format.
  public static func load(_ name: DatasetName, folder: URL?) throws(DatasetError) -> ImageDataset {
    let loader = DatasetLoader(folder: try dataFolder(for: name, given: folder), known: KnownChecksums.table)
    return try loader.load(name)
  }

  private static func dataFolder(for name: DatasetName, given: URL?) throws(DatasetError) -> URL {
    if name == .digits { return try FixturesFolder.locate("Digits") }
    if let given { return given }
    guard let path = ProcessInfo.processInfo.environment["ARMATURE_DATA"], !path.isEmpty else {
      throw .noDataFolder(set: name)
    }
    return URL(fileURLWithPath: path)
  }
}

/// Reads the files of a data set from one folder.
struct DatasetLoader {
  let folder: URL
  /// Files whose content must have a known checksum; others are taken as they are.
  let known: [String: KnownChecksums.Entry]
  /// Validation images at the end of an IDX training file.
  var validationImages = 10_000

  func load(_ name: DatasetName) throws(DatasetError) -> ImageDataset {
    switch name {
    case .mnistStatic: try loadStatic()
    case .mnist: try loadIDX(.mnist, prefix: "")
    case .fashionMNIST: try loadIDX(.fashionMNIST, prefix: "fashion-")
    case .digits: try loadDigits()
    }
  }

  private func loadStatic() throws(DatasetError) -> ImageDataset {
    let train = try bits("binarized_mnist_train.amat.gz")
    let valid = try bits("binarized_mnist_valid.amat.gz")
    let test = try bits("binarized_mnist_test.amat.gz")
    return ImageDataset(
      name: .mnistStatic, width: 28, height: 28, maximumIntensity: 1,
      train: train.split, valid: valid.split, test: test.split,
      files: [train.record, valid.record, test.record])
  }

  private func bits(_ name: String) throws(DatasetError) -> (split: ImageSplit, record: DataFileRecord) {
    let (content, record) = try read(name, of: .mnistStatic)
    let path = folder.appending(path: name).path
    let text = try AMATFile(content, file: path)
    guard text.columns == 784 else {
      throw .malformed(file: path, place: "line 1", expected: "784 digits", found: "\(text.columns)")
    }
    return (ImageSplit(intensities: text.bits, pixels: 784), record)
  }

  private func loadIDX(_ name: DatasetName, prefix: String) throws(DatasetError) -> ImageDataset {
    let train = try images(prefix + "train-images-idx3-ubyte.gz", of: name)
    let test = try images(prefix + "t10k-images-idx3-ubyte.gz", of: name)
    let cut = train.bytes.count - validationImages * 784
    guard cut > 0 else {
      throw .malformed(
        file: folder.appending(path: train.record.name).path, place: "byte 4",
        expected: "more than \(validationImages) images", found: "\(train.bytes.count / 784)")
    }
    return ImageDataset(
      name: name, width: 28, height: 28, maximumIntensity: 255,
      train: ImageSplit(intensities: Array(train.bytes[..<cut]), pixels: 784),
      valid: ImageSplit(intensities: Array(train.bytes[cut...]), pixels: 784),
      test: ImageSplit(intensities: test.bytes, pixels: 784), files: [train.record, test.record])
  }

  private func images(
    _ name: String, of set: DatasetName
  ) throws(DatasetError) -> (bytes: [UInt8], record: DataFileRecord) {
    let (content, record) = try read(name, of: set)
    let path = folder.appending(path: name).path
    return (try IDXFile(content, file: path).images(height: 28, width: 28, file: path), record)
  }

  private func loadDigits() throws(DatasetError) -> ImageDataset {
    let name = "digits.csv.gz"
    let (content, record) = try read(name, of: .digits)
    let digits = try DigitsFile(content, file: folder.appending(path: name).path)
    var parts: [DataSplit: [UInt8]] = [:]
    for row in digits.labels.indices {
      let pixels = digits.intensities[row * DigitsFile.pixels..<(row + 1) * DigitsFile.pixels]
      parts[Self.digitsSplit(row: row), default: []] += pixels
    }
    func split(_ name: DataSplit) -> ImageSplit {
      ImageSplit(intensities: parts[name] ?? [], pixels: DigitsFile.pixels)
    }
    return ImageDataset(
      name: .digits, width: 8, height: 8, maximumIntensity: UInt8(DigitsFile.maximumIntensity),
      train: split(.train), valid: split(.valid), test: split(.test), files: [record])
  }

  static func digitsSplit(row: Int) -> DataSplit {
    switch row % 7 {
    case 6: .test
    case 3: .valid
    default: .train
    }
  }

  private func read(
    _ name: String, of set: DatasetName
  ) throws(DatasetError) -> (content: [UInt8], record: DataFileRecord) {
    let url = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: url.path) else { throw .missing(file: url.path, set: set) }
    let file = try GzipFile(url)
    let expected = known[name]
    if let expected, expected.contentSHA256 != file.contentSHA256 {
      throw .wrongChecksum(file: url.path, expected: expected.contentSHA256, found: file.contentSHA256)
    }
    let record = DataFileRecord(
      name: name, sha256: file.sha256, contentSHA256: file.contentSHA256,
      source: expected?.source ?? "not a file that Armature knows")
    return (file.content, record)
  }
}
