/// Images of one split, row-major.
public struct ImageSplit: Hashable, Sendable {
  public let count: Int
  /// [count x pixels], each in 0...`maximumIntensity` of the data set.
  public let intensities: [UInt8]

  /// - Precondition: `pixels` divides the number of intensities.
  init(intensities: [UInt8], pixels: Int) {
    precondition(intensities.count % pixels == 0)
    count = intensities.count / pixels
    self.intensities = intensities
  }
}

/// A data set of grey or binary images with its three splits and the files it came from.
///
/// The order of images is the files' own. It can be by class (the test part of MNIST-static is), so the first N images
/// are not a sample of a split: evaluate whole splits, and draw training batches through a permutation.
public struct ImageDataset: Hashable, Sendable {
  public let name: DatasetName
  public let width: Int
  public let height: Int
  /// The intensity of full ink: 1 for bits, 16 for the digits, 255 otherwise.
  public let maximumIntensity: UInt8
  public let train: ImageSplit
  public let valid: ImageSplit
  public let test: ImageSplit
  public let files: [DataFileRecord]

  /// Pixels of an image.
  public var pixels: Int { width * height }

  public subscript(split: DataSplit) -> ImageSplit {
    switch split {
    case .train: train
    case .valid: valid
    case .test: test
    }
  }

  /// The mean over the training split of each pixel's bit (for `dynamic`, of its probability), [pixels].
  ///
  /// Sums are over whole numbers, hence exact.
  ///
  /// - Complexity: one pass over the training split.
  public func meanImage(_ binarisation: Binarisation) -> [Float] {
    var sums = [Int](repeating: 0, count: pixels)
    let isThreshold = binarisation == .threshold
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
}
