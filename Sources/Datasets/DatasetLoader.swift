public import Foundation
internal import Synchronization

extension ImageDataset {
  /// Loads a data set and checks every file against its known checksum.
  ///
  /// `DataFolder.locate` says where the files are looked for, `DatasetCatalogue` what they are called, where they come from
  /// and how they are split. What takes long to decode is kept in a cache file (see `DatasetCache`).
  ///
  /// `labels` says whether the classes of the images are loaded too; they take files of their own for the MNIST family.
  ///
  /// - Throws: `DatasetError` where a file is missing, damaged, of another content or of another format.
  public static func load(
    _ name: DatasetName, folder: URL?, labels: Bool = false
  ) throws(DatasetError) -> ImageDataset {
    let folder = try DataFolder.locate(name, given: folder)
    return try DatasetLoader(folder: folder, caches: DatasetCache.places(beside: folder))
      .load(name, labels: labels)
  }
}

/// Reads the files of a data set from one folder.
struct DatasetLoader {
  let folder: URL
  /// Folders for cache files, the best first; none are written where it is empty.
  var caches: [URL] = []
  /// Whether known files must have their known checksums.
  var checks = true
  /// Validation images in an IDX training file, where the set's own number shall not be used.
  var validationImages: Int?

  func load(_ name: DatasetName, labels: Bool = false) throws(DatasetError) -> ImageDataset {
    switch name {
    case .mnistStatic: try cached(name) { () throws(DatasetError) in try loadStatic() }
    case .omniglot: try cached(name) { () throws(DatasetError) in try loadOmniglot() }
    case .mnist, .mnistTutorial, .fashionMNIST, .omniglotArea: try loadIDX(name, labels: labels)
    case .cifar10, .cifar10Subset: try loadCIFAR(name)
    case .digits: try loadDigits()
    }
  }

  // MARK: - Files

  struct Part {
    let content: [UInt8]
    let record: DataFileRecord
    let path: String
  }

  func read(_ file: DataFile, of set: DatasetName) throws(DatasetError) -> Part {
    guard let url = file.find(in: folder) else {
      throw .missing(file: folder.appending(path: file.name).path, set: set)
    }
    let content = try DataFileContent(url)
    if checks { try file.check(content, file: url.path) }
    let record = DataFileRecord(
      name: url.lastPathComponent, sha256: content.sha256, contentSHA256: content.contentSHA256,
      source: DatasetCatalogue.describe(set).source)
    return Part(content: content.bytes, record: record, path: url.path)
  }

  /// What `make` gives for each of the elements, in their order; they are worked on at the same time.
  private func concurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ make: @Sendable (Element) throws(DatasetError) -> Result
  ) throws(DatasetError) -> [Result] {
    let results = Mutex([Swift.Result<Result, DatasetError>?](repeating: nil, count: elements.count))
    DispatchQueue.concurrentPerform(iterations: elements.count) { index in
      let result = Swift.Result { () throws(DatasetError) in try make(elements[index]) }
      results.withLock { $0[index] = result }
    }
    var values: [Result] = []
    for result in results.withLock({ $0 }) {
      if let result { values.append(try result.get()) }
    }
    return values
  }

  // MARK: - MNIST-static

  private func loadStatic() throws(DatasetError) -> ImageDataset {
    let set = DatasetCatalogue.describe(.mnistStatic)
    let parts = try concurrently(set.files) { file throws(DatasetError) in try bits(file) }
    return ImageDataset(
      name: .mnistStatic, width: 28, height: 28, maximumIntensity: 1,
      train: parts[0].split, valid: parts[1].split, test: parts[2].split, files: parts.map(\.record))
  }

  private func bits(_ file: DataFile) throws(DatasetError) -> (split: ImageSplit, record: DataFileRecord) {
    let part = try read(file, of: .mnistStatic)
    let text = try AMATFile(part.content, file: part.path)
    guard text.columns == 784 else {
      throw .malformed(file: part.path, place: "line 1", expected: "784 digits", found: "\(text.columns)")
    }
    return (ImageSplit(intensities: text.bits, pixels: 784), part.record)
  }

  // MARK: - IDX

  private func loadIDX(_ name: DatasetName, labels: Bool) throws(DatasetError) -> ImageDataset {
    let set = DatasetCatalogue.describe(name)
    let files = set.files + (labels ? set.labelFiles : [])
    let parts = try concurrently(files) { file throws(DatasetError) in try read(file, of: name) }
    let train = try images(parts[0])
    let test = try images(parts[1])
    let trainLabels = labels ? try classes(parts[2], count: train.count / 784) : []
    let testLabels = labels ? try classes(parts[3], count: test.count / 784) : []
    let isValid = try validation(name, count: train.count / 784, path: parts[0].path)
    func split(where chosen: Bool) -> ImageSplit {
      let rows = isValid.indices.filter { isValid[$0] == chosen }
      return ImageSplit(
        intensities: rows.flatMap { train[$0 * 784..<($0 + 1) * 784] }, pixels: 784,
        labels: labels ? rows.map { trainLabels[$0] } : [])
    }
    return ImageDataset(
      name: name, width: 28, height: 28, maximumIntensity: 255, train: split(where: false),
      valid: split(where: true), test: ImageSplit(intensities: test, pixels: 784, labels: testLabels),
      files: parts.map(\.record))
  }

  /// Which of the images in the training file are for validation.
  private func validation(_ name: DatasetName, count: Int, path: String) throws(DatasetError) -> [Bool] {
    let images = validationImages ?? DatasetCatalogue.describe(name).sizes[1]
    guard count > images else {
      throw .malformed(file: path, place: "byte 4", expected: "more than \(images) images", found: "\(count)")
    }
    return (0..<count).map { row in
      switch name {
      case .mnistTutorial: row < images
      // Sorted by character: every 18th image or so, exactly as many as are wanted.
      case .omniglotArea: (row + 1) * images / count > row * images / count
      default: row >= count - images
      }
    }
  }

  private func images(_ part: Part) throws(DatasetError) -> [UInt8] {
    try IDXFile(part.content, file: part.path).images(height: 28, width: 28, file: part.path)
  }

  private func classes(_ part: Part, count: Int) throws(DatasetError) -> [UInt16] {
    try IDXFile(part.content, file: part.path).labels(count: count, file: part.path)
  }

  // MARK: - OMNIGLOT

  private func loadOmniglot() throws(DatasetError) -> ImageDataset {
    let set = DatasetCatalogue.describe(.omniglot)
    let part = try read(set.files[0], of: .omniglot)
    let file = try MATFile(part.content, wanted: ["data", "testdata"], file: part.path)
    let train = try drawings("data", in: file, path: part.path)
    let test = try drawings("testdata", in: file, path: part.path)
    let images = validationImages ?? set.sizes[1]
    let cut = train.count - images * 784
    guard cut > 0 else {
      throw .malformed(
        file: part.path, place: "variable data", expected: "more than \(images) columns",
        found: "\(train.count / 784)")
    }
    let parts = [Array(train[..<cut]), Array(train[cut...]), test]
    let splits = Self.splits(parts)
    return ImageDataset(
      name: .omniglot, width: 28, height: 28, maximumIntensity: 255, train: splits[0], valid: splits[1],
      test: splits[2], files: [part.record])
  }

  /// The columns of a variable as row-major images; a column of the file is an image in Fortran order.
  private func drawings(_ name: String, in file: MATFile, path: String) throws(DatasetError) -> [Float] {
    let variable = try file.variable(name)
    guard variable.dimensions.count == 2, variable.dimensions[0] == 784 else {
      throw .malformed(
        file: path, place: "variable \(name)", expected: "784 rows",
        found: variable.dimensions.map(String.init).joined(separator: " x "))
    }
    guard variable.values.allSatisfy({ 0...1 ~= $0 }) else {
      throw .malformed(
        file: path, place: "variable \(name)", expected: "numbers from 0 to 1", found: "others")
    }
    var images = [Float](repeating: 0, count: variable.values.count)
    var target = images.mutableSpan
    let source = variable.values.span
    for start in stride(from: 0, to: source.count, by: 784) {
      for row in 0..<28 {
        for column in 0..<28 { target[start + 28 * row + column] = source[start + row + 28 * column] }
      }
    }
    return images
  }

  /// As bytes where every intensity is k / 255, so that nothing is lost, and as they are otherwise.
  private static func splits(_ parts: [[Float]]) -> [ImageSplit] {
    let isWhole = parts.allSatisfy { $0.allSatisfy { ($0 * 255).rounded() / 255 == $0 } }
    return parts.map { part in
      isWhole
        ? ImageSplit(intensities: part.map { UInt8(($0 * 255).rounded()) }, pixels: 784)
        : ImageSplit(intensities: [], fractions: part, pixels: 784, labels: [])
    }
  }

  // MARK: - CIFAR-10

  private func loadCIFAR(_ name: DatasetName) throws(DatasetError) -> ImageDataset {
    let set = DatasetCatalogue.describe(name)
    let parts = try concurrently(set.files) { file throws(DatasetError) in
      let part = try read(file, of: name)
      return (file: try CIFARFile(part.content, file: part.path), record: part.record)
    }
    let train = parts.dropLast().flatMap(\.file.intensities)
    let labels = parts.dropLast().flatMap(\.file.labels)
    let cut = labels.count - (validationImages ?? set.sizes[1])
    guard cut > 0, let test = parts.last?.file else {
      throw .malformed(
        file: folder.appending(path: set.files[0].name).path, place: "the whole file",
        expected: "more than \(set.sizes[1]) training images", found: "\(labels.count)")
    }
    let edge = cut * CIFARFile.pixels
    return ImageDataset(
      name: name, width: 32, height: 32, channels: 3, maximumIntensity: 255,
      train: ImageSplit(
        intensities: Array(train[..<edge]), pixels: CIFARFile.pixels, labels: Array(labels[..<cut])),
      valid: ImageSplit(
        intensities: Array(train[edge...]), pixels: CIFARFile.pixels, labels: Array(labels[cut...])),
      test: ImageSplit(intensities: test.intensities, pixels: CIFARFile.pixels, labels: test.labels),
      files: parts.map(\.record))
  }

  // MARK: - Digits

  private func loadDigits() throws(DatasetError) -> ImageDataset {
    let part = try read(DatasetCatalogue.describe(.digits).files[0], of: .digits)
    let digits = try DigitsFile(part.content, file: part.path)
    func split(_ name: DataSplit) -> ImageSplit {
      let rows = digits.labels.indices.filter { Self.digitsSplit(row: $0) == name }
      let pixels = DigitsFile.pixels
      return ImageSplit(
        intensities: rows.flatMap { digits.intensities[$0 * pixels..<($0 + 1) * pixels] }, pixels: pixels,
        labels: rows.map { UInt16(digits.labels[$0]) })
    }
    return ImageDataset(
      name: .digits, width: 8, height: 8, maximumIntensity: UInt8(DigitsFile.maximumIntensity),
      train: split(.train), valid: split(.valid), test: split(.test), files: [part.record])
  }

  static func digitsSplit(row: Int) -> DataSplit {
    switch row % 7 {
    case 6: .test
    case 3: .valid
    default: .train
    }
  }
}
