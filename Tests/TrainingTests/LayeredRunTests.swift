import Datasets
import Foundation
import LatentVariableModels
import Testing

@testable import Training

@Suite("Runs of models with layers of latents")
struct LayeredRunTests {
  /// The tiny protocol with another model and estimator.
  private static func text(
    kind: String, estimator: String, last: String = "outputBias: zero", categories: Int? = nil
  ) -> String {
    let lines = TinyProtocol.selecting.split(separator: "\n").map(String.init)
    let model = lines.firstIndex(of: "model:") ?? 0
    let optimisation = lines.firstIndex(of: "optimisation:") ?? 0
    let keys =
      [
        "model:", "  kind: \(kind)", "  latents: [5, 4]", "  hidden: []", "  leakyReLUSlope: 0.3",
        "  encoderInput: centred", "  latentInput: signed", "  \(last)",
      ] + (categories.map { ["  categories: \($0)"] } ?? [])
    return (lines[..<model] + keys + lines[optimisation...]).joined(separator: "\n")
      .replacing("estimator: arm", with: "estimator: \(estimator)")
  }

  static let texts = [
    text(kind: "layered-vae", estimator: "arm+skip-equal", last: "outputBias: training-mean"),
    text(kind: "layered-vae", estimator: "reinforce-ema"),
    text(kind: "structured-prediction", estimator: "gumbel:0.5"),
    text(kind: "classification", estimator: "psa", last: "classes: 10"),
    text(kind: "structured-prediction", estimator: "carms-i:2", categories: 3),
    text(kind: "structured-prediction", estimator: "gumbel:1", categories: 3),
    text(kind: "classification", estimator: "reinforce-ema", last: "classes: 10", categories: 4),
    text(kind: "layered-vae", estimator: "loorf:2", categories: 3),
  ]

  @Test(
    "One and two threads, a stop and a resumption give the same bits; an evaluation gives the recorded number",
    arguments: texts.indices)
  func reproducibility(index: Int) throws {
    let evaluations = try TinyProtocol.repeatedRun(Self.texts[index]).evaluations
    let isClassifier = Self.texts[index].contains("classification")
    #expect(evaluations.allSatisfy { ($0.accuracy != nil) == isClassifier })
  }

  @Test("A classifier learns the digits: after some epochs it tells them apart four times as well as chance")
  func classifier() throws {
    try withTemporaryFolder { folder in
      let text = Self.text(kind: "classification", estimator: "deep-st", last: "classes: 10")
        .replacing("latents: [5, 4]", with: "latents: [20, 10]")
        .replacing("learningRate: 1e-3", with: "learningRate: 1e-2")
        .replacing("steps: 24", with: "steps: 150").replacing("interval: 10", with: "interval: 150")
      let result = try TrainingRun.start(
        try TinyProtocol.request(in: folder, text: text), observer: RunObserver())
      #expect(try #require(result.evaluations.last?.accuracy) > 0.4)
    }
  }

  /// What is reported of a protocol that does not start: one line, and no run directory.
  private func fault(_ text: String) throws -> String {
    var report = ""
    try withTemporaryFolder { folder in
      do {
        _ = try TrainingRun.start(try TinyProtocol.request(in: folder, text: text), observer: RunObserver())
      } catch { report = "\(error)" }
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "run").path))
    }
    #expect(!report.contains("\n"))
    return report
  }

  @Test("An estimator, a data set or a key that does not suit the model is reported in one line")
  func faults() throws {
    let generation = Self.texts[0]
    #expect(try fault(generation.replacing("arm+skip-equal", with: "psa")).contains("values only"))
    #expect(try fault(generation.replacing("arm+skip-equal", with: "relax")).contains("networks"))
    #expect(try fault(generation.replacing("arm+skip-equal", with: "arrm")).contains("arm"))
    #expect(
      try fault(generation.replacing("latents: [5, 4]", with: "latents: []")).contains(
        "model.latents: expected a list of 1...100 widths"))
    #expect(
      try fault(generation.replacing("outputBias: training-mean", with: "classes: 10")).contains("classes"))
    #expect(
      try fault(Self.texts[3].replacing("classes: 10", with: "classes: 4")).contains(
        "model.classes: expected at least 10"))
    #expect(
      try fault(generation.replacing("adamBeta1: 0.9", with: "adamBeta1: 0.9\n  momentum: 0.9")).contains(
        "adamBeta1"))
  }

  @Test(
    "Categories that are none, and estimators without a form for them or for what is modelled, are refused"
  )
  func categoryFaults() throws {
    let text = Self.texts[4]
    #expect(
      try fault(text.replacing("categories: 3", with: "categories: 1")).contains(
        "model.categories: expected a whole number 2...256, found 1"))
    #expect(try fault(Self.texts[7].replacing("loorf:2", with: "gumbel:1")).contains("values only"))
    for name in ["arm", "psa", "tanh"] {
      #expect(
        try fault(text.replacing("carms-i:2", with: name)).contains(
          "\"\(name)\": has no form for networks whose variables have 3 categories"))
    }
    #expect(
      try fault(Self.texts[2].replacing("gumbel:0.5", with: "carms-i:2")).contains("no form for networks;"))
  }

  @Test(
    "A protocol of each kind is the same after a manifest has carried it as JSON; momentum takes Adam's place"
  )
  func json() throws {
    let momentum = Self.texts[2].replacing(
      "  adamBeta1: 0.9\n  adamBeta2: 0.999\n  adamEpsilon: 1e-7\n", with: "  momentum: 0.9\n")
    for text in Self.texts + [momentum] {
      let choices = try TrainingProtocol(yaml: text, file: "p.yaml")
      let copy = try JSONDecoder().decode(TrainingProtocol.self, from: JSONEncoder().encode(choices))
      #expect(copy == choices && choices.model.layered?.latents == [5, 4])
      #expect(choices.model.autoencoder == nil && choices.model.activationSlope == nil)
    }
    let settings = try TrainingProtocol(yaml: momentum, file: "p.yaml").optimisation.settings
    #expect(settings.momentum == 0.9)
    let kinds = try Self.texts.map { try TrainingProtocol(yaml: $0, file: "p.yaml").model }
    #expect(kinds[0].decoderWidths == ["4 latents", "5 latents", "pixels"])
    #expect(kinds[2].encoderWidths == ["upper pixels", "5 latents", "4 latents"])
    #expect(kinds[3].decoderWidths == ["4 latents", "10 classes"])
    #expect(kinds[4].encoderWidths == ["upper pixels", "5 x 3 latents", "4 x 3 latents"])
    #expect(kinds[6].decoderWidths == ["4 x 4 latents", "10 classes"] && kinds[6].layered?.categories == 4)
    #expect(kinds[7].decoderWidths == ["4 x 3 latents", "5 x 3 latents", "pixels"])
    // Manifests of Bernoulli models are as they were.
    let json = String(decoding: try JSONEncoder().encode(kinds[2]), as: UTF8.self)
    #expect(!json.contains("categories"))
  }

  @Test("Batches and evaluations carry each image's own class")
  func labels() throws {
    let dataset = try ImageDataset.load(.digits, folder: nil, labels: true)
    let data = TrainingData(dataset: dataset, binarisation: .threshold)
    var batches = BatchSource(data, batchSize: 7, seed: 3)
    for step in [0, 5, 200] {
      batches.load(step: step)
      for row in 0..<7 {
        let image = Array(batches.images[row * 64..<(row + 1) * 64])
        let places = (0..<dataset.train.count).filter { index in
          let grey = dataset.train.intensities[index * 64..<(index + 1) * 64]
          return zip(grey, image).allSatisfy { (2 * Int($0) > 16) == ($1 == 1) }
        }
        #expect(places.contains { dataset.train.labels[$0] == batches.labels[row] })
      }
    }
    #expect(data.labels(2..<5, of: .test) == Array(dataset.test.labels[2..<5]))
  }
}
