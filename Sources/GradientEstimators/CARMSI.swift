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
/// - Complexity: for each pair of unequal values, four roots and four powers for each order; one exponential for each
///   logit; two logarithms for each sample.
///
/// Source: Dimitriev, Zhou, "CARMS: Categorical-Antithetic-REINFORCE Multi-Sample Gradient Estimator", NeurIPS 2021, the
/// estimator with inverse CDF sampling, in the pair form.
public struct CARMSI: GradientEstimator {
  /// More cells than this are not enumerated.
  private static let largestCellCount = 4096

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
      NoiseBlock(
        indices: (0...samples).map { $0 * variables.count + variable },
        law: law(of: CategoricalLaw(variable: variable, logits: logits, variables: variables)))
    }
  }

  /// The objective's range times floor(n^2/4) / (n (n-1)) and the largest r of the category.
  public func gradientBounds(
    objective: ClosedRange<Double>, logits: [Double], variables: LatentVariables, coordinate: Int
  ) -> ClosedRange<Double> {
    let categories = variables.categories
    let law = CategoricalLaw(variable: coordinate / categories, logits: logits, variables: variables)
    let category = coordinate % categories
    let ratio = (0..<categories).filter { $0 != category }
      .reduce(0) { max($0, self.ratio(category, $1, law: law)) }
    let range = objective.upperBound - objective.lowerBound
    let largest = LeaveOneOut.largest(range: range, evaluations: samples) * ratio
    return -largest...largest
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
    let (count, categories) = (shape.sampleCount, shape.logitsPerVariable)
    precondition(!shape.isBinary && logits.count == shape.logitCount && gradient.count == shape.logitCount)
    precondition(samples.count == self.samples * count && values.count == self.samples * shape.rows)
    let scale = 1 / Scalar(self.samples * (self.samples - 1))
    var law = CategoricalLaw()
    gradient.update(repeating: 0)
    for i in 0..<count {
      law.load(logits.extracting(i * categories..<(i + 1) * categories))
      let row = i / shape.variables
      let probabilities = law.probabilities.span.extracting(0..<categories)
      let sums = law.sums.span
      for first in 0..<self.samples {
        for second in first + 1..<max(self.samples, first + 1) {
          let (category, other) = (Int(samples[first * count + i]), Int(samples[second * count + i]))
          guard category != other else { continue }
          let difference = values[first * shape.rows + row] - values[second * shape.rows + row]
          let ratio = ratio(category, other, probabilities: probabilities, sums: sums)
          let weight = scale * Scalar(ratio) * difference
          gradient[i * categories + category] += weight
          gradient[i * categories + other] -= weight
        }
      }
    }
  }
}

// MARK: The joint law of a variable's samples

extension CARMSI {
  /// J(c, c'): the probability that two given samples have the values c and c' in this order.
  ///
  /// - Complexity: C (C - 1) / 2 rectangles.
  package func pairProbability(_ category: Int, _ other: Int, law: CategoricalLaw) -> Double {
    pairProbability(
      category, other, probabilities: law.probabilities.span.extracting(0..<law.categories),
      sums: law.sums.span)
  }

  private func pairProbability(
    _ category: Int, _ other: Int, probabilities: Span<Double>, sums: Span<Double>
  ) -> Double {
    let categories = probabilities.count
    var sum = 0.0
    for first in 0..<categories - 1 {
      for last in first + 1..<categories {
        let order = CategoryOrder(first: first, last: last)
        sum += copula.rectangle(
          order.interval(of: category, probabilities: probabilities, sums: sums),
          order.interval(of: other, probabilities: probabilities, sums: sums))
      }
    }
    return sum / Double(CategoryOrder.count(categories: categories))
  }

  /// The same given the order.
  package func pairProbability(
    _ category: Int, _ other: Int, order: CategoryOrder, law: CategoricalLaw
  ) -> Double {
    copula.rectangle(order.interval(of: category, law: law), order.interval(of: other, law: law))
  }

  /// r(c, c') = p_c p_c' / J(c, c').
  func ratio(_ category: Int, _ other: Int, law: CategoricalLaw) -> Double {
    ratio(
      category, other, probabilities: law.probabilities.span.extracting(0..<law.categories),
      sums: law.sums.span)
  }

  /// Only rounding of a J near 0 reaches the bound of r: then r times J is as small as that rounding.
  private func ratio(
    _ category: Int, _ other: Int, probabilities: Span<Double>, sums: Span<Double>
  ) -> Double {
    let bound = Double(CategoryOrder.count(categories: probabilities.count))
    let product = probabilities[category] * probabilities[other]
    let joint = pairProbability(category, other, probabilities: probabilities, sums: sums)
    return joint * bound > product ? product / joint : bound
  }

  /// The joint values of all samples as cells, each with one member of the noise, whatever the order.
  private func law(of law: CategoricalLaw) -> NoiseBlock.Law {
    let categories = law.categories
    let cellCount = (0..<samples).reduce(1) { count, _ in min(count * categories, Self.largestCellCount + 1) }
    guard cellCount <= Self.largestCellCount else {
      return .notEnumerable(
        reason: "the joint law of \(samples) samples of \(categories) categories has more than "
          + "\(Self.largestCellCount) cells")
    }
    return .cells((0..<cellCount).compactMap { cell($0, law: law) })
  }

  /// The cell of a joint value, sample 0 fastest: its probabilities in all orders, a member in the likeliest one.
  private func cell(_ index: Int, law: CategoricalLaw) -> NoiseBlock.Cell? {
    var rest = index
    let values = (0..<samples).map { _ in
      defer { rest /= law.categories }
      return rest % law.categories
    }
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
