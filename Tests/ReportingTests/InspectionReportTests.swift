import Foundation
import Testing

@testable import Datasets
@testable import Reporting
@testable import Training

@Suite("Reports on runs that were inspected")
struct InspectionReportTests {
  private typealias Variance = RunInspection.GradientVariance

  private static let png = GreyImage(width: 2, height: 1, pixels: [0, 255]).png()

  private static func picture(_ file: String, images: Int) -> RunInspection.Picture {
    RunInspection.Picture(
      file: file, images: images, sha256: SHA256Stream.digest(of: png), pixelsSHA256: "pixels of \(file)")
  }

  private static func mean(_ variance: Double) -> Variance.Mean {
    Variance.Mean(variance: variance, standardError: variance / 20)
  }

  /// Writes a run with an inspection, and returns the directory.
  private func write(
    _ run: SyntheticRun, variances: [Variance], in folder: TemporaryFolder,
    change: (String) -> String = { $0 }
  ) throws -> String {
    let path = try run.write(in: folder)
    let inspection = RunInspection(
      schema: RunInspection.schema, checkpointSHA256: run.result.checkpointSHA256, step: run.steps,
      steps: run.steps, seed: 1, draws: 200, batch: 50, split: .test, gradientVariance: variances,
      samples: Self.picture("samples.png", images: 64),
      reconstructions: Self.picture("reconstructions.png", images: 32), provenance: run.manifest.provenance)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(inspection), as: UTF8.self)
    try Data(change(text).utf8).write(to: URL(fileURLWithPath: path + "/inspection.json"))
    for picture in inspection.pictures {
      try Data(Self.png).write(to: URL(fileURLWithPath: path + "/" + picture.file))
    }
    return path
  }

  private func four(in folder: TemporaryFolder) throws -> [RecordedRun] {
    let bounds = ["arm": [122.0, 123], "disarm": [121.0, 122]]
    return try ["arm", "disarm"].flatMap { estimator in
      try (0..<2).map { place -> RecordedRun in
        let run = SyntheticRun(
          estimator: estimator, seed: UInt64(place + 1), bounds: [(4000, bounds[estimator]?[place] ?? 0)])
        let scale = estimator == "arm" ? 1.0 : 2
        let variances = [
          Variance(estimator: "arm", state: nil, total: Self.mean(scale * (40 + Double(place))), layers: nil),
          Variance(estimator: "reinforce-ema", state: .start, total: Self.mean(scale * 3000), layers: nil),
        ]
        return try RecordedRun.load(try write(run, variances: variances, in: folder))
      }
    }
  }

  @Test(
    "A report has each variance by the estimator that trained and the one that is measured, with Student's interval"
  )
  func variances() throws {
    let folder = try TemporaryFolder()
    let runs = try four(in: folder)
    for (place, list) in [runs, runs.reversed()].enumerated() {
      let report = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: list)
      _ = try report.write(context: fixedContext(output: folder.file("\(place)")))
    }
    let text = try folder.text("0/runs.md")
    #expect(try folder.text("1/runs.md") == text, "the order of the runs changes nothing")
    #expect(text.contains("## Gradient variance") && text.contains("## Samples and reconstructions"))
    let rows = text.split(separator: "\n").map { $0.replacing(/[ ]+/, with: " ") }
    // 12.706 x 0.7071 / sqrt 2 = 6.35.
    #expect(rows.contains("| `arm` | `arm` | 4,000 | 40.00 | 41.00 | 40.50 ± 6.4 |"), "\(text)")
    #expect(rows.contains("| `disarm` | `arm` | 4,000 | 80.00 | 82.00 | 81.00 ± 13 |"))
    #expect(rows.contains("| `disarm` | `reinforce-ema` (at start) | 4,000 | 6000 | 6000 | 6000 ± 0 |"))
    #expect(
      text.contains("200 draws on 50 images drawn from the test split") && text.contains("at most 5.0 %"))
    let data = try folder.text("0/figures/runs-gradient-variance.dat")
    #expect(data.contains("-0.125 40.5 40.0 41.0\n0.875 81.0 80.0 82.0"), "\(data)")
    let script = try folder.text("0/figures/runs-gradient-variance.gp")
    #expect(script.contains("set xtics norotate noenhanced ('arm' 0, 'disarm' 1)"))
    #expect(script.contains("set logscale y") && script.contains("set yrange [10.0:10000.0]"))
    let lock = try ReportLock.load(report: folder.file("0/runs.md")).lock
    let name = "mnist-static-linear/disarm/step 4000/gradient variance/arm/seed 2"
    let cell = try #require(lock.cells.first { $0.name == name })
    #expect(cell.number == 82 && cell.needs == ["mnist-static-linear-disarm-2"])
    guard case .training(let recipe) = lock.recipe else { return #expect(Bool(false), "another recipe") }
    let settings = InspectionSettings(estimators: ["arm", "reinforce-ema"], draws: 200, seed: 1)
    #expect(recipe.runs.count == 4 && recipe.runs.allSatisfy { $0.inspection == settings })
  }

  @Test(
    "Samples are said to be of a learned prior only where it is learned",
    arguments: [(0.01, "learned"), (0, "fixed")])
  func prior(rate: Double, word: String) throws {
    let folder = try TemporaryFolder()
    let run = SyntheticRun(bounds: [(4000, 122)], priorLearningRate: rate)
    let path = try write(run, variances: [], in: folder)
    let report = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: [try .load(path)])
    _ = try report.write(context: fixedContext(output: folder.path))
    #expect(
      try folder.text("runs.md").contains("at latents drawn from the \(word) prior, after 4,000 steps."))
  }

  @Test("No two estimators of a figure look alike, however many rates trained")
  func colours() throws {
    let folder = try TemporaryFolder()
    let names = (1...7).map { "loorf:\($0 + 1)" } + ["arm", "reinforce-ema"]
    let runs = try names.map { name -> RecordedRun in
      let measured = ["arm", "disarm"].map {
        Variance(estimator: $0, state: nil, total: Self.mean(40), layers: nil)
      }
      let run = SyntheticRun(estimator: name, seed: 1, bounds: [(4000, 122)])
      return try RecordedRun.load(try write(run, variances: measured, in: folder))
    }
    let curves = try LearningCurves(runs: runs, reference: nil)
    let figure = InspectionFigure(curves: curves, names: curves.protocols, stem: "runs").figure
    let colours = figure.panels[0].series.map(\.colour)
    #expect(figure.panels[0].series.map(\.label) == ["arm", "disarm"])
    #expect(Set(colours).count == 2)
  }

  @Test(
    "A report has the pictures of the estimator with the lowest bound, beside its figures and inside of its page"
  )
  func pictures() throws {
    let folder = try TemporaryFolder()
    let report = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: try four(in: folder))
    var context = fixedContext(output: folder.path)
    context.html = true
    let earlier = "figures/runs-samples-mnist-static-linear-arm.png"
    try folder.write("of another run", to: earlier)
    _ = try report.write(context: context)
    let text = try folder.text("runs.md")
    #expect(text.contains("### mnist-static-linear, `disarm`, seed 1"))
    let page = try folder.text("runs.html")
    for kind in ["samples", "reconstructions"] {
      let file = "figures/runs-\(kind)-mnist-static-linear-disarm.png"
      #expect(text.contains("](\(file))"))
      let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(file)))
      #expect(bytes == Data(Self.png))
      #expect(page.contains("src=\"data:image/png;base64,\(bytes.base64EncodedString())\""))
    }
    #expect(text.components(separatedBy: ".png)").count == 3, "one pair for each protocol")
    #expect(!folder.exists(earlier), "the picture of an earlier report")
    for link in text.matches(of: /\]\((figures\/[^)]+)\)/) { #expect(folder.exists(String(link.output.1))) }
    let lock = try ReportLock.load(report: folder.file("runs.md")).lock
    let name = "mnist-static-linear/disarm/seed 1/samples/SHA-256 of pixels"
    #expect(lock.cells.first { $0.name == name }?.value == "pixels of samples.png")
    try FileManager.default.removeItem(
      atPath: folder.file("figures/runs-samples-mnist-static-linear-disarm.png"))
    var document = MarkdownDocument()
    document.picture(file: "figures/none.png", alternativeText: "", caption: "")
    #expect(throws: ReportingError.self) { try HTMLPage(document: document, folder: folder.path).text() }
  }

  @Test("Runs without inspections have no such sections, and their lock says nothing of them")
  func without() throws {
    let folder = try TemporaryFolder()
    let run = try RecordedRun.load(try SyntheticRun().write(in: folder))
    _ = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: [run])
      .write(context: fixedContext(output: folder.path))
    let text = try folder.text("runs.md")
    #expect(!text.contains("Gradient variance") && !text.contains(".png"))
    #expect(try !folder.text("runs.lock.json").contains("inspection"))
    #expect(try !folder.text("figures/runs-training.gp").contains("xtics"))
  }

  @Test("A chain of layers has a row for each layer and one for all")
  func layers() throws {
    let folder = try TemporaryFolder()
    let variance = Variance(
      estimator: "arm", state: nil, total: Self.mean(7), layers: [Self.mean(5), Self.mean(2)])
    let run = try RecordedRun.load(
      try write(SyntheticRun(bounds: [(4000, 122)]), variances: [variance], in: folder))
    _ = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: [run])
      .write(context: fixedContext(output: folder.path))
    let rows = try folder.text("runs.md").split(separator: "\n").map { $0.replacing(/[ ]+/, with: " ") }
    for (layer, value) in [("1", "5.000"), ("2", "2.000"), ("all", "7.000")] {
      #expect(rows.contains("| `arm` | `arm` | \(layer) | 4,000 | \(value) | \(value) |"))
    }
  }

  @Test(
    "An inspection of another checkpoint, with other settings, malformed, or with another picture is refused in one line"
  )
  func refused() throws {
    func line(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return ""
    }
    let variance = Variance(estimator: "arm", state: nil, total: Self.mean(7), layers: nil)
    let folder = try TemporaryFolder()
    func load(_ seed: UInt64, _ change: @escaping (String) -> String) throws -> RecordedRun {
      try RecordedRun.load(
        try write(SyntheticRun(seed: seed), variances: [variance], in: folder, change: change))
    }
    let first = try load(1) { $0 }
    func report(_ runs: [RecordedRun]) throws {
      _ = try LearningCurveReport(title: "Runs", fileName: "runs.md", runs: runs)
        .write(context: fixedContext(output: folder.file("Reports")))
    }
    let stale = line { _ = try load(2) { $0.replacing("\"0101", with: "\"0202") } }
    let schema = line { _ = try load(2) { $0.replacing("inspection/1", with: "inspection/2") } }
    let malformed = line { _ = try load(2) { $0.replacing("\"draws\"", with: "\"draw\"") } }
    let mixed = line {
      try report([first, try load(2) { $0.replacing("\"draws\":200", with: "\"draws\":100") }])
    }
    try Data([1]).write(to: URL(fileURLWithPath: first.directory + "/samples.png"))
    let picture = line { try report([first]) }
    for (line, part) in [
      (stale, "arm-2/inspection.json: checkpointSHA256: expected the checkpoint of the finished run"),
      (schema, "expected armature.inspection/1"), (malformed, "draws"),
      (mixed, "other draws, seed, batch or split"),
      (picture, "arm-1/samples.png: the file: expected the picture"),
    ] {
      #expect(line.contains(part) && !line.contains("\n"), "\(line)")
    }
  }
}
