internal import Datasets
package import Foundation
internal import Training
internal import Verification
internal import Yams

/// The report of how fast estimators draw gradients, for a terminal, for scripts and as Markdown.
///
/// Times are of a machine and a moment: the Markdown report has no lock, for no repetition gives them again.
package struct DrawBenchmarkReport: Encodable, Sendable {
  package struct Written: Sendable {
    package let file: String
    package let verdict: String
  }

  private static let fileName = "benchmarks.md"

  let schema = "armature.draw-benchmark/1"
  let processor: String
  let measurements: DrawMeasurements

  package init(_ measurements: DrawMeasurements) {
    self.measurements = measurements
    processor = HostDescription.current().processor
  }

  package var holds: Bool { measurements.holds }

  /// The verdict in one line.
  package var verdict: String {
    let batch = measurements.batch
    let time = NumberFormatting.fixed(batch.milliseconds, decimals: 2)
    let quick =
      "\(batch.estimator) at D = \(batch.variables), C = \(batch.categories), batch \(batch.rows): \(time) ms "
      + "(at most \(NumberFormatting.significant(batch.limit, digits: 1)) ms)"
    let counted = measurements.draws.contains { $0.allocations != nil }
    let memory =
      !counted
      ? "allocations cannot be counted here"
      : measurements.allocating.isEmpty
        ? "no draw allocates memory"
        : "these allocate memory: \(measurements.allocating.joined(separator: "; "))"
    return "\(holds ? "PASS" : "FAIL"): \(quick); \(memory)"
  }

  /// The report as text for a terminal.
  package var text: String {
    let rows = measurements.draws.map {
      [
        $0.estimator, "\($0.variables)", $0.categories.map(String.init) ?? "-", "\($0.evaluations)",
        Self.rate($0.drawsPerSecond), "\(Self.rate($0.slowest)) - \(Self.rate($0.fastest))",
        $0.allocations.map { "\($0.draw)" } ?? "-", $0.allocations.map { "\($0.batch)" } ?? "-",
      ]
    }
    let table = TextTable(
      header: [
        "estimator", "D", "C", "evaluations", "draws/s", "range", "allocations a draw", "a batch",
      ], rows: rows)
    return "\(processor), one core\n\n\(table.text)\n\n\(verdict)"
  }

  private static func rate(_ rate: Double) -> String { NumberFormatting.scientific(rate, digits: 3) }
}

// MARK: Markdown

extension DrawBenchmarkReport {
  /// Writes `benchmarks.md` into the context's folder.
  ///
  /// The training rows are the output of `armature benchmark --json`, if they are to stand in the report too.
  ///
  /// - Throws: `ReportingError.unwritable`, or `.malformed` for the training rows or the peers' figures.
  package func write(context: ReportContext, training: URL?) throws(ReportingError) -> Written {
    let folder = try ReportFolder(path: context.output, gnuplot: context.gnuplot)
    let peers = try PeerThroughput.load()
    let rows = try training.map { file throws(ReportingError) in try TrainingRows.load(file: file) }
    let provenance = context.provenance(level: .statistical, seeds: [])
    var document = MarkdownDocument()
    document.heading(1, "How fast estimators draw gradients")
    document.paragraph("**\(verdict)**")
    provenance.write(into: &document)
    writeDraws(into: &document)
    if let figure = rateFigure(beside: peers) { document.figure(try folder.draw(figure)) }
    writeBatch(into: &document)
    write(peers, into: &document)
    rows?.write(into: &document)
    return Written(file: try folder.write(document.text, to: Self.fileName), verdict: verdict)
  }

  private func writeDraws(into document: inout MarkdownDocument) {
    document.heading(2, "Gradient draws per second")
    document.paragraph(
      """
      One core, single precision, per second of processor time. A draw is a row's whole gradient: noise from Philox, the samples, an objective of one \
      multiply-add for each sample, sum over d of (z\\_d - 0.49)², and the combination. D binary variables, or D variables of \
      \(measurements.draws.compactMap(\.categories).first ?? 0) categories for the estimators that take no binary ones; \
      batches fit into the cache. Medians over rounds in which all rows take turns; a range of the slowest and the fastest \
      round in the folded table. Allocations are counted exactly, by stepping through one draw and one combination \
      instruction by instruction and counting the entries into the allocator: those that each further row adds, and those \
      of a batch of any size. They are counted with at most \(DrawBenchmark.largestCountedSize) variables, for stepping takes long. \
      PSA and deep straight-through need a network, and are not here.
      """)
    let sizes = Set(measurements.draws.map(\.variables)).sorted()
    var table = MarkdownTable(
      [.init("estimator"), .init("C", .right)]
        + sizes.flatMap { size -> [MarkdownTable.Column] in
          [.init("evaluations, D = \(size)", .right), .init("draws/s, D = \(size)", .right)]
        } + [.init("allocations of a draw", .right), .init("of a batch", .right)])
    for name in names {
      let own = measurements.draws.filter { $0.estimator == name }
      let allocations = own.lazy.compactMap(\.allocations).first
      table.append(
        ["\(code: name)", own.first?.categories.map { "\($0)" } ?? "-"]
          + sizes.flatMap { size -> [MarkdownText] in
            guard let draw = own.first(where: { $0.variables == size }) else { return ["-", "-"] }
            return ["\(draw.evaluations)", "\(Self.rate(draw.drawsPerSecond))"]
          } + [allocations.map { "\($0.draw)" } ?? "-", allocations.map { "\($0.batch)" } ?? "-"])
    }
    document.table(table)
    document.details("Slowest and fastest round") { inner in
      var table = MarkdownTable([
        .init("estimator"), .init("D", .right), .init("rows of a batch", .right), .init("slowest", .right),
        .init("fastest", .right),
      ])
      for draw in measurements.draws {
        table.append([
          "\(code: draw.estimator)", "\(draw.variables)", "\(draw.rows)", "\(Self.rate(draw.slowest))",
          "\(Self.rate(draw.fastest))",
        ])
      }
      inner.table(table)
    }
  }

  var names: [String] {
    measurements.draws.map(\.estimator).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private func writeBatch(into document: inout MarkdownDocument) {
    let batch = measurements.batch
    document.heading(2, "A batch of CARMS")
    document.paragraph(
      """
      \(code: batch.estimator) with \(batch.variables) variables of \(batch.categories) categories, batch \(batch.rows): noise, draw, \
      objective and combination together take \(NumberFormatting.fixed(batch.milliseconds, decimals: 2)) ms on one core; the bar is \
      \(NumberFormatting.significant(batch.limit, digits: 1)) ms.
      """)
  }

  private func write(_ peers: PeerThroughput, into document: inout MarkdownDocument) {
    document.heading(2, "Beside other tools")
    document.paragraph(
      """
      Draws per second of \(peers.objective). The other tools' figures: \(peers.source), \(peers.software), on \(peers.machine), \
      \(peers.measured). Times of different days on such machines drift by 10 to 20 %.
      """)
    var table = MarkdownTable([
      .init("estimator"), .init("D", .right), .init("tool"), .init("its draws/s", .right),
      .init("here", .right), .init("ratio", .right),
    ])
    for row in peers.rows {
      let own = measurements.draws.first { $0.estimator == row.estimator && $0.variables == row.variables }
      table.append([
        "\(code: row.estimator)", "\(row.variables)", "\(row.tool)", "\(Self.rate(row.drawsPerSecond))",
        own.map { "\(Self.rate($0.drawsPerSecond))" } ?? "-",
        own.map { "\(NumberFormatting.significant($0.drawsPerSecond / row.drawsPerSecond, digits: 2))" }
          ?? "-",
      ])
    }
    document.table(table)
  }
}

/// What other tools draw per second, from `Fixtures/Published`.
struct PeerThroughput: Codable, Hashable, Sendable {
  struct Row: Codable, Hashable, Sendable {
    let tool: String
    let estimator: String
    let variables: Int
    let drawsPerSecond: Double
  }

  static let fileName = "toy-throughput-peers.yaml"
  static let schema = "armature.peer-throughput/1"

  let schema: String
  let source: String
  let software: String
  let machine: String
  let measured: String
  let objective: String
  let rows: [Row]

  static func load() throws(ReportingError) -> PeerThroughput {
    do {
      let file = try FixturesFolder.locate("Published").appendingPathComponent(fileName)
      let found = try YAMLDecoder().decode(PeerThroughput.self, from: Data(contentsOf: file))
      guard found.schema == schema else {
        throw ReportingError.malformed(
          file: fileName, place: "schema", expected: "\(schema), found \(found.schema)")
      }
      return found
    } catch let error as ReportingError {
      throw error
    } catch let error as DecodingError {
      throw .malformed(file: fileName, place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(file: fileName, place: "the file", expected: "YAML that can be read")
    }
  }
}

/// The training rows of `armature benchmark --json`.
struct TrainingRows: Decodable, Sendable {
  struct Machine: Decodable {
    let processor: String
    let matrixProduct: String
  }

  let machine: Machine
  let data: String
  let training: [TrainingMeasurement]

  static func load(file: URL) throws(ReportingError) -> TrainingRows {
    do {
      return try JSONDecoder().decode(TrainingRows.self, from: Data(contentsOf: file))
    } catch let error as DecodingError {
      throw .malformed(file: file.lastPathComponent, place: error.place, expected: error.expectation)
    } catch {
      throw .malformed(
        file: file.lastPathComponent, place: "the file", expected: "the output of armature benchmark --json")
    }
  }

  func write(into document: inout MarkdownDocument) {
    document.heading(2, "Training steps")
    document.paragraph(
      """
      From \(code: "./armature benchmark --json") on \(machine.processor) with \(machine.matrixProduct); \(data). Batch 50; the \
      share of the peak counts the dense products, though products with bits are made as sums of rows.
      """)
    var table = MarkdownTable([
      .init("model"), .init("estimator"), .init("threads", .right), .init("steps/s", .right),
      .init("range", .right), .init("of peak", .right),
    ])
    for row in training {
      let range = [row.slowest, row.fastest].map { NumberFormatting.fixed($0, decimals: 0) }
      table.append([
        "\(row.model)", "\(code: row.estimator)", "\(row.threads)",
        "\(NumberFormatting.fixed(row.stepsPerSecond, decimals: 0))", "\(range.joined(separator: " to "))",
        "\(NumberFormatting.fixed(100 * row.fractionOfPeak, decimals: 0)) %",
      ])
    }
    document.table(table)
  }
}
