internal import ExactExpectations
internal import Foundation
internal import RandomStreams

extension StreamPurpose {
  static let accuracyStudy = StreamPurpose(rawValue: 8)
}

/// How close a layered estimator's gradient comes to the exact one, layer by layer, as its samples are averaged.
///
/// For each estimator, `samples` gradient samples are drawn; a sample is one stochastic forward pass for each point, averaged
/// over all points. Consecutive blocks of M samples give M-sample means g_M, without overlap; for each layer (weights and
/// biases as one vector) and each M the study takes the mean cosine similarity of g_M with the exact gradient g and the
/// relative RMSE sqrt(mean ||g_M - g||^2 / ||g||^2). All estimators are given the same random numbers.
///
/// Source: Shekhovtsov, Yanush, Flach, "Path Sample-Analytic Gradient Estimators for Stochastic Binary Networks", NeurIPS 2020,
/// the experiment on gradient accuracy; protocol from the released code.
package struct AccuracyStudy: Sendable {
  package let problem: AccuracyProblem
  package let estimators: [AccuracyEstimator]
  package let samples: Int
  package let seed: UInt64

  static let largestSampleCount = 1 << 32
  /// Random numbers of samples are steps below this, those of resampled runs from here on, those of generated points from
  /// the next bound on.
  static let firstResamplingStep: UInt64 = 1 << 40
  static let pointsStep: UInt64 = 1 << 41

  /// - Throws: `AccuracyError.setting` unless there is at least one estimator, none twice, and at least one sample.
  package init(
    problem: AccuracyProblem, estimators: [AccuracyEstimator], samples: Int, seed: UInt64
  ) throws(AccuracyError) {
    guard (1...Self.largestSampleCount).contains(samples) else {
      throw .setting("samples \(samples): expected a whole number from 1 to \(Self.largestSampleCount)")
    }
    guard !estimators.isEmpty else { throw .setting("estimators: expected at least one name") }
    var names: Set<String> = []
    for estimator in estimators where !names.insert(estimator.name).inserted {
      throw .setting("estimators: \(estimator.name) is given twice")
    }
    self.problem = problem
    self.estimators = estimators
    self.samples = samples
    self.seed = seed
  }

  /// The exact expected loss and its gradient.
  package struct Exact: Sendable {
    package let expectedLoss: Double
    /// For each layer: weights row by row, then biases.
    package let gradients: [[Double]]

    package var gradientNorms: [Double] {
      gradients.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    }

    /// - Throws: `AccuracyError.setting` if the network is too large to enumerate.
    /// - Complexity: for each point, an enumeration of pairs of neighbouring layers' states.
    package init(of problem: AccuracyProblem) throws(AccuracyError) {
      let network = problem.network
      var loss = 0.0
      var sums = network.layers.map { [Double](repeating: 0, count: $0.parameterCount) }
      for point in problem.networkPoints {
        let enumeration = try Self.enumeration(network, at: point)
        loss += enumeration.expectedValue
        let gradient = enumeration.gradient
        var start = 0
        for layer in sums.indices {
          for i in sums[layer].indices { sums[layer][i] += gradient[start + i] }
          start += sums[layer].count
        }
      }
      let count = Double(problem.data.count)
      expectedLoss = loss / count
      gradients = sums.map { $0.map { $0 / count } }
    }

    private static func enumeration(
      _ network: AccuracyNetwork, at point: NetworkPoint
    ) throws(AccuracyError) -> NetworkEnumeration {
      do throws(ProblemError) {
        return NetworkEnumeration(
          try NetworkProblem(name: "point", network: network.hidden, head: network.head, point: point))
      } catch {
        throw .setting("the network cannot be enumerated: \(error)")
      }
    }
  }

  /// The errors of one estimator in one layer.
  package struct LayerErrors: Sendable {
    /// One for each M.
    var errors: [BlockErrors]
    var units: UnitMeans

    mutating func add(_ sample: Span<Double>) {
      for index in errors.indices { errors[index].add(sample) }
      units.add(sample)
    }
  }

  package struct EstimatorErrors: Sendable {
    package let name: String
    package var layers: [LayerErrors]
  }

  package struct Outcome: Sendable {
    package let problem: AccuracyProblem
    package let exact: Exact
    package let samples: Int
    package let seed: UInt64
    package let estimators: [EstimatorErrors]
  }

  /// Runs the study on `threads` threads; the outcome does not depend on them. `progress` gets the share that is done.
  ///
  /// - Throws: `AccuracyError.zeroGradient` where an exact gradient is zero.
  /// - Complexity: samples x points x estimators forward passes.
  package func run(
    threads: Int, progress: (Double) -> Void = { _ in }
  ) async throws(AccuracyError) -> Outcome {
    let exact = try Exact(of: problem)
    for (layer, norm) in exact.gradientNorms.enumerated() where !(norm > 0) {
      throw .zeroGradient(layer: layer)
    }
    var found: [EstimatorErrors] = []
    for (index, estimator) in estimators.enumerated() {
      found.append(
        await run(estimator, exact: exact, threads: threads) {
          progress((Double(index) + $0) / Double(estimators.count))
        })
    }
    return Outcome(problem: problem, exact: exact, samples: samples, seed: seed, estimators: found)
  }

  private static let samplesPerTask = 50

  private func run(
    _ estimator: AccuracyEstimator, exact: Exact, threads: Int, progress: (Double) -> Void
  ) async -> EstimatorErrors {
    var errors = EstimatorErrors(
      name: estimator.name,
      layers: exact.gradients.map { gradient in
        LayerErrors(
          errors: AccuracySizes.upTo(samples).map { BlockErrors(size: $0, exact: gradient) },
          units: UnitMeans(size: UnitMeans.size(for: samples), parameters: gradient.count))
      })
    let widths = problem.network.layers.dropLast().map(\.units)
    if estimator.isDeterministic(widths: widths) {
      // Every sample is the first one.
      let sample = gradients(by: estimator, samples: 0..<1)
      for _ in 0..<samples { Self.add(sample, to: &errors) }
      progress(1)
      return errors
    }
    // Samples are drawn concurrently in rounds and added in their order, so that sums do not depend on the threads.
    let round = Self.samplesPerTask * max(1, threads)
    for start in stride(from: 0, to: samples, by: round) {
      let parts = stride(from: start, to: min(start + round, samples), by: Self.samplesPerTask).map {
        $0..<min($0 + Self.samplesPerTask, samples)
      }
      let drawn = await withTaskGroup(of: (Int, [Double]).self) { group in
        for (index, part) in parts.enumerated() {
          group.addTask { (index, gradients(by: estimator, samples: part)) }
        }
        var drawn = [[Double]](repeating: [], count: parts.count)
        for await (index, samples) in group { drawn[index] = samples }
        return drawn
      }
      for part in drawn { Self.add(part, to: &errors) }
      progress(Double(min(start + round, samples)) / Double(samples))
    }
    return errors
  }

  /// Gradient samples one after the other, each with all layers in order.
  private func gradients(by estimator: AccuracyEstimator, samples: Range<Int>) -> [Double] {
    var worker = NetworkGradient(estimator: estimator, problem: problem)
    var drawn: [Double] = []
    for sample in samples {
      worker.draw(stream: RandomStream(seed: seed, purpose: .accuracyStudy, step: UInt64(sample)))
      drawn += worker.gradient
    }
    return drawn
  }

  private static func add(_ samples: [Double], to errors: inout EstimatorErrors) {
    let span = samples.span
    var start = 0
    while start < samples.count {
      for layer in errors.layers.indices {
        let end = start + errors.layers[layer].units.parameters
        errors.layers[layer].add(span.extracting(start..<end))
        start = end
      }
    }
  }
}
