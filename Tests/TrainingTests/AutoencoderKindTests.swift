import Datasets
import Foundation
import LatentVariableModels
import Testing

@testable import Training

@Suite("Runs of autoencoders of intensities, and of halves of images")
struct AutoencoderKindTests {
  /// The tiny protocol of intensities.
  private static let intensities = TinyProtocol.selecting.replacing(
    "binarisation: dynamic", with: "binarisation: none"
  )
  .replacing("kind: binary-vae", with: "kind: gaussian-vae")
  .replacing("encoderInput: centred", with: "encoderInput: raw")
  .replacing("outputBias: training-mean", with: "outputBias: zero")
  .replacing("estimator: arm", with: "estimator: \"rodeo:2\"")

  /// The tiny protocol of halves.
  private static let halves = TinyProtocol.selecting.replacing(
    "kind: binary-vae", with: "kind: categorical-completion\n  categories: 3"
  )
  .replacing("priorLearningRate: 1e-2", with: "priorLearningRate: 0")
  .replacing("estimator: arm", with: "estimator: \"carms-i:3\"")

  private static let texts = [
    intensities, intensities.replacing("\"rodeo:2\"", with: "relax"), halves,
    halves.replacing("\"carms-i:3\"", with: "\"gumbel:0.5\""),
  ]

  @Test(
    "One and two threads, a stop and a resumption give the same bits; an evaluation gives the recorded number",
    arguments: texts.indices)
  func reproducibility(index: Int) throws {
    _ = try TinyProtocol.repeatedRun(Self.texts[index])
  }

  @Test("Intensities reach the model as bytes up to 255, in training and evaluation, and no bits are drawn")
  func bytes() throws {
    let digits = try ImageDataset.load(.digits, folder: nil)
    let data = TrainingData(dataset: digits, binarisation: .unbinarised)
    #expect(data.fullInk == 255 && TrainingData(dataset: digits, binarisation: .dynamic).fullInk == 1)
    let expected = digits.test.intensities.map { UInt8((Double($0) * 255 / 16).rounded()) }
    let evaluation = Evaluation(data: data, split: .test, samples: 1, seed: 1)
    #expect(evaluation.bits(0..<digits.test.count, step: 1) == expected && expected.contains(255))
    var source = BatchSource(data, batchSize: 1284, seed: 1)
    source.load(step: 0)
    let sum = source.images.reduce(0) { $0 + Int($1) }
    #expect(sum == digits.train.intensities.reduce(0) { $0 + Int((Double($1) * 255 / 16).rounded()) })
  }

  @Test(
    "An inspection shows intensities by their brightness, and of halves what is given and what is predicted")
  func inspection() throws {
    for (text, rows) in [(Self.intensities, 8), (Self.halves, 12)] {
      try withTemporaryFolder { folder in
        let request = try TinyProtocol.request(in: folder, text: text)
        _ = try TrainingRun.start(request, observer: RunObserver())
        let found = try TrainingRun.inspect(
          runs: [request.output], settings: InspectionSettings(estimators: nil, draws: 3, seed: 3),
          threads: 1,
          library: InspectedData(folder: nil), provenance: TinyProtocol.provenance)
        let inspection = try #require(found.first?.inspection)
        #expect((inspection.samples != nil) == (text == Self.intensities))
        #expect(inspection.gradientVariance.allSatisfy { $0.total.variance > 0 })
        #expect(inspection.reconstructions?.images == 32)
        let picture = try Data(contentsOf: request.output.appending(path: "reconstructions.png"))
        // Of each image a cell of 8 pixels and a margin at both sides, seven times as large.
        let height = picture[20..<24].reduce(0) { $0 << 8 | Int($1) }
        #expect(height == rows * 10 * 7)
      }
    }
  }

  @Test("A model of intensities lowers its loss, which is no longer that of probabilities where it is learnt")
  func learns() throws {
    try withTemporaryFolder { folder in
      let text = Self.intensities.replacing("learningRate: 1e-3", with: "learningRate: 2e-2")
        .replacing("steps: 24", with: "steps: 300").replacing("interval: 10", with: "interval: 300")
      let result = try TrainingRun.start(
        try TinyProtocol.request(in: folder, text: text), observer: RunObserver())
      let bound = try #require(result.evaluations.last?.bound)
      // At the start every pixel has the density of a normal with variance log(1 + exp(-1/2)) around zero or so.
      let start = 64 * 0.5 * log(2 * Double.pi * log(1 + exp(-0.5)))
      #expect(bound < start - 10, "\(bound), \(start)")
    }
  }

  @Test("What does not go together is reported in one line")
  func faults() throws {
    func fault(_ text: String) -> String {
      do {
        _ = try TrainingProtocol(yaml: text, file: "p.yaml")
        return ""
      } catch { return "\(error)" }
    }
    let faults = [
      (
        Self.intensities.replacing("binarisation: none", with: "binarisation: dynamic"),
        "p.yaml, line 6, key data: expected binarisation none for a model of intensities, found dynamic"
      ),
      (
        TinyProtocol.text.replacing("binarisation: dynamic", with: "binarisation: none"),
        "p.yaml, line 6, key data: expected a binarisation for a model of bits, found none"
      ),
      (
        Self.intensities.replacing("encoderInput: raw", with: "encoderInput: signed"),
        "p.yaml, line 14, key model.encoderInput: expected raw, because intensities are numbers in -1...1 already, found signed"
      ),
      (
        Self.intensities.replacing("outputBias: zero", with: "outputBias: training-mean"),
        "p.yaml, line 16, key model.outputBias: expected zero, because the outputs are means of intensities, no logits, found training-mean"
      ),
    ]
    for (text, expected) in faults { #expect(fault(text) == expected) }
    try withTemporaryFolder { folder in
      let text = Self.halves.replacing("\"carms-i:3\"", with: "\"vimco:3\"")
      do {
        _ = try TrainingRun.start(try TinyProtocol.request(in: folder, text: text), observer: RunObserver())
        Issue.record("a bound's estimator was taken")
      } catch {
        #expect(
          "\(error)".contains(
            "setting estimator is vimco:3, expected an estimator of an expectation, because the latents"))
      }
    }
  }
}
