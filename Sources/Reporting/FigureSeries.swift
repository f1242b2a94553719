/// One curve, or one set of points, of a figure's panel.
package struct FigureSeries: Sendable {
  package enum Mark: Sendable {
    case line
    case dashedLine
    case points
    /// Open circles, for what comes from elsewhere.
    case openPoints
    /// A point with a vertical bar from `low` to `high`.
    case errorBars
    /// The area between `low` and `high`.
    case band
  }

  package struct Point: Sendable {
    let x: Double
    let y: Double
    let low: Double
    let high: Double

    package init(_ x: Double, _ y: Double) { self.init(x, y, low: y, high: y) }

    package init(_ x: Double, _ y: Double, low: Double, high: Double) {
      self.x = x
      self.y = y
      self.low = low
      self.high = high
    }
  }

  /// What the legend says; series of one label and colour appear there once.
  let label: String
  let mark: Mark
  let colour: FigureColour
  let points: [Point]

  package init(_ label: String, _ mark: Mark, _ colour: FigureColour, _ points: [Point]) {
    self.label = label
    self.mark = mark
    self.colour = colour
    self.points = points
  }
}

/// The colour-blind safe palette of Okabe and Ito, without the yellow that vanishes on white.
///
/// Source: Okabe, Ito, "Color Universal Design", 2008.
package enum FigureColour: String, CaseIterable, Sendable {
  case blue = "#0072B2"
  case vermilion = "#D55E00"
  case green = "#009E73"
  case purple = "#CC79A7"
  case orange = "#E69F00"
  case sky = "#56B4E9"
  case black = "#000000"
  /// For references that are no competitors: a true value, a bound.
  case grey = "#777777"

  /// Colours of things that are compared.
  static var count: Int { allCases.count - 1 }

  /// The colour of the `index`-th of the things compared; colours repeat after seven.
  package static func number(_ index: Int) -> FigureColour { allCases[index % count] }

  /// gnuplot's point type that goes with the colour, so that colour alone never carries the meaning.
  var pointType: Int {
    switch self {
    case .blue: 7
    case .vermilion: 5
    case .green: 9
    case .purple: 11
    case .orange: 13
    case .sky: 6
    case .black: 4
    case .grey: 8
    }
  }
}
