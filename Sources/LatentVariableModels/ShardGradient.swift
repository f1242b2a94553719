internal import ElementwiseKernels
internal import GradientEstimators
internal import NeuralNetworks

/// The gradient of a shard's loss with respect to the outputs of its networks.
extension BatchShard {
  mutating func differentiateLikelihood(_ context: StepContext<Scalar>) {
    let (outputs, images, rowScales, rows) = (passes[Self.decoder].outputs, images, rowScales, shape.rows)
    let numbers = passes[Self.encoder].numbers(seenBy: 0)
    let variances = context.model.variances
    passes[Self.decoder].loadOutputGradient(context.model.decoder) { gradient in
      for evaluation in 0..<gradient.count / images.count {
        let places = evaluation * images.count..<(evaluation + 1) * images.count
        let own = outputs.span.extracting(places)
        let scales = rowScales.span.extracting(evaluation * rows..<(evaluation + 1) * rows)
        var part = gradient._mutatingExtracting(places)
        if let variances {
          variances.meanGradient(means: own, of: numbers.span, rowScales: scales, into: &part)
        } else {
          Scalar.bernoulliLogLikelihoodGradient(
            logits: own, targets: images.span, rowScales: scales, into: &part)
        }
      }
    }
    if let variances { differentiate(variances) }
    if objective == .generation { sumLatents(rows: passes[Self.decoder].gradientRows) }
  }

  /// The gradient with respect to the pixels' variances, from the samples that the decoder learns from.
  private mutating func differentiate(_ variances: PixelVariances<Scalar>) {
    let (outputs, rowScales, rows) = (passes[Self.decoder].outputs, rowScales, shape.rows)
    let numbers = passes[Self.encoder].numbers(seenBy: 0)
    var sums = exchange(&varianceGradient, with: [])
    var target = sums.mutableSpan
    target.update(repeating: 0)
    for evaluation in 0..<plan.gradientEvaluations {
      variances.addVarianceGradient(
        means: outputs.span.extracting(evaluation * numbers.count..<(evaluation + 1) * numbers.count),
        of: numbers.span, rowScales: rowScales.span.extracting(evaluation * rows..<(evaluation + 1) * rows),
        to: &target)
    }
    varianceGradient = exchange(&sums, with: [])
  }

  private mutating func sumLatents(rows: Int) {
    let samples = samples
    var latentSums = exchange(&latentSums, with: [])
    var sums = latentSums.mutableSpan
    sums.update(repeating: 0)
    if plan.bound != nil {
      addWeightedLatents(to: &sums)
    } else if plan.usesDerivatives || plan.variables.isBinary {
      Scalar.addColumnSums(
        of: samples.span.extracting(first: rows * sums.count), rows: rows,
        columns: 0..<sums.count, to: &sums)
    } else {
      let categories = plan.variables.categories
      for place in 0..<rows * shape.variables {
        sums[place % shape.variables * categories + Int(samples[place])] += 1
      }
    }
    self.latentSums = exchange(&latentSums, with: [])
  }

  /// Adds the latents of the bounds' samples, times minus their weight in the loss.
  private func addWeightedLatents(to sums: inout MutableSpan<Scalar>) {
    let width = plan.variables.logitsPerVariable
    for sample in 0..<plan.gradientEvaluations * shape.rows {
      let weight = -rowScales[sample]
      for variable in 0..<shape.variables {
        let value = samples[sample * shape.variables + variable]
        if width > 1 {
          sums[variable * width + Int(value)] += weight
        } else {
          sums[variable] += weight * value
        }
      }
    }
  }

  /// The derivative of log p(x, z) - log q(z | x) with respect to z at every sample, where both densities are continued by
  /// z . logits between the states; of a completion, that of log p(lower | z).
  mutating func differentiateObjective(_ context: StepContext<Scalar>) {
    var derivatives = exchange(&derivatives, with: [])
    var all = derivatives.mutableSpan
    passes[Self.decoder].inputGradient(context.model.decoder, into: &all)
    // The pass carried the loss back, which has log p(x | z) with the weight of the row.
    let factor = context.model.decoder.encoding.scale / rowScales[0]
    let differences = logitDifferences
    for start in stride(from: 0, to: all.count, by: differences.count) {
      var part = all._mutatingExtracting(start..<start + differences.count)
      Scalar.scale(&part, by: factor)
      if objective == .generation { Scalar.addScaled(differences.span, by: 1, to: &part) }
    }
    self.derivatives = exchange(&derivatives, with: [])
  }

  mutating func estimateLogitGradient(_ context: StepContext<Scalar>) {
    let (logits, noise, samples, values, shape) = (logits, noise, samples, values, shape)
    let derivatives = derivatives
    if !means.isEmpty { findMeans() }
    let means = means
    var isGradientFinite = true
    passes[Self.encoder].loadOutputGradient(context.model.encoder) { gradient in
      if let estimator = context.estimator as? any DifferentiableGradientEstimator {
        estimator.combine(
          logits: logits.span, noise: noise.span, samples: samples.span, values: values.span,
          derivatives: derivatives.span, shape: shape, gradient: &gradient)
      } else {
        context.estimator.combine(
          logits: logits.span, noise: noise.span, samples: samples.span, values: values.span, shape: shape,
          gradient: &gradient)
      }
      if !means.isEmpty { Self.addDirectTerm(samples.span, means: means.span, to: &gradient) }
      Scalar.scale(&gradient, by: -1 / Scalar(context.settings.batchSize))
      isGradientFinite = allFinite(gradient.span)
    }
    isFinite = isFinite && isGradientFinite
  }

  private mutating func findMeans() {
    let logits = logits
    var means = exchange(&means, with: [])
    var target = means.mutableSpan
    latentMeans(logits: logits.span, variables: plan.variables, into: &target)
    self.means = exchange(&means, with: [])
  }

  /// Adds the derivative of -log q(y | x) with respect to the logits at fixed points y, E[z] - y: for samples of q its mean
  /// is 0 and it is left out, for relaxed ones it is not.
  private static func addDirectTerm(
    _ points: Span<Scalar>, means: Span<Scalar>, to gradient: inout MutableSpan<Scalar>
  ) {
    Scalar.addScaled(means, by: 1, to: &gradient)
    let share = Scalar(means.count) / Scalar(points.count)
    for start in stride(from: 0, to: points.count, by: means.count) {
      Scalar.addScaled(points.extracting(start..<start + means.count), by: -share, to: &gradient)
    }
  }
}
