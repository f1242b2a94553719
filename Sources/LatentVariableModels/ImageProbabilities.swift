internal import ElementwiseKernels

extension VariationalAutoencoderTrainer {
  /// Pixel probabilities p(x = 1 | z), [rows x pixels], for 0/1 latents [rows x latents].
  ///
  /// - Throws: `ModelError` if the latents are not whole rows.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func decodeMeans(latents: Span<Scalar>) throws(ModelError) -> [Scalar] {
    guard latents.count > 0, latents.count % configuration.latents == 0 else {
      throw .wrongCount(
        what: "latents to decode", found: latents.count,
        expected: "a positive multiple of \(configuration.latents) latents")
    }
    return model.decoderLogits(latents: latents).map { Scalar.sigmoid($0) }
  }

  /// Pixel probabilities, [rows x pixels], at the most probable latents of 0/1 images [rows x pixels].
  ///
  /// - Throws: `ModelError` if the images have the wrong count or values.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reconstruct(images: Span<UInt8>) throws(ModelError) -> [Scalar] {
    let logits = encoderLogits(images: try copy(images, what: "images to reconstruct"))
    let latents: [Scalar] = logits.map { $0 > 0 ? 1 : 0 }
    return try decodeMeans(latents: latents.span)
  }
}
