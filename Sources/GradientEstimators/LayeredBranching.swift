public import ElementwiseKernels

/// The form of a one-layer estimator for several layers: at each layer it draws its samples as if the layer were the only
/// one, and each sample is continued through the layers above by a path of its own.
///
/// Layer t's gradient is the one-layer estimator's, with f at the ends of these paths for its values. Given the samples of
/// layer t, each value is an unbiased estimate of E[f | z_t]; the one-layer estimator is linear in its values: unbiased if it
/// is. With ARM this is Algorithm 2 of Yin and Zhou, with DisARM its form for several layers: 2 T evaluations. The trunk
/// goes on with the first sample of each layer (z1 of ARM), whose law is the layer's own; the layer above draws anew from it.
///
/// With an estimator of one evaluation (the score function) there is a single path: it is a fresh continuation of each of
/// its layers, and one evaluation serves them all, which is REINFORCE for layers.
///
/// The variables of all layers are binary, or have the same number of categories; samples that continue a path are then those of the
/// inverse of each variable's distribution function at its uniform number.
///
/// Two options leave the mean as it is. `sharesNoise`: the paths that continue one layer's samples take the same uniform
/// numbers in the layers above. `skipsEqual`: where all samples of a layer are equal, its gradient is 0, which is its
/// mean given the samples; this needs an estimator of differences, unchanged by f + constant, and at least two evaluations.
///
/// Source: Yin, Zhou, "ARM: Augment-REINFORCE-Merge Gradient for Stochastic Binary Networks", ICLR 2019, Algorithm 2; Dong,
/// Mnih, Tucker, "DisARM: An Antithetic Gradient Estimator for Binary Latent Variables", NeurIPS 2020, the extension to
/// several layers; Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning",
/// Machine Learning 8, 1992, Theorem 1, for networks.
public struct LayeredBranching<Base: GradientEstimator>: LayeredGradientEstimator {
  public let base: Base
  /// Categories of each variable; nil for binary variables.
  public let categories: Int?
  /// Whether the continuations of one layer's samples take the same uniform numbers.
  public let sharesNoise: Bool
  /// Whether a layer whose samples are all equal has gradient 0.
  public let skipsEqual: Bool

  /// - Precondition: `base` takes such variables; its target is the expectation of f, and it needs no derivatives.
  public init(
    _ base: Base, categories: Int? = nil, sharesNoise: Bool = false, skipsEqual: Bool = false
  ) {
    precondition(base.extendsToLayers(of: categories), "\(base.name) has no form for several such layers")
    self.base = base
    self.categories = categories
    self.sharesNoise = sharesNoise
    self.skipsEqual = skipsEqual
  }

  public var bias: String? { base.bias }

  public var name: String {
    base.name + (sharesNoise ? "+shared-noise" : "") + (skipsEqual ? "+skip-equal" : "")
  }

  // MARK: Paths

  /// A layer's variables.
  private func variables(_ count: Int) -> LatentVariables {
    LatentVariables(count: count, logitsPerVariable: categories ?? 1)
  }

  /// Samples that the one-layer estimator draws at a layer.
  private func samples(ofLayer layer: Int, _ widths: [Int]) -> Int {
    base.evaluations(variables: variables(widths[layer]))
  }

  private func isSinglePath(_ widths: [Int]) -> Bool {
    widths.allSatisfy { base.evaluations(variables: variables($0)) == 1 }
  }

  /// The first path of the samples that a layer draws for its own gradient: before it come the continuations of lower
  /// layers, whose paths keep their numbers all the way up.
  private func firstPath(ofLayer layer: Int, _ widths: [Int]) -> Int {
    isSinglePath(widths) ? 0 : (0..<layer).reduce(0) { $0 + samples(ofLayer: $1, widths) }
  }

  public func tree(widths: [Int]) -> PathTree {
    guard !isSinglePath(widths) else { return .single(layers: widths.count) }
    let firsts = widths.indices.map { firstPath(ofLayer: $0, widths) }
    return PathTree(
      parents: widths.indices.map { layer in
        let trunk = layer == 0 ? 0 : firsts[layer - 1]
        return Array(0..<firsts[layer]) + (0..<samples(ofLayer: layer, widths)).map { _ in trunk }
      },
      trunk: firsts)
  }

  // MARK: Noise

  public func noise(layer: Int, widths: [Int]) -> LayerNoise {
    let continued = sharesNoise && !isSinglePath(widths) ? layer : firstPath(ofLayer: layer, widths)
    return LayerNoise(
      own: base.noisePerRow(variables: variables(widths[layer])), continuing: continued * widths[layer])
  }

  public func noiseLaw(layer: Int, logits: [Double], widths: [Int]) -> [NoiseBlock] {
    let variables = variables(widths[layer])
    let perPath = variables.logitCount
    let trunk = (layer == 0 ? 0 : firstPath(ofLayer: layer - 1, widths)) * perPath
    let own = base.noiseLaw(logits: Array(logits[trunk..<trunk + perPath]), variables: variables)
    var start = noise(layer: layer, widths: widths).own
    var blocks = own
    forEachContinuation(layer: layer, widths: widths) { paths in
      let laws = paths.map { Array(logits[$0 * perPath..<($0 + 1) * perPath]) }
      for variable in 0..<variables.count {
        let breakpoints = laws.flatMap {
          IndependentSamples.breakpoints(ofVariable: variable, logits: $0, variables: variables)
        }
        blocks.append(
          NoiseBlock(
            indices: [start + variable], law: .uniform(breakpoints: breakpoints.sorted(), degree: 0)))
      }
      start += variables.count
    }
    return blocks
  }

  /// Calls `body` with the paths that continue lower layers' samples, those that take the same noise together.
  private func forEachContinuation(layer: Int, widths: [Int], _ body: (Range<Int>) -> Void) {
    let end = firstPath(ofLayer: layer, widths)
    guard sharesNoise else {
      for path in 0..<end { body(path..<path + 1) }
      return
    }
    var path = 0
    for lower in 0..<layer where path < end {
      let next = path + samples(ofLayer: lower, widths)
      body(path..<next)
      path = next
    }
  }

  public func gradientBounds(
    objective: ClosedRange<Double>, signal: Double, logits: [Double], coordinate: Int
  ) -> ClosedRange<Double> {
    base.gradientBounds(
      objective: objective, logits: logits, variables: variables(logits.count / (categories ?? 1)),
      coordinate: coordinate)
  }

  // MARK: The two phases

  public func draw<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, shape: LayeredShape,
    samples: inout MutableSpan<Scalar>
  ) {
    let (widths, layerShape) = (shape.widths, shape.layer(layer))
    let numbers = self.noise(layer: layer, widths: widths)
    precondition(noise.count == shape.rows * numbers.perRow && shape.categories == categories)
    var start = shape.rows * numbers.own
    forEachContinuation(layer: layer, widths: widths) { paths in
      for path in paths {
        continuePath(
          path, logits: logits, noise: noise, start: start, perRow: numbers.continuing, shape: layerShape,
          samples: &samples)
      }
      start += widths[layer]
    }
    let (count, logitCount) = (layerShape.sampleCount, layerShape.logitCount)
    let first = firstPath(ofLayer: layer, widths) * count
    let trunk = (layer == 0 ? 0 : firstPath(ofLayer: layer - 1, widths)) * logitCount
    var own = samples._mutatingExtracting(first..<first + self.samples(ofLayer: layer, widths) * count)
    base.draw(
      logits: logits.extracting(trunk..<trunk + logitCount),
      noise: noise.extracting(0..<shape.rows * numbers.own), shape: layerShape, samples: &own)
  }

  /// Draws a path's sample from its own logits, row by row: a row's numbers begin at `start` in the first row, and are `perRow`
  /// from one row to the next.
  private func continuePath<Scalar: KernelScalar>(
    _ path: Int, logits: Span<Scalar>, noise: Span<Scalar>, start: Int, perRow: Int, shape: LatentShape,
    samples: inout MutableSpan<Scalar>
  ) {
    let (width, logitWidth) = (shape.variables, shape.logitsPerRow)
    let rowShape = LatentShape(rows: 1, variables: width, logitsPerVariable: shape.logitsPerVariable)
    for row in 0..<shape.rows {
      let place = path * shape.rows + row
      let uniform = start + row * perRow
      var part = samples._mutatingExtracting(place * width..<(place + 1) * width)
      IndependentSamples.draw(
        evaluations: 1, logits: logits.extracting(place * logitWidth..<(place + 1) * logitWidth),
        noise: noise.extracting(uniform..<uniform + width), shape: rowShape, into: &part)
    }
  }

  public func combine<Scalar: KernelScalar>(
    layer: Int, logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    signal: Span<Scalar>, shape: LayeredShape, gradient: inout MutableSpan<Scalar>
  ) {
    let widths = shape.widths
    let (first, number) = (firstPath(ofLayer: layer, widths), self.samples(ofLayer: layer, widths))
    let count = shape.rows * widths[layer]
    let own = samples.extracting(first * count..<(first + number) * count)
    base.combine(
      logits: logits,
      noise: noise.extracting(0..<shape.rows * self.noise(layer: layer, widths: widths).own), samples: own,
      values: values.extracting(first * shape.rows..<(first + number) * shape.rows),
      shape: shape.layer(layer), gradient: &gradient)
    if skipsEqual && number > 1 { EqualSamples.clear(&gradient, samples: own, shape: shape.layer(layer)) }
  }

  /// Equal weights for all evaluations whose samples have the law of the variables.
  public func evaluationWeights<Scalar: KernelScalar>(
    logits: Span<Scalar>, samples: Span<Scalar>, shape: LayeredShape, into weights: inout MutableSpan<Scalar>
  ) {
    let widths = shape.widths
    guard !isSinglePath(widths) else {
      for i in 0..<weights.count { weights[i] = 1 }
      return
    }
    let lawful = widths.reduce(0) { $0 + base.representativeEvaluations(variables: variables($1)) }
    for layer in widths.indices {
      let first = firstPath(ofLayer: layer, widths)
      let own = base.representativeEvaluations(variables: variables(widths[layer]))
      for sample in 0..<self.samples(ofLayer: layer, widths) {
        for row in 0..<shape.rows {
          weights[(first + sample) * shape.rows + row] = sample < own ? 1 / Scalar(lawful) : 0
        }
      }
    }
  }
}

extension GradientEstimator {
  /// Whether the estimator has a form for several layers of variables of so many categories, nil for binary ones: it takes a
  /// layer of any width, and is linear in the values of f alone.
  public func extendsToLayers(of categories: Int?) -> Bool {
    supports(LatentVariables(count: 1, logitsPerVariable: categories ?? 1)) && target == .expectation
      && state.isEmpty && !(self is any DifferentiableGradientEstimator)
  }
}

private enum EqualSamples {
  /// Sets the gradient of each row to 0 where all of the row's samples, [samples x rows x width], are equal.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func clear<Scalar: KernelScalar>(
    _ gradient: inout MutableSpan<Scalar>, samples: Span<Scalar>, shape: LatentShape
  ) {
    let width = shape.variables
    for row in 0..<shape.rows {
      var isEqual = true
      for i in row * width..<(row + 1) * width {
        for other in stride(from: i + shape.sampleCount, to: samples.count, by: shape.sampleCount) {
          isEqual = isEqual && samples[other] == samples[i]
        }
      }
      guard isEqual else { continue }
      for i in row * shape.logitsPerRow..<(row + 1) * shape.logitsPerRow { gradient[i] = 0 }
    }
  }
}
