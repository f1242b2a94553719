/// Images of one split, row-major.
public struct ImageSplit: Hashable, Sendable {
  public let count: Int
  /// [count x pixels], each in 0...`maximumIntensity` of the data set; empty where `fractions` has the pixels.
  public let intensities: [UInt8]
  /// [count x pixels], each in 0...1, where the file's intensities are not whole numbers; empty otherwise.
  public let fractions: [Float]
  /// The class of each image; empty where labels were not asked for.
  public let labels: [UInt16]

  /// - Precondition: `pixels` divides the number of intensities; there is a label for each image, or none.
  init(intensities: [UInt8], pixels: Int, labels: [UInt16] = []) {
    self.init(intensities: intensities, fractions: [], pixels: pixels, labels: labels)
  }

  init(intensities: [UInt8], fractions: [Float], pixels: Int, labels: [UInt16]) {
    precondition(intensities.isEmpty || fractions.isEmpty)
    let values = intensities.count + fractions.count
    precondition(values % pixels == 0 && (labels.isEmpty || labels.count == values / pixels))
    count = values / pixels
    self.intensities = intensities
    self.fractions = fractions
    self.labels = labels
  }
}

/// A data set of grey, coloured or binary images with its three splits and the files it came from.
///
/// The order of images is the files' own. It can be by class (the test part of MNIST-static is, and so are both parts of
/// `omniglot-area`), so the first N images are not a sample of a split: evaluate whole splits, and draw training batches
/// through a permutation.
public struct ImageDataset: Hashable, Sendable {
  public let name: DatasetName
  public let width: Int
  public let height: Int
  /// 1 for grey images; 3 for coloured ones, whose red, green and blue planes follow each other.
  public let channels: Int
  /// The intensity of full ink: 1 for bits, 16 for the digits, 255 otherwise.
  public let maximumIntensity: UInt8
  public let train: ImageSplit
  public let valid: ImageSplit
  public let test: ImageSplit
  public let files: [DataFileRecord]

  init(
    name: DatasetName, width: Int, height: Int, channels: Int = 1, maximumIntensity: UInt8, train: ImageSplit,
    valid: ImageSplit, test: ImageSplit, files: [DataFileRecord]
  ) {
    self.name = name
    self.width = width
    self.height = height
    self.channels = channels
    self.maximumIntensity = maximumIntensity
    self.train = train
    self.valid = valid
    self.test = test
    self.files = files
  }

  /// Values of an image.
  public var pixels: Int { width * height * channels }

  public subscript(split: DataSplit) -> ImageSplit {
    switch split {
    case .train: train
    case .valid: valid
    case .test: test
    }
  }

  /// Bits of one image, or bytes 0...255 where it is not binarised.
  ///
  /// - Precondition: `bits.count == pixels`, `uniforms.count == pixels * rule.uniformsPerPixel`.
  public func binarise(
    _ image: Int, of split: DataSplit, by rule: Binarisation, uniforms: Span<Float>,
    into bits: inout MutableSpan<UInt8>
  ) {
    let split = self[split]
    let place = image * pixels..<(image + 1) * pixels
    if split.fractions.isEmpty {
      rule.binarise(
        split.intensities.span.extracting(place), maximum: maximumIntensity, uniforms: uniforms, into: &bits)
    } else {
      rule.binarise(split.fractions.span.extracting(place), uniforms: uniforms, into: &bits)
    }
  }

  /// The same data set with other pixels, which are bits: `bits` gives those of a split, [count x pixels].
  package func withBits(_ bits: (DataSplit, ImageSplit) -> [UInt8]) -> ImageDataset {
    func split(_ name: DataSplit) -> ImageSplit {
      ImageSplit(intensities: bits(name, self[name]), pixels: pixels, labels: self[name].labels)
    }
    return ImageDataset(
      name: name, width: width, height: height, channels: channels, maximumIntensity: 1, train: split(.train),
      valid: split(.valid), test: split(.test), files: files)
  }

  /// The mean over the training split of each pixel's bit (of its probability, where bits are drawn), [pixels].
  ///
  /// Sums over whole intensities are exact.
  ///
  /// - Complexity: one pass over the training split.
  public func meanImage(_ binarisation: Binarisation) -> [Float] {
    train.fractions.isEmpty
      ? meanOfIntensities(isThreshold: binarisation == .threshold)
      : meanOfFractions(isThreshold: binarisation == .threshold)
  }

  private func meanOfIntensities(isThreshold: Bool) -> [Float] {
    var sums = [Int](repeating: 0, count: pixels)
    let half = Int(maximumIntensity)
    let intensities = train.intensities.span
    for image in 0..<train.count {
      for pixel in 0..<pixels {
        let intensity = Int(intensities[image * pixels + pixel])
        sums[pixel] += isThreshold ? (2 * intensity > half ? 1 : 0) : intensity
      }
    }
    let scale = Double(train.count) * (isThreshold ? 1 : Double(maximumIntensity))
    return sums.map { Float(Double($0) / scale) }
  }

  private func meanOfFractions(isThreshold: Bool) -> [Float] {
    var sums = [Double](repeating: 0, count: pixels)
    let fractions = train.fractions.span
    for image in 0..<train.count {
      for pixel in 0..<pixels {
        let fraction = fractions[image * pixels + pixel]
        sums[pixel] += isThreshold ? (fraction > 0.5 ? 1 : 0) : Double(fraction)
      }
    }
    return sums.map { Float($0 / Double(train.count)) }
  }
}
