import ElementwiseKernels
import GradientEstimators
import Numerics
import RandomStreams
import Testing

@testable import LatentVariableModels

@Suite("Bounds of layered models")
struct LayeredBoundTests {
  typealias Objective = LayeredModelConfiguration.Objective
  static let objectives: [Objective] = [.generation, .completion, .classification(classes: 3)]
  private let images = SmallModels.images.flatMap { $0 }
  private let labels = SmallLayeredModels.labels

  private func trainer(_ objective: Objective) throws -> LayeredTrainer<Double> {
    try SmallLayeredModels.trainer(
      SmallLayeredModels.configuration(objective, latents: [1, 2], hidden: [3]), batch: 1,
      estimator: LayeredBranching(ARM()))
  }

  /// Uniform numbers that make the production code draw this path.
  private func uniforms(_ path: [[Dual]]) -> [Double] {
    path.flatMap { $0.map { $0.value == 1 ? 0x1p-60 : 1 - 0x1p-53 } }
  }

  @Test(
    "the bound at every pair of paths is the definition's, and its mean lies between ELBO and log-likelihood",
    arguments: objectives.indices)
  func enumeration(index: Int) throws {
    var trainer = try trainer(Self.objectives[index])
    let naive = NaiveLayeredModel(configuration: trainer.configuration, tensors: trainer.tensors())
    let (image, label) = (SmallModels.images[1], [UInt16(1)])
    func weights(_ model: NaiveLayeredModel) -> [(chain: Double, weight: Double)] {
      naive.paths.map { path in
        let (chain, weight) = model.densities(image: image, label: 1, path: path)
        return (chain.value, weight.value)
      }
    }
    let expected = weights(naive)
    // A bias moved by a thousandth, where the bound has it from.
    var moved = naive
    let name = trainer.configuration.objective == .generation ? "decoder.1.1.bias" : "predictor.1.bias"
    moved.tensors[name]?[0].value += 1e-3
    let wrong = weights(moved)
    var means = [0.0, 0.0]
    var largestOfWrong = 0.0
    for (first, path) in naive.paths.enumerated() {
      let single = try trainer.bounds(
        images: image.span, labels: label.span, firstRow: 5, samples: 1, noise: .given(uniforms(path))
      ).bounds[0]
      #expect((single - expected[first].weight).magnitude < 1e-12)
      largestOfWrong = max(largestOfWrong, (single - wrong[first].weight).magnitude)
      means[0] += Double.exp(expected[first].chain) * single
      for (second, other) in naive.paths.enumerated() {
        let bound = try trainer.bounds(
          images: image.span, labels: label.span, firstRow: 5, samples: 2,
          noise: .given(uniforms(path) + uniforms(other))
        ).bounds[0]
        let mean = (Double.exp(expected[first].weight) + Double.exp(expected[second].weight)) / 2
        #expect((bound - Double.log(mean)).magnitude < 1e-12)
        means[1] += Double.exp(expected[first].chain + expected[second].chain) * bound
      }
    }
    let bound = naive.evidenceLowerBound(image, label: 1).value
    let likelihood = naive.logLikelihood(image, label: 1)
    #expect((means[0] - bound).magnitude < 1e-12)
    #expect(means[1] > bound + 1e-4 && means[1] < likelihood - 1e-4)
    #expect(largestOfWrong > 1e-5)
  }

  @Test(
    "the bound draws image i from row firstRow + i of the evaluation stream, sample after sample and layer after layer",
    arguments: objectives.indices)
  func addresses(index: Int) throws {
    var trainer = try trainer(Self.objectives[index])
    let naive = NaiveLayeredModel(configuration: trainer.configuration, tensors: trainer.tensors())
    for samples in [1, 5, 20, 150] {
      let found = try trainer.bounds(
        images: images.span, labels: labels.span, firstRow: 6, samples: samples, seed: 4, step: 2)
      for (index, image) in SmallModels.images.enumerated() {
        var uniforms = [Double](repeating: 0, count: samples * 3)
        var target = uniforms.mutableSpan
        RandomStream(seed: 4, purpose: .evaluation, step: 2).fillUniforms(
          rows: 6 + index..<7 + index, perRow: samples * 3, into: &target)
        var (sum, classes) = (0.0, [0.0, 0.0, 0.0])
        for sample in 0..<samples {
          var (path, used): ([[Dual]], Int) = ([], 3 * sample)
          for (layer, width) in [1, 2].enumerated() {
            let logits = naive.chainLogits(layer, image: image, below: path.last ?? [])
            path.append(
              logits.indices.map { latent in
                let p = Double.exp(Dual.logSigmoid(logits[latent]).value)
                return Dual(value: uniforms[used + latent] < p ? 1 : 0)
              })
            used += width
          }
          let label = Int(labels[index])
          sum += Double.exp(naive.densities(image: image, label: label, path: path).weight.value)
          if trainer.configuration.classes > 0 {
            for label in classes.indices {
              classes[label] += Double.exp(naive.prediction(image: image, label: label, top: path[1]).value)
            }
          }
        }
        #expect((found.bounds[index] - Double.log(sum / Double(samples))).magnitude < 1e-11)
        if trainer.configuration.classes > 0 {
          let best = classes.indices.max { classes[$0] < classes[$1] }
          #expect(found.isCorrect[index] == (best == Int(labels[index])))
        } else {
          #expect(found.isCorrect.isEmpty)
        }
      }
    }
  }

  @Test(
    "a bound has the same bits for any threads and with any neighbours, of bits and of categories",
    arguments: [1, 3, 30, 130], [nil, 4])
  func neighbours(samples: Int, categories: Int?) throws {
    let rows = 21
    let all = (0..<rows).flatMap { SmallModels.images[$0 % 3] }
    let classes = (0..<rows).map { labels[$0 % 3] }
    for objective in Self.objectives {
      var results: [ImageBounds] = []
      for threads in [1, 2, 3] {
        var trainer = try SmallLayeredModels.trainer(
          SmallLayeredModels.configuration(objective, latents: [3, 2], categories: categories, hidden: [3]),
          batch: 1, estimator: LayeredBranching(LOORF(samples: 2), categories: categories), threads: threads,
          as: Float.self)
        func bounds(_ part: Range<Int>) throws -> ImageBounds {
          try trainer.bounds(
            images: all.span.extracting(part.lowerBound * 5..<part.upperBound * 5),
            labels: classes.span.extracting(part), firstRow: 3 + part.lowerBound, samples: samples, seed: 1,
            step: 0)
        }
        results.append(try bounds(0..<rows))
        let parts = try [0..<2, 2..<13, 13..<21].map { try bounds($0) }
        results.append(
          ImageBounds(bounds: parts.flatMap(\.bounds), isCorrect: parts.flatMap(\.isCorrect)))
      }
      #expect(Set(results[0].bounds).count > 1)
      for other in results.dropFirst() { #expect(other == results[0]) }
    }
  }
}
