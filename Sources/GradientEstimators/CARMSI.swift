public import ElementwiseKernels
internal import RealModule

/// CARMS-I: g = 1/(n (n-1)) sum over pairs i < j of r(z_i, z_j) (f(z_i) - f(z_j)) (1[z_i = c] - 1[z_j = c]).
///
/// The n values of a categorical variable are inverses of one distribution function at the n uniforms of a Dirichlet
/// copula. The categories' order along the unit interval is drawn uniformly, for each row and variable, from
/// C (C - 1) / 2 orders in which each pair of categories is once at the two ends. r(c, c') = p_c p_c' / J(c, c'), J the
/// probability that two of the values are c and c', exact: the mean over the orders of the copula's rectangles. At the
/// ends of an order, antithetic uniforms meet the pair at least as often as independent ones, so J >= p_c p_c' / (number
/// of orders) and r never exceeds that number: nothing is clipped and nothing added to a denominator. Unbiased. For C = 2
/// it is ARMS (with the category of lower probability first), with independent samples (r = 1) LOORF.
///
/// A row's noise is [samples x variables], then one number for each variable that chooses its order. The noise law is
/// enumerated up to 4096 joint values of a variable's samples; beyond, exact moments are refused.
///
/// - Complexity: for each order, two roots for each sample (beyond 8 samples, for each pair) and four powers for each pair
///   of unequal values; one exponential for each logit; two logarithms for each sample.
///
/// Source: Dimitriev, Zhou, "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator", NeurIPS 2021, the
/// estimator with inverse CDF sampling, in the pair form.
public struct CARMSI: GradientEstimator {
  let copula: DirichletCopula

  /// Samples n of each row.
  public var samples: Int { copula.samples }

  /// - Precondition: `samples >= 2`.
  public init(samples: Int) {
    copula = DirichletCopula(samples: samples)
  }

  public var name: String { "carms-i:\(samples)" }

  /// Categorical variables only.
  public func supports(_ variables: LatentVariables) -> Bool { !variables.isBinary }

  public func evaluations(variables: LatentVariables) -> Int { samples }

  public func noisePerRow(variables: LatentVariables) -> Int { (samples + 1) * variables.count }

  public func noiseLaw(logits: [Double], variables: LatentVariables) -> [NoiseBlock] {
    (0..<variables.count).map { variable in
      let law = CategoricalLaw(variable: variable, logits: logits, variables: variables)
      return NoiseBlock(
        indices: (0...samples).map { $0 * variables.count + variable },
        law: JointCells.law(samples: samples, categories: variables.categories) { cell($0, law: law) })
    }
  }

  /// The objective's range times floor(n^2/4) / (n (n-1)) and the largest r of the category.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let categories = variables.categories
    let law = CategoricalLaw(variable: coordinate / categories, logits: logits, variables: variables)
    let category = coordinate % categories
    let others = (0..<categories).filter { $0 != category }
    return PairForm.bounds(
      objective: objective, evaluations: samples, ratios: others.map { ratio(category, $0, law: law) })
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func draw<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, shape: LatentShape, samples: inout MutableSpan<Scalar>
  ) {
    let categories = shape.logitsPerVariable
    precondition(!shape.isBinary && logits.count == shape.logitCount)
    precondition(noise.count == (self.samples + 1) * shape.sampleCount)
    precondition(samples.count == self.samples * shape.sampleCount)
    var law = CategoricalLaw()
    for i in 0..<shape.sampleCount {
      law.load(logits.extracting(i * categories..<(i + 1) * categories))
      let (row, variable) = (i / shape.variables, i % shape.variables)
      let start = row * (self.samples + 1) * shape.variables + variable
      let choice = Double(noise[start + self.samples * shape.variables])
      let order = CategoryOrder.chosen(by: choice, categories: categories)
      let probabilities = law.probabilities.span.extracting(0..<categories)
      let sums = law.sums.span
      var total = 0.0
      for sample in 0..<self.samples { total += Double.log(Double(noise[start + sample * shape.variables])) }
      for sample in 0..<self.samples {
        let share = Double.log(Double(noise[start + sample * shape.variables])) / total
        let category = order.category(
          at: copula.uniform(ofShare: share), probabilities: probabilities, sums: sums)
        samples[sample * shape.sampleCount + i] = Scalar(category)
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func combine<Scalar: KernelScalar>(
    logits: Span<Scalar>, noise: Span<Scalar>, samples: Span<Scalar>, values: Span<Scalar>,
    shape: LatentShape, gradient: inout MutableSpan<Scalar>
  ) {
    var pairs = OrderedPairs(copula: copula)
    PairForm.combine(
      &pairs, evaluations: self.samples, logits: logits, samples: samples, values: values, shape: shape,
      into: &gradient)
  }
}

// MARK: The joint law of a variable's samples

extension CARMSI {
  /// J(c, c'): the probability that two given samples have the values c and c' in this order.
  ///
  /// - Complexity: C (C - 1) / 2 rectangles.
  package func pairProbability(_ category: Int, _ other: Int, law: CategoricalLaw) -> Double {
    var sum = 0.0
    for first in 0..<law.categories - 1 {
      for last in first + 1..<law.categories {
        sum += pairProbability(category, other, order: CategoryOrder(first: first, last: last), law: law)
      }
    }
    return sum / Double(CategoryOrder.count(categories: law.categories))
  }

  /// The same given the order.
  package func pairProbability(
    _ category: Int, _ other: Int, order: CategoryOrder, law: CategoricalLaw
  ) -> Double {
    copula.rectangle(order.interval(of: category, law: law), order.interval(of: other, law: law))
  }

  /// r(c, c') = p_c p_c' / J(c, c').
  func ratio(_ category: Int, _ other: Int, law: CategoricalLaw) -> Double {
    Self.ratio(
      product: law.probability(of: category) * law.probability(of: other),
      pairProbability: pairProbability(category, other, law: law),
      orders: Double(CategoryOrder.count(categories: law.categories)))
  }

  /// Only rounding of a J near 0 reaches the bound of r: then r times J is as small as that rounding.
  static func ratio(product: Double, pairProbability: Double, orders: Double) -> Double {
    pairProbability * orders > product ? product / pairProbability : orders
  }

  /// The cell of a joint value: its probabilities in all orders, a member in the likeliest one.
  private func cell(_ values: [Int], law: CategoricalLaw) -> NoiseBlock.Cell? {
    let count = CategoryOrder.count(categories: law.categories)
    var likeliest: NoiseBlock.Cell?
    var sum = 0.0
    for place in 0..<count {
      let choice = (Double(place) + 0.5) / Double(count)
      let order = CategoryOrder.chosen(by: choice, categories: law.categories)
      let box = values.map { order.interval(of: $0, law: law) }
      guard let cell = copula.cell(box) else { continue }
      sum += cell.probability
      if cell.probability > likeliest?.probability ?? 0 {
        likeliest = NoiseBlock.Cell(probability: cell.probability, noise: cell.noise + [choice])
      }
    }
    return likeliest.map { NoiseBlock.Cell(probability: sum / Double(count), noise: $0.noise) }
  }
}
