/// The known range of bounded data, and how data are brought to the unit interval.
struct DataBounds: Sendable {
  let lower: Double
  let upper: Double
  /// How far outside the range a number may lie and still count as its end: eight rounding errors of a `Float` of
  /// the size of the bounds, for observations come from single-precision sums whose bound is attained.
  let roundingSlack: Double
  /// 1 / (upper - lower); zero where all data are the same number.
  let inverseWidth: Double

  init(_ bounds: ClosedRange<Double>) throws(SequentialTestingError) {
    lower = bounds.lowerBound
    upper = bounds.upperBound
    let width = upper - lower
    guard width.isFinite else { throw .invalidBounds(lower: lower, upper: upper) }
    roundingSlack = 0x1p-20 * max(lower.magnitude, upper.magnitude)
    inverseWidth = (1 / width).isFinite ? 1 / width : 0
  }

  /// Whether a number can be an observation; not-a-number cannot.
  @inline(__always)
  func contain(_ value: Double) -> Bool { value >= lower - roundingSlack && value <= upper + roundingSlack }

  /// The place of a number within the range: 0 at the lower end, 1 at the upper.
  @inline(__always)
  func position(of value: Double) -> Double { min(max((value - lower) * inverseWidth, 0), 1) }
}
