internal import ElementwiseKernels
internal import RealModule

/// Probabilities of boxes of uniforms under the Dirichlet copula.
///
/// The shares d_i are uniform on the simplex and u_i = (1 - d_i)^(n-1), so a box of uniforms is a box of shares, and
/// P(d_i >= t_i for all i) = max(0, 1 - sum t_i)^(n-1).
extension DirichletCopula {
  /// The uniform of a share.
  func uniform(ofShare share: Double) -> Double { raised(1 - share) }

  /// P(L < u_1 < U and L' < u_2 < U') for two of the uniforms, by their joint distribution function
  /// max(0, a^(1/(n-1)) + b^(1/(n-1)) - 1)^(n-1).
  func rectangle(_ first: (lower: Double, upper: Double), _ second: (lower: Double, upper: Double)) -> Double
  {
    let (lower, upper) = (root(first.lower) - 1, root(first.upper) - 1)
    let (otherLower, otherUpper) = (root(second.lower), root(second.upper))
    return (raised(upper + otherUpper) - raised(lower + otherUpper))
      - (raised(upper + otherLower) - raised(lower + otherLower))
  }

  /// The same rectangles for many pairs of intervals, given the roots of their ends.
  func fillRectangles(
    _ first: (lower: Span<Double>, upper: Span<Double>), _ second: (lower: Span<Double>, upper: Span<Double>),
    into masses: inout MutableSpan<Double>
  ) {
    switch samples {
    case 2: fillRectangles(first.lower, first.upper, second.lower, second.upper, &masses) { $0 }
    case 3: fillRectangles(first.lower, first.upper, second.lower, second.upper, &masses) { $0 * $0 }
    case 4: fillRectangles(first.lower, first.upper, second.lower, second.upper, &masses) { $0 * $0 * $0 }
    default: fillRectangles(first.lower, first.upper, second.lower, second.upper, &masses, raised)
    }
  }

  @inline(__always)
  private func fillRectangles(
    _ lower: Span<Double>, _ upper: Span<Double>, _ otherLower: Span<Double>, _ otherUpper: Span<Double>,
    _ masses: inout MutableSpan<Double>, _ power: (Double) -> Double
  ) {
    let count = masses.count
    precondition(lower.count == count && upper.count == count)
    precondition(otherLower.count == count && otherUpper.count == count)
    for i in 0..<count {
      let (low, high) = (lower[i] - 1, upper[i] - 1)
      masses[i] =
        (power(max(high + otherUpper[i], 0)) - power(max(low + otherUpper[i], 0)))
        - (power(max(high + otherLower[i], 0)) - power(max(low + otherLower[i], 0)))
    }
  }

  /// min(1, x + shift)^(1/(n-1)) of each x.
  func fillRoots(of numbers: Span<Double>, plus shift: Double, into roots: inout MutableSpan<Double>) {
    precondition(numbers.count == roots.count)
    switch samples {
    case 2: for i in 0..<roots.count { roots[i] = min(numbers[i] + shift, 1) }
    case 3: for i in 0..<roots.count { roots[i] = min(numbers[i] + shift, 1).squareRoot() }
    case 4: for i in 0..<roots.count { roots[i] = Self.cubeRoot(min(numbers[i] + shift, 1)) }
    default: for i in 0..<roots.count { roots[i] = root(min(numbers[i] + shift, 1)) }
    }
  }

  /// max(0, x)^(n-1).
  func raised(_ x: Double) -> Double {
    guard x > 0 else { return 0 }
    // A few products are several times faster than the general power.
    guard samples <= 9 else { return .pow(x, samples - 1) }
    var power = x
    for _ in 2..<samples { power *= x }
    return power
  }

  /// x^(1/(n-1)).
  func root(_ x: Double) -> Double {
    switch samples {
    case 2: x
    case 3: x.squareRoot()
    case 4: Self.cubeRoot(x)
    case 5: x.squareRoot().squareRoot()
    default: .root(x, samples - 1)
    }
  }

  /// x^(1/3) of a number in 0 ... 1, to three roundings; 1 for 1. The library's function takes several times as long.
  ///
  /// Three steps of Halley's rule, each of which cubes the relative error, from a third of the number's bits, which is within
  /// 4 % once the constant has given the exponent its two thirds of the bias back.
  @inline(__always)
  private static func cubeRoot(_ x: Double) -> Double {
    guard x > 0 else { return 0 }
    var root = Double(bitPattern: x.bitPattern / 3 + 0x2A9F_7893_0000_0000)
    for _ in 0..<3 {
      let cube = root * root * root
      root *= (cube + (x + x)) / ((cube + cube) + x)
    }
    return root
  }

  /// A box of uniforms, one interval for each: its probability and one member of the noise; nil for an empty box.
  ///
  /// By inclusion and exclusion over the sides; the member has every share at the same place between its two ends.
  ///
  /// - Complexity: 2^n terms.
  func cell(_ box: [(lower: Double, upper: Double)]) -> NoiseBlock.Cell? {
    let sides = box.map { (lower: 1 - root($0.upper), upper: 1 - root($0.lower)) }
    let least = sides.reduce(0) { $0 + $1.lower }
    let most = sides.reduce(0) { $0 + $1.upper }
    guard least < 1 && most > 1 else { return nil }
    var probability = 0.0
    var magnitude = 0.0
    for mask in 0..<1 << samples {
      let corner = sides.indices.reduce(0) { $0 + (mask >> $1 & 1 == 1 ? sides[$1].upper : sides[$1].lower) }
      let term = raised(1 - corner)
      probability += mask.nonzeroBitCount.isMultiple(of: 2) ? term : -term
      magnitude += term
    }
    // Where the terms cancel, rounding leaves a few 1e-16 of their magnitude of either sign.
    guard probability > 1e-15 * magnitude else { return nil }
    let place = (1 - least) / (most - least)
    let total = 30.0
    return NoiseBlock.Cell(
      probability: probability,
      noise: sides.map { .exp(-total * ($0.lower + place * ($0.upper - $0.lower))) })
  }
}
