internal import Foundation
internal import GradientEstimators

/// How fast estimators draw gradients, on one core and in `Float`, by processor time.
package struct DrawBenchmark: Sendable {
  /// Variables D of each row.
  package var sizes = [8, 200]
  /// The numbers n put in for an estimator's parameters: samples, pairs twice over, states of a set.
  package var parameters = [2, 4]
  /// Categories of the variables of an estimator that takes no binary ones.
  package var categories = 10
  /// How often each row is timed; the median counts.
  package var rounds = 5
  /// Processor seconds for each row of a round.
  package var seconds = 0.05
  /// Whether memory allocations of a draw are counted, which steps through its every instruction.
  package var countsAllocations = true

  package init() {}

  /// Allocations are counted in rows of at most so many variables.
  static let largestCountedSize = 20

  /// A batch as the published benchmarks of CARMS have it.
  package static let batch = (estimator: "carms-i:3", variables: 20, categories: 10, rows: 50)
  /// What a draw-and-combine of that batch may take, in milliseconds.
  package static let batchLimit = 2.0

  /// The names to time: each estimator for one layer with each of the parameters.
  package var names: [String] {
    var names: [String] = []
    for entry in EstimatorCatalogue.entries {
      for number in parameters {
        let numbers = entry.parameters.map { parameter in
          if !parameter.isWhole { return "0.5" }
          return parameter.name == "pairs" ? "\(number / 2)" : "\(number)"
        }
        let name = numbers.isEmpty ? entry.baseName : "\(entry.baseName):\(numbers.joined(separator: ","))"
        guard let made = try? EstimatorCatalogue.make(name), !names.contains(made.name) else { continue }
        names.append(made.name)
      }
    }
    return names
  }

  /// Times all names at all sizes, in rounds: what slows the machine down for a while slows all of them.
  ///
  /// `progress` is told the share that is done and what comes next.
  ///
  /// - Throws: `ReportingError.study` for a name that the catalogue does not have.
  package func run(
    names: [String]? = nil, progress: (Double, String) -> Void = { _, _ in }
  ) throws(ReportingError) -> DrawMeasurements {
    let names = names ?? self.names
    return try toyStudy {
      var rows = try names.flatMap { name in
        try sizes.map {
          Row(
            estimator: try EstimatorCatalogue.make(name), variables: $0, categories: categories,
            countsAllocations: countsAllocations)
        }
      }
      let batchEstimator = try EstimatorCatalogue.make(Self.batch.estimator)
      rows.append(
        Row(
          estimator: batchEstimator,
          latent: .categorical(Self.batch.variables, categories: Self.batch.categories),
          rows: Self.batch.rows, countsAllocations: countsAllocations))
      for round in 0..<rounds {
        for index in rows.indices {
          let done = Double(round * rows.count + index) / Double(rounds * rows.count)
          progress(done, rows[index].title)
          rows[index].time(seconds: seconds)
        }
      }
      let batch = rows.removeLast()
      return DrawMeasurements(
        draws: rows.map(\.measurement),
        batch: DrawMeasurements.Batch(
          estimator: Self.batch.estimator, variables: Self.batch.variables, categories: Self.batch.categories,
          rows: Self.batch.rows,
          milliseconds: 1000 * Double(Self.batch.rows) / batch.measurement.drawsPerSecond,
          limit: Self.batchLimit, allocations: batch.measurement.allocations))
    }
  }

  /// One estimator at one size while it is timed.
  private struct Row {
    let name: String
    let latent: LatentVariables
    private var workload: DrawWorkload
    private var rates: [Double] = []
    private let allocations: DrawMeasurements.Allocations?

    init(estimator: any GradientEstimator, variables: Int, categories: Int, countsAllocations: Bool) {
      let latent =
        estimator.supports(.binary(variables))
        ? LatentVariables.binary(variables) : .categorical(variables, categories: categories)
      self.init(estimator: estimator, latent: latent, rows: nil, countsAllocations: countsAllocations)
    }

    init(estimator: any GradientEstimator, latent: LatentVariables, rows: Int?, countsAllocations: Bool) {
      name = estimator.name
      self.latent = latent
      let counts = countsAllocations && latent.count <= DrawBenchmark.largestCountedSize
      allocations = counts ? Self.allocations(of: estimator, latent) : nil
      workload = DrawWorkload(estimator: estimator, variables: latent, rows: rows)
    }

    /// What a second row adds is a draw's; the rest is the batch's.
    private static func allocations(
      of estimator: any GradientEstimator, _ latent: LatentVariables
    ) -> DrawMeasurements.Allocations? {
      var double = DrawWorkload(estimator: estimator, variables: latent, rows: 2)
      guard let two = double.allocations() else { return nil }
      // Counting takes long, and two rows that allocate nothing leave nothing to tell apart.
      guard two > 0 else { return DrawMeasurements.Allocations(draw: 0, batch: 0) }
      var single = DrawWorkload(estimator: estimator, variables: latent, rows: 1)
      guard let one = single.allocations() else { return nil }
      return DrawMeasurements.Allocations(draw: two - one, batch: 2 * one - two)
    }

    var title: String { "\(name), D = \(latent.count)" }

    mutating func time(seconds: Double) {
      workload.run()
      let start = Self.processorSeconds()
      var elapsed = 0.0
      var batches = 0.0
      while elapsed < seconds {
        workload.run()
        batches += 1
        elapsed = Self.processorSeconds() - start
      }
      rates.append(batches * Double(workload.shape.rows) / elapsed)
    }

    /// Processor time of this thread: on a busy machine wall time would measure how much of the machine one gets.
    private static func processorSeconds() -> Double {
      var time = timespec()
      guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return .infinity }
      return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }

    var measurement: DrawMeasurements.Draw {
      let sorted = rates.sorted()
      return DrawMeasurements.Draw(
        estimator: name, variables: latent.count, categories: latent.isBinary ? nil : latent.categories,
        evaluations: workload.evaluations, rows: workload.shape.rows,
        drawsPerSecond: sorted[sorted.count / 2], slowest: sorted[0], fastest: sorted[sorted.count - 1],
        allocations: allocations)
    }
  }
}

/// What `DrawBenchmark` measured.
package struct DrawMeasurements: Codable, Hashable, Sendable {
  /// Memory allocations of a draw-and-combine: those of each row, and those of the call, however many rows it has.
  package struct Allocations: Codable, Hashable, Sendable {
    package let draw: Int
    package let batch: Int
  }

  package struct Draw: Codable, Hashable, Sendable {
    package let estimator: String
    package let variables: Int
    /// Nil for binary variables.
    package let categories: Int?
    /// Evaluations of the objective for each gradient.
    package let evaluations: Int
    /// Gradients of a batch.
    package let rows: Int
    /// Gradients of all variables per second of processor time: median over the rounds.
    package let drawsPerSecond: Double
    package let slowest: Double
    package let fastest: Double
    /// Nil where the platform cannot count, or for many variables.
    package let allocations: Allocations?
  }

  package struct Batch: Codable, Hashable, Sendable {
    package let estimator: String
    package let variables: Int
    package let categories: Int
    package let rows: Int
    /// Processor time of noise, draw, objective and combine: median over the rounds.
    package let milliseconds: Double
    package let limit: Double
    package let allocations: Allocations?
  }

  package let draws: [Draw]
  package let batch: Batch

  /// The estimators, and the batch, of which each draw allocates memory.
  package var allocating: [String] {
    draws.filter { ($0.allocations?.draw ?? 0) > 0 }.map { "\($0.estimator), D = \($0.variables)" }
      + ((batch.allocations?.draw ?? 0) > 0 ? ["the batch of \(batch.estimator)"] : [])
  }

  /// Whether nothing allocates and the batch is quick enough.
  package var holds: Bool { allocating.isEmpty && batch.milliseconds <= batch.limit }
}
