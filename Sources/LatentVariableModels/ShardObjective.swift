internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks
internal import Numerics

/// The values of the objective at the samples of a shard.
extension BatchShard {
  mutating func evaluateObjective(_ context: StepContext<Scalar>) {
    if objective == .generation { compareDensities(context) }
    var values = exchange(&values, with: [])
    evaluatePixels(context, into: &values)
    if objective == .generation {
      for sample in values.indices {
        values[sample] +=
          densityDifferences[sample] + (context.priorOffset - posteriorOffsets[sample % shape.rows])
      }
    }
    isFinite = allFinite(values.span)
    self.values = exchange(&values, with: [])
  }

  /// z . (prior - logits) of every sample, and what log q(z | x) has beside z . logits.
  private mutating func compareDensities(_ context: StepContext<Scalar>) {
    let logits = logits
    logDensityOffsets(
      logits: logits.span, rows: shape.rows, variables: plan.variables, zeros: zeros,
      scratch: &logitDifferences, into: &posteriorOffsets)
    let prior = context.model.priorLogits
    var differences = exchange(&logitDifferences, with: [])
    var all = differences.mutableSpan
    subtractLogits(logits.span, from: prior.span, into: &all)
    var densities = exchange(&densityDifferences, with: [])
    var results = densities.mutableSpan
    for evaluation in 0..<evaluations {
      let start = evaluation * shape.logitCount
      var part = results._mutatingExtracting(evaluation * shape.rows..<(evaluation + 1) * shape.rows)
      if plan.usesDerivatives {
        let points = samples
        rowProducts(
          points.span.extracting(start..<start + shape.logitCount), differences.span, rows: shape.rows,
          into: &part)
      } else {
        let bits = passes[Self.decoder].bits
        Scalar.maskedSums(
          bits: bits.span.extracting(start..<start + shape.logitCount), values: differences.span,
          rows: shape.rows, into: &part)
      }
    }
    logitDifferences = exchange(&differences, with: [])
    densityDifferences = exchange(&densities, with: [])
  }

  /// log p(x | z) of every sample, x being the pixels that are modelled.
  private func evaluatePixels(_ context: StepContext<Scalar>, into values: inout [Scalar]) {
    let outputs = passes[Self.decoder].outputs
    let numbers = passes[Self.encoder].numbers(seenBy: 0)
    let variances = context.model.variances
    var target = values.mutableSpan
    for evaluation in 0..<evaluations {
      var part = target._mutatingExtracting(evaluation * shape.rows..<(evaluation + 1) * shape.rows)
      let own = outputs.span.extracting(evaluation * images.count..<(evaluation + 1) * images.count)
      if let variances {
        variances.logLikelihoods(means: own, of: numbers.span, into: &part)
      } else {
        Scalar.bernoulliLogLikelihood(logits: own, targets: images.span, rows: shape.rows, into: &part)
      }
    }
  }

  /// Each bound L = log (1/K) sum_k w_k of a row, and the share w_k / sum w of each of its samples in the gradient of the
  /// loss, which becomes the weight of that sample's log p(x, z).
  mutating func weighSamples(of bound: BoundSamples, settings: OptimisationSettings) {
    let (values, rows) = (values, shape.rows)
    let scale = -1 / (Double(settings.batchSize) * Double(bound.usedCount))
    var scales = exchange(&rowScales, with: [])
    for row in 0..<rows {
      for member in 0..<bound.count {
        var largest = -Double.infinity
        for sample in 0..<bound.samples {
          largest = max(largest, Double(values[bound.evaluation(of: sample, bound: member) * rows + row]))
        }
        var sum = 0.0
        for sample in 0..<bound.samples {
          sum += .exp(Double(values[bound.evaluation(of: sample, bound: member) * rows + row]) - largest)
        }
        if member == 0 { bounds[row] = largest + .log(sum / Double(bound.samples)) }
        for sample in 0..<bound.samples {
          let place = bound.evaluation(of: sample, bound: member) * rows + row
          let share = Double.exp(Double(values[place]) - largest) / sum
          scales[place] = member < bound.usedCount ? Scalar(scale * share) : 0
        }
      }
    }
    rowScales = exchange(&scales, with: [])
  }

  /// What is trained, at the first sample or for the first bound, of a row of the shard.
  func objective(row: Int) -> Double { plan.bound == nil ? Double(values[row]) : bounds[row] }
}

/// products[r] = sum_i points[r, i] values[r, i].
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func rowProducts<Scalar: KernelScalar>(
  _ points: Span<Scalar>, _ values: Span<Scalar>, rows: Int, into products: inout MutableSpan<Scalar>
) {
  precondition(points.count == values.count && products.count == rows)
  let width = points.count / rows
  for row in 0..<rows {
    var sum: Scalar = 0
    for place in row * width..<(row + 1) * width { sum += points[place] * values[place] }
    products[row] = sum
  }
}
