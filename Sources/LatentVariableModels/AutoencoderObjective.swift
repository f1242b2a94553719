/// What an autoencoder models of an image, and what its encoder is given of it.
public enum AutoencoderObjective: String, CaseIterable, Hashable, Sendable, Codable {
  /// All of the image, which the encoder is given as well: log p(x | z) + log p(z) - log q(z | x).
  case generation
  /// The lower half of the pixels, where the encoder is given the upper half: log p(lower | z) with z from q(z | upper).
  ///
  /// Both halves are put down twice, so that the networks are those of whole images. There is no prior: the latents' law is the
  /// encoder's. Everything that is reported is half of the sum over both copies, and so of one lower half.
  ///
  /// Source: Dimitriev, Zhou, "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator", NeurIPS 2021, released code,
  /// vae.py with `mle`.
  case completion

  /// How often a pixel that is modelled is among the decoder's outputs.
  var copies: Int { self == .generation ? 1 : 2 }

  /// Writes what the encoder is given of images, [rows x pixels].
  ///
  /// - Precondition: as many bytes as the images have; for a completion the pixels of an image are an even number.
  func writeGiven(of images: Span<UInt8>, pixels: Int, to target: inout MutableSpan<UInt8>) {
    switch self {
    case .generation: copyBytes(images, to: &target)
    case .completion: copyHalves(of: images, pixels: pixels, from: 0, to: &target)
    }
  }

  /// Writes what the decoder's outputs model of images, [rows x pixels].
  ///
  /// - Precondition: as for `writeGiven`.
  func writeModelled(of images: Span<UInt8>, pixels: Int, to target: inout MutableSpan<UInt8>) {
    switch self {
    case .generation: copyBytes(images, to: &target)
    case .completion: copyHalves(of: images, pixels: pixels, from: pixels / 2, to: &target)
    }
  }
}

/// Of each image the half that starts at pixel `first`, twice.
private func copyHalves(
  of images: Span<UInt8>, pixels: Int, from first: Int, to target: inout MutableSpan<UInt8>
) {
  precondition(images.count == target.count && pixels.isMultiple(of: 2))
  let half = pixels / 2
  for start in stride(from: 0, to: images.count, by: half) {
    let source = start / pixels * pixels + first
    for pixel in 0..<half { target[start + pixel] = images[source + pixel] }
  }
}
