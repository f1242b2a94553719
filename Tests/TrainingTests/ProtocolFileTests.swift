import Datasets
import Foundation
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
    #expect(choices.model.encoderHidden == [6] && choices.model.decoderHidden == [])
    #expect(choices.model.outputBias == .trainingMean && choices.model.centredInput)
    #expect(choices.optimisation.adamEpsilon == 1e-7 && choices.optimisation.decoderSamples == .first)
    #expect(choices.evaluation.interval == 10 && choices.evaluation.steps == [])
  }

  @Test(
    "The protocols that come with Armature are valid and named as their files",
    arguments: ["mnist-static-linear", "mnist-static-nonlinear", "digits-linear", "digits-nonlinear"])
  func fixtures(name: String) throws {
    let url = try FixturesFolder.locate("Protocols").appending(path: name + ".yaml")
    let choices = try ProtocolFile(url).protocol
    #expect(choices.name == name)
    #expect(choices.model.encoderHidden.isEmpty == name.hasSuffix("-linear"))
    #expect(choices.optimisation.batchSize == 50 && choices.evaluation.samples == 100)
  }

  @Test("A protocol is the same after a manifest has carried it as JSON")
  func json() throws {
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
        "set: digits", "set: omniglot",
        "p.yaml, line 6, key data.set: expected mnist-static or mnist or fashion-mnist or digits, found omniglot"
      ),
      (
        "binarisation: dynamic", "binarisation: static",
        "p.yaml, line 7, key data.binarisation: expected threshold or dynamic for data set digits, found static"
      ),
      ("kind: binary-vae", "kind: gan", "p.yaml, line 9, key model.kind: expected binary-vae, found gan"),
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
        "centredInput: true", "centredInput: yes",
        "p.yaml, line 14, key model.centredInput: expected true or false, found yes"
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
        + "leakyReLUSlope, latents, centredInput, signedLatents, outputBias, found the unknown key latent")
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
