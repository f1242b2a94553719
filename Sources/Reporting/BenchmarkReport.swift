public import Training
internal import Verification

/// The speed of training and evaluation on this machine.
public struct BenchmarkReport: Encodable, Sendable {
  static let schema = "armature.benchmark/1"

  let machine: Machine
  let measurements: BenchmarkMeasurements

  struct Machine: Encodable, Sendable {
    let processor: String
    let cores: Int
    let operatingSystem: String
    let matrixProduct: String
    let kernelFamily: String
    let vectors: String
  }

  public init(_ measurements: BenchmarkMeasurements) {
    let host = HostDescription.current()
    self.measurements = measurements
    let versions = SoftwareVersions.current(gnuplot: nil)
    machine = Machine(
      processor: host.processor, cores: host.cores, operatingSystem: host.operatingSystem,
      matrixProduct: BenchmarkMeasurements.peakLibrary, kernelFamily: versions.kernelFamily,
      vectors: versions.vectors)
  }

  private enum CodingKeys: String, CodingKey {
    case schema, machine, data, density, peak, training, evaluation
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode(machine, forKey: .machine)
    try container.encode(measurements.data, forKey: .data)
    try container.encode(measurements.density, forKey: .density)
    try container.encode(measurements.peak, forKey: .peak)
    try container.encode(measurements.training, forKey: .training)
    try container.encode(measurements.evaluation, forKey: .evaluation)
  }

  /// The report as text for a terminal.
  public var text: String {
    [
      "\(machine.processor), \(machine.cores) cores; kernels \(machine.kernelFamily), vectors \(machine.vectors); peak by \(machine.matrixProduct)",
      "\(measurements.data) (\(NumberFormatting.fixed(100 * measurements.density, decimals: 1)) % ones)", "",
      peakTable, "", trainingTable, "", evaluationTable,
      "Fractions count the dense products, though products with bits are made as sums of rows.",
    ].joined(separator: "\n")
  }

  private var peakTable: String {
    let rows = measurements.peak.map {
      [
        "matrix product", "\($0.threads)", NumberFormatting.fixed($0.gigaflops.median, decimals: 1),
        "\(NumberFormatting.fixed($0.gigaflops.smallest, decimals: 1)) - \(NumberFormatting.fixed($0.gigaflops.largest, decimals: 1))",
      ]
    }
    return TextTable(header: ["peak", "threads", "Gflop/s", "range"], rows: rows).text
  }

  private var trainingTable: String {
    let rows = measurements.training.map {
      [
        "\($0.model), \($0.estimator)", "\($0.threads)",
        NumberFormatting.fixed($0.stepsPerSecond, decimals: 0),
        "\(NumberFormatting.fixed($0.slowest, decimals: 0)) - \(NumberFormatting.fixed($0.fastest, decimals: 0))",
        NumberFormatting.fixed($0.megaflopsPerStep, decimals: 1),
        NumberFormatting.fixed(100 * $0.fractionOfPeak, decimals: 0) + " %",
        NumberFormatting.fixed($0.processorMillisecondsPerStep, decimals: 2) + " ms",
      ]
    }
    return TextTable(
      header: ["training", "threads", "steps/s", "range", "Mflop/step", "of peak", "processor time"],
      rows: rows
    ).text
  }

  private var evaluationTable: String {
    guard !measurements.evaluation.isEmpty else { return "" }
    let rows = measurements.evaluation.map {
      [
        "\($0.samples)-sample bound, \($0.model)", "\($0.threads)", "\($0.images)",
        NumberFormatting.fixed($0.seconds, decimals: 2) + " s",
        NumberFormatting.fixed(100 * $0.fractionOfPeak, decimals: 0) + " %",
      ]
    }
    return TextTable(header: ["evaluation", "threads", "images", "time", "of peak"], rows: rows).text + "\n"
  }
}
