internal import LatentVariableModels

/// A model of any kind, in one place in memory: what a run trains, measures and saves.
protocol HeldModel: AnyObject {
  func step(index: UInt64, images: Span<UInt8>, labels: Span<UInt16>) throws(ModelError) -> Double
  func bounds(
    images: Span<UInt8>, labels: Span<UInt16>, firstRow: Int, samples: Int, seed: UInt64, step: UInt64
  ) throws(ModelError) -> ImageBounds
  func gradientSpread(
    images: Span<UInt8>, labels: Span<UInt16>, draws: Int, seed: UInt64, proceed: (_ done: Int) -> Bool
  ) throws(ModelError) -> GradientSpread?
  var givenPixels: Int { get }
  func generatedImages(count: Int, seed: UInt64) throws(ModelError) -> [Float]?
  func reconstructions(images: Span<UInt8>, seed: UInt64) throws(ModelError) -> [Float]?
  func tensors() -> [NamedTensor]
  func restore(_ tensors: [NamedTensor]) throws(ModelError)
}

/// Holds a model that cannot be copied, so that kinds of models can take the same place.
final class ModelHolder<Model: TrainableModel & ~Copyable>: HeldModel {
  private var model: Model

  init(_ model: consuming Model) { self.model = model }

  func step(index: UInt64, images: Span<UInt8>, labels: Span<UInt16>) throws(ModelError) -> Double {
    try model.step(index: index, images: images, labels: labels)
  }

  func bounds(
    images: Span<UInt8>, labels: Span<UInt16>, firstRow: Int, samples: Int, seed: UInt64, step: UInt64
  ) throws(ModelError) -> ImageBounds {
    try model.bounds(
      images: images, labels: labels, firstRow: firstRow, samples: samples, seed: seed, step: step)
  }

  func gradientSpread(
    images: Span<UInt8>, labels: Span<UInt16>, draws: Int, seed: UInt64, proceed: (_ done: Int) -> Bool
  ) throws(ModelError) -> GradientSpread? {
    try model.gradientSpread(images: images, labels: labels, draws: draws, seed: seed, proceed: proceed)
  }

  var givenPixels: Int { model.givenPixels }

  func generatedImages(count: Int, seed: UInt64) throws(ModelError) -> [Float]? {
    try model.generatedImages(count: count, seed: seed)
  }

  func reconstructions(images: Span<UInt8>, seed: UInt64) throws(ModelError) -> [Float]? {
    try model.reconstructions(images: images, seed: seed)
  }

  func tensors() -> [NamedTensor] { model.tensors() }

  func restore(_ tensors: [NamedTensor]) throws(ModelError) { try model.restore(tensors) }
}
