internal import ElementwiseKernels
internal import NeuralNetworks

/// The law of an image's pixels given its latents, and with it what the bytes of an image stand for.
public enum PixelLikelihood: String, CaseIterable, Hashable, Sendable, Codable {
  /// Bytes 0 and 1; the decoder's outputs are their logits.
  case bernoulli
  /// Bytes k = 0...255 for x = 2k / 255 - 1; the decoder's outputs are the means of x, which is normal with a variance of each pixel
  /// that is learned.
  case gaussian

  /// Writes the numbers x of intensities, which is what encoder and likelihood see.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func scale<Scalar: KernelScalar>(_ intensities: Span<UInt8>, into numbers: inout MutableSpan<Scalar>)
  {
    precondition(intensities.count == numbers.count)
    for place in numbers.indices { numbers[place] = 2 * (Scalar(intensities[place]) / 255) - 1 }
  }

  /// The brightness, in 0...1, that an output of the decoder stands for: the probability of a one, or the mean intensity.
  func brightness<Scalar: KernelScalar>(_ output: Scalar) -> Scalar {
    switch self {
    case .bernoulli: .sigmoid(output)
    case .gaussian: min(max((output + 1) / 2, 0), 1)
    }
  }
}

extension AutoencoderModel {
  /// Gives the encoder what it sees of images, [count x pixels], in the rows of its pass from `first` on; the other rows are of
  /// bytes 0.
  func give(_ images: Span<UInt8>, to pass: inout RecordedPass<Scalar>, first: Int = 0) {
    let (objective, pixels) = (configuration.objective, configuration.pixels)
    let places = first * pixels..<first * pixels + images.count
    switch configuration.likelihood {
    case .bernoulli:
      pass.loadBits { bytes in
        bytes.update(repeating: 0)
        var target = bytes._mutatingExtracting(places)
        objective.writeGiven(of: images, pixels: pixels, to: &target)
      }
    case .gaussian:
      pass.loadNumbers { numbers in
        numbers.update(repeating: -1)
        var target = numbers._mutatingExtracting(places)
        PixelLikelihood.scale(images, into: &target)
      }
    }
  }
}
