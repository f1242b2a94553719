import Datasets
import Foundation
import LatentVariableModels
import Testing

@testable import Training

@Suite struct ProtocolFileTests {
  func fault(_ text: String) -> String? {
    do throws(ProtocolError) {
      _ = try TrainingProtocol(yaml: text, file: "p.yaml")
      return nil
    } catch {
      #expect(!error.description.contains("\n"))
      return error.description
    }
  }

  func fault(replacing old: String, by new: String) throws -> String? {
    let range = try #require(TinyProtocol.text.range(of: old), "\(old) is not in the protocol")
    return fault(TinyProtocol.text.replacingCharacters(in: range, with: new))
  }

  @Test("The protocol of the other tests is read as it is written")
  func reads() throws {
    let choices = try TrainingProtocol(yaml: TinyProtocol.text, file: "p.yaml")
    #expect(choices.name == "tiny" && choices.steps == 24 && choices.estimator == "arm")
    #expect(choices.data.set == .digits && choices.data.binarisation == .dynamic)
    #expect(choices.model.autoencoder?.encoderHidden == [6] && choices.model.autoencoder?.decoderHidden == [])
    #expect(choices.model.outputBias == .trainingMean && choices.model.encoderInput == .centred)
    #expect(choices.optimisation.adamEpsilon == 1e-7 && choices.optimisation.decoderSamples == .first)
    #expect(choices.evaluation.interval == 10 && choices.evaluation.steps == [])
  }

  static var shipped: [URL] {
    get throws {
      let folder = try FixturesFolder.locate("Protocols")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      return names.filter { $0.hasSuffix(".yaml") }.map { folder.appending(path: $0) }
    }
  }

  @Test("The protocols that come with Armature are valid and named as their files")
  func fixtures() throws {
    let files = try Self.shipped
    #expect(files.count >= 23)
    for url in files {
      let choices = try ProtocolFile(url).protocol
      #expect(choices.name == url.deletingPathExtension().lastPathComponent)
      guard choices.model.kind == .binaryVAE else { continue }
      #expect((choices.model.activationSlope == nil) == choices.name.hasSuffix("-linear"), "\(choices.name)")
    }
  }

  @Test("Every choice of the protocols that come with Armature has a source")
  func sources() throws {
    for url in try Self.shipped {
      let file = try ProtocolFile(url)
      #expect(file.choices.count >= 24)
      for choice in file.choices { #expect(choice.source != nil, "\(file.protocol.name), \(choice.path)") }
    }
  }

  @Test("The numbers of the published protocols are those of the scripts and papers that they name")
  func published() throws {
    func load(_ name: String) throws -> TrainingProtocol {
      try ProtocolFile(try FixturesFolder.locate("Protocols").appending(path: name + ".yaml")).protocol
    }
    let linear = try load("arm-mnist-linear")
    // 1,200 epochs of 50,000 / 50 steps; inputs and latents scaled to -1 and 1; a learned prior.
    #expect(linear.steps == 1_200_000 && linear.evaluation.interval == 1000)
    #expect(linear.model.encoderInput == .signed && linear.model.autoencoder?.signedLatents == true)
    #expect(linear.optimisation.priorLearningRate == 0.01 && linear.optimisation.adamEpsilon == 1e-8)
    let nonlinear = try load("arm-mnist-nonlinear")
    #expect(nonlinear.optimisation.priorLearningRate == 0 && nonlinear.model.activationSlope == 0.1)
    #expect(nonlinear.model.encoderInput == .raw && nonlinear.model.autoencoder?.signedLatents == false)
    let omniglot = try load("arm-omniglot-nonlinear")
    // 800 epochs of 23,000 / 20 steps.
    #expect(omniglot.steps == 920_000 && omniglot.optimisation.batchSize == 20)
    #expect(omniglot.optimisation.learningRate == 5e-5 && omniglot.optimisation.encoderAdamBeta1 == 0.5)
    #expect(omniglot.optimisation.encoderAdamBeta2 == 0.99999 && omniglot.data.binarisation == .once)
    let selection = try load("arm-selection-mnist-linear")
    #expect(selection.optimisation.learningRates == [5e-4, 1e-4, 5e-5])
    #expect(selection.evaluation.split == .valid && selection.evaluation.selection?.split == .test)
    // The two-layer forms differ from the scripts' by the paper's rule alone.
    for data in ["mnist", "omniglot"] {
      let (script, chosen) = (
        try load("arm-\(data)-two-layer"), try load("arm-selection-\(data)-two-layer")
      )
      #expect(chosen.model == script.model && chosen.data == script.data && chosen.steps == script.steps)
      #expect(chosen.optimisation.learningRates == [5e-4, 1e-4, 5e-5])
      #expect(chosen.optimisation.learningRate == script.optimisation.learningRate)
      #expect(chosen.evaluation.selection == .init(split: .test, samples: 1000))
    }
    #expect(try load("arm-mnist-two-layer").evaluation.final == .init(split: .test, samples: 1000))
    let layers = try load("rodeo-mnist-three-layer")
    #expect(layers.model.layered?.latents == [200, 200, 200] && layers.model.layered?.hidden == [])
    #expect(layers.optimisation.batchSize == 100 && layers.optimisation.decoderGradient == nil)
    for data in ["mnist", "omniglot"] {
      let structured = try load("carms-structured-\(data)")
      #expect(structured.model.kind == .categoricalCompletion && structured.model.completesImages)
      #expect(structured.model.encoderWidths == ["upper pixels, twice", "200", "20 x 10 logits"])
      #expect(structured.model.decoderWidths == ["20 x 10 latents", "200", "lower pixels, twice"])
      #expect(structured.data == (try load("carms-\(data)-20x10")).data)
    }
    for data in ["mnist", "fashion", "omniglot"] {
      let (bits, intensities) = (try load("rodeo-\(data)"), try load("rodeo-\(data)-gaussian"))
      #expect(intensities.model.kind == .gaussianVAE && intensities.data.binarisation == .unbinarised)
      #expect(intensities.model.encoderWidths == bits.model.encoderWidths && intensities.steps == bits.steps)
      #expect(intensities.model.decoderWidths == ["200 latents", "200", "200", "means of pixels"])
      #expect(intensities.optimisation.learningRate == 1e-4 && intensities.optimisation.batchSize == 100)
    }
    let rodeo = try load("rodeo-fashion")
    #expect(rodeo.optimisation.learningRate == 3e-4 && rodeo.optimisation.batchSize == 100)
    #expect(rodeo.optimisation.decoderSamples == .all && rodeo.optimisation.priorLearningRate == 0)
  }

  @Test("A sum over the batch is the mean with Adam's epsilon divided by the batch size")
  func batchReduction() throws {
    let text = TinyProtocol.text.replacing(
      "learningRate: 1e-3", with: "learningRate: 1e-3\n  encoderGradient: sum\n  encoderAdamBeta1: 0.5")
    let settings = try TrainingProtocol(yaml: text, file: "p.yaml").optimisation.settings
    #expect(settings.adamEpsilon == 1e-7 && settings.encoderAdam?.epsilon == 1e-7 / 20)
    #expect(settings.encoderAdam?.beta1 == 0.5 && settings.encoderAdam?.beta2 == 0.999)
    // Two steps of Adam from the definition, on sums with epsilon and on means with epsilon / 20.
    func steps(scale: Double, epsilon: Double) -> Double {
      var (first, second, moved) = (0.0, 0.0, 0.0)
      for (count, mean) in [(1.0, 3e-7), (2.0, -1e-6)] {
        let gradient = scale * mean
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient * gradient
        let rate = (1 - pow(0.999, count)).squareRoot() / (1 - pow(0.9, count))
        moved -= rate * first / (second.squareRoot() + epsilon)
      }
      return moved
    }
    let (sum, mean) = (steps(scale: 20, epsilon: 1e-7), steps(scale: 1, epsilon: 1e-7 / 20))
    #expect(abs(sum - mean) < 1e-12 * abs(sum))
    #expect(abs(sum - steps(scale: 1, epsilon: 1e-7)) > 0.01 * abs(sum))
  }

  @Test(
    "Sources belong to choices or sections; the innermost one counts; one that belongs to nothing is reported"
  )
  func statedSources() throws {
    func choices(_ sources: String) throws -> [ProtocolChoice] {
      try ProtocolChoice.all(
        in: ProtocolNode(text: TinyProtocol.text + "\nsources:\n" + sources, file: "p.yaml"))
    }
    let found = try choices("  model: a paper\n  model.latents: our choice\n  steps: also ours\n")
    func source(_ path: String) -> String? { found.first { $0.path == path }?.source }
    #expect(found.first?.path == "data.set" && found.first?.value == "digits" && found.first?.source == nil)
    #expect(source("model.encoderHidden") == "a paper" && source("model.latents") == "our choice")
    #expect(source("steps") == "also ours" && source("estimator") == nil)
    #expect(found.first { $0.path == "model.encoderHidden" }?.value == "[6]")
    #expect(
      throws: ProtocolError(
        file: "p.yaml", line: 34, key: "sources", expected: "the path of a choice in this file",
        found: "model.latent")
    ) { try choices("  model.latent: typing error\n") }
    #expect(throws: ProtocolError.self) { try choices("  model.latents: [a]\n") }
    #expect(throws: ProtocolError.self) { try choices("  - a\n") }
  }

  @Test("A protocol is the same after a manifest has carried it as JSON")
  func json() throws {
    for url in try ProtocolLibrary.files() {
      let choices = try ProtocolFile(url).protocol
      let copy = try JSONDecoder().decode(TrainingProtocol.self, from: JSONEncoder().encode(choices))
      #expect(copy == choices)
    }
    let choices = try TrainingProtocol(yaml: TinyProtocol.text, file: "p.yaml")
    let copy = try JSONDecoder().decode(TrainingProtocol.self, from: JSONEncoder().encode(choices))
    #expect(copy == choices)
  }

  @Test(
    "Each bad value is reported with file, line, key, expectation and finding",
    arguments: [
      (
        "armature.protocol/1", "armature.protocol/9",
        "p.yaml, line 1, key schema: expected armature.protocol/1, found armature.protocol/9"
      ),
      ("name: tiny", "name: ''", "p.yaml, line 2, key name: expected text on one line, found nothing"),
      ("title: A tiny run", "title:", "p.yaml, line 3, key title: expected text on one line, found nothing"),
      (
        "title: A tiny run", "title: [a]",
        "p.yaml, line 3, key title: expected text on one line, found a list"
      ),
      (
        "set: digits", "set: svhn",
        "p.yaml, line 6, key data.set: expected mnist-static or mnist or mnist-tutorial or fashion-mnist or omniglot "
          + "or omniglot-area or cifar-10 or cifar-10-subset or digits, found svhn"
      ),
      (
        "binarisation: dynamic", "binarisation: static",
        "p.yaml, line 7, key data.binarisation: expected threshold or dynamic or once or none for data set digits, found static"
      ),
      (
        "kind: binary-vae", "kind: gan",
        "p.yaml, line 9, key model.kind: expected binary-vae or categorical-vae or layered-vae "
          + "or structured-prediction or classification or categorical-completion or gaussian-vae, found gan"
      ),
      (
        "encoderHidden: [6]", "encoderHidden: 6",
        "p.yaml, line 10, key model.encoderHidden: expected a list of whole numbers, found 6"
      ),
      (
        "encoderHidden: [6]", "encoderHidden: [6, 0]",
        "p.yaml, line 10, key model.encoderHidden[1]: expected a whole number 1...100000, found 0"
      ),
      (
        "leakyReLUSlope: 0.3", "leakyReLUSlope: .nan",
        "p.yaml, line 12, key model.leakyReLUSlope: expected a number from 0 to 1, found .nan"
      ),
      (
        "leakyReLUSlope: 0.3", "leakyReLUSlope: nan",
        "p.yaml, line 12, key model.leakyReLUSlope: expected a number from 0 to 1, found nan"
      ),
      (
        "latents: 4", "latents: -4",
        "p.yaml, line 13, key model.latents: expected a whole number 1...100000, found -4"
      ),
      (
        "latents: 4", "latents: 4.5",
        "p.yaml, line 13, key model.latents: expected a whole number 1...100000, found 4.5"
      ),
      (
        "latents: 4", "latents: \"4\"",
        "p.yaml, line 13, key model.latents: expected a whole number 1...100000, found the text '4'"
      ),
      (
        "encoderInput: centred", "encoderInput: yes",
        "p.yaml, line 14, key model.encoderInput: expected raw or centred or signed, found yes"
      ),
      (
        "outputBias: training-mean", "outputBias: 0",
        "p.yaml, line 16, key model.outputBias: expected zero or training-mean, found 0"
      ),
      (
        "batchSize: 20", "batchSize: 0",
        "p.yaml, line 18, key optimisation.batchSize: expected a whole number 1...100000, found 0"
      ),
      (
        "learningRate: 1e-3", "learningRate: 0",
        "p.yaml, line 19, key optimisation.learningRate: expected a number above 0 and at most 10, found 0"
      ),
      (
        "learningRate: 1e-3", "learningRate: .inf",
        "p.yaml, line 19, key optimisation.learningRate: expected a number above 0 and at most 10, found .inf"
      ),
      (
        "learningRate: 1e-3", "learningRate: 1e999",
        "p.yaml, line 19, key optimisation.learningRate: expected a number above 0 and at most 10, found 1e999"
      ),
      (
        "learningRate: 1e-3", "learningRate: 0x1p-3",
        "p.yaml, line 19, key optimisation.learningRate: expected a number above 0 and at most 10, found 0x1p-3"
      ),
      (
        "adamBeta2: 0.999", "adamBeta2: 1",
        "p.yaml, line 21, key optimisation.adamBeta2: expected a number from 0 to below 1, found 1"
      ),
      (
        "adamEpsilon: 1e-7", "adamEpsilon: 0",
        "p.yaml, line 22, key optimisation.adamEpsilon: expected a number above 0 and at most 1, found 0"
      ),
      (
        "priorLearningRate: 1e-2", "priorLearningRate: -1",
        "p.yaml, line 23, key optimisation.priorLearningRate: expected a number from 0 to 10, found -1"
      ),
      (
        "decoderSamples: first", "decoderSamples: second",
        "p.yaml, line 24, key optimisation.decoderSamples: expected first or all, found second"
      ),
      (
        "steps: 24", "steps: 0", "p.yaml, line 25, key steps: expected a whole number 1...1000000000, found 0"
      ),
      (
        "estimator: arm", "estimator:",
        "p.yaml, line 26, key estimator: expected text on one line, found nothing"
      ),
      (
        "metricsInterval: 7", "metricsInterval: 0",
        "p.yaml, line 27, key metricsInterval: expected a whole number 1...1000000000, found 0"
      ),
      (
        "interval: 10", "steps: [10, 5]",
        "p.yaml, line 30, key evaluation.steps: expected steps in ascending order, at least one, found [10, 5]"
      ),
      (
        "interval: 10", "steps: []",
        "p.yaml, line 30, key evaluation.steps: expected steps in ascending order, at least one, found []"
      ),
      (
        "learningRate: 1e-3", "learningRate: 1e-3\n  learningRates: [1e-2, 1e-4]",
        "p.yaml, line 19, key optimisation.learningRate: expected one of the learningRates [0.01, 0.0001], found 0.001"
      ),
      (
        "learningRate: 1e-3", "learningRate: 1e-3\n  learningRates: [1e-3, 1e-3]",
        "p.yaml, line 20, key optimisation.learningRates: expected different learning rates, at least one, "
          + "found [0.001, 0.001]"
      ),
      (
        "learningRate: 1e-3", "learningRate: 1e-3\n  encoderGradient: total",
        "p.yaml, line 20, key optimisation.encoderGradient: expected mean or sum, found total"
      ),
      (
        "learningRate: 1e-3", "learningRate: 1e-3\n  encoderAdamBeta2: 1.5",
        "p.yaml, line 20, key optimisation.encoderAdamBeta2: expected a number from 0 to below 1, found 1.5"
      ),
      (
        "samples: 2", "samples: 2\n  selection: {split: test, samples: 2}",
        "p.yaml, line 31, key evaluation.split: expected valid, because parameters are selected by it, found test"
      ),
      (
        "samples: 2", "samples: 0",
        "p.yaml, line 32, key evaluation.samples: expected a whole number 1...100000, found 0"
      ),
    ])
  func badValue(old: String, new: String, expected: String) throws {
    #expect(try fault(replacing: old, by: new) == expected)
  }

  @Test("An unknown key is reported with the known ones, at every level")
  func unknownKey() throws {
    #expect(
      try fault(replacing: "latents: 4", by: "latents: 4\n  latent: 4")
        == "p.yaml, line 14, key model: expected one of the keys kind, encoderHidden, decoderHidden, "
        + "leakyReLUSlope, latents, encoderInput, signedLatents, outputBias, found the unknown key latent")
    #expect(
      try fault(replacing: "steps: 24", by: "steps: 24\nstep: 24")?.contains("the unknown key step") == true)
  }

  @Test("Every key is required, at every level")
  func missingKey() throws {
    let lines = TinyProtocol.text.split(separator: "\n").map(String.init)
    for (index, line) in lines.enumerated() where !line.hasSuffix(":") {
      var others = lines
      others.remove(at: index)
      let key = line.split(separator: ":")[0].trimmingCharacters(in: .whitespaces)
      let report = try #require(fault(others.joined(separator: "\n")))
      #expect(
        report.contains("no such key") && report.contains(key) || key == "interval", "\(line): \(report)")
    }
  }

  @Test("Evaluation needs its steps or its interval, not both")
  func evaluationPlan() throws {
    #expect(
      try fault(replacing: "  interval: 10\n", by: "")
        == "p.yaml, line 30, key evaluation: expected either the key steps or the key interval, found neither"
    )
    #expect(
      try fault(replacing: "interval: 10", by: "interval: 10\n  steps: [1]")?.hasSuffix("found both") == true)
  }

  @Test("A key that appears twice is reported")
  func repeatedKey() throws {
    let report = try fault(replacing: "latents: 4", by: "latents: 4\n  latents: 5")
    #expect(report?.contains("expected each key once, found key 'latents' more than once") == true)
  }

  @Test("What is no YAML mapping is reported in one line")
  func noMapping() {
    #expect(fault("") == "p.yaml: expected a protocol, found an empty file")
    #expect(fault("# nothing\n") == "p.yaml: expected a protocol, found an empty file")
    #expect(fault("- a\n- b\n") == "p.yaml, line 1: expected a mapping of keys to values, found a list")
    #expect(fault("a: [1\nb: 2\n")?.hasPrefix("p.yaml, line ") == true)
    #expect(fault("a: 1\n---\nb: 2\n")?.hasPrefix("p.yaml") == true)
    #expect(fault("a: *b\n")?.hasPrefix("p.yaml") == true)
  }

  @Test("A file that is missing or not text is reported by name")
  func unreadable() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "p.yaml")
      #expect(throws: ProtocolError.self) { _ = try ProtocolFile(url) }
      try Data([0xFF, 0xFE, 0x00]).write(to: url)
      #expect(
        throws: ProtocolError(
          file: url.path, line: nil, key: "", expected: "UTF-8 text", found: "other bytes")
      ) { _ = try ProtocolFile(url) }
    }
  }
}
