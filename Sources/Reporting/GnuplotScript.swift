/// A figure as a gnuplot script and its data file; the one style of all figures is here.
///
/// The background is painted white, so the figure reads the same on a light and on a dark page. Nothing in the script
/// depends on the time, the machine or the locale: the same figure gives the same SVG, byte by byte.
struct GnuplotScript {
  let figure: Figure

  private static let legendRowHeight = 24

  var dataFile: String { figure.name + ".dat" }
  var imageFile: String { figure.name + ".svg" }
  var scriptFile: String { figure.name + ".gp" }

  /// Blocks of `x y low high`, one for each series, separated as gnuplot's `index` wants it.
  ///
  /// gnuplot does not count a block without points, so series without points have none.
  var data: String {
    let blocks = figure.panels.flatMap { panel in
      Self.withPoints(panel).map { series in
        let lines = series.points.map { "\($0.x) \($0.y) \($0.low) \($0.high)" }
        return
          (["# \(Self.oneLine(panel.title)): \(Self.oneLine(series.label)); columns: x y low high"] + lines)
          .joined(separator: "\n")
      }
    }
    return blocks.joined(separator: "\n\n\n") + "\n"
  }

  private static func withPoints(_ panel: Figure.Panel) -> [FigureSeries] {
    panel.series.filter { !$0.points.isEmpty }
  }

  var text: String {
    ([preamble] + figure.panels.indices.map(panel) + [legend, "unset multiplot"]).joined(separator: "\n\n")
      + "\n"
  }

  private var legendEntries: [FigureSeries] {
    var seen: Set<String> = []
    return figure.panels.flatMap(\.series).filter { !$0.label.isEmpty && seen.insert($0.label).inserted }
  }

  /// As many entries in a row as the longest label lets fit.
  private var legendColumns: Int {
    let longest = legendEntries.map(\.label.count).max() ?? 0
    return max(1, min(legendEntries.count, width / (longest * 8 + 60)))
  }

  private var legendHeight: Int {
    let rows = (legendEntries.count + legendColumns - 1) / legendColumns
    return rows * Self.legendRowHeight + 12
  }

  /// A single panel takes the width of two.
  private var panelWidth: Int { figure.panelsPerRow == 1 ? 860 : 430 }
  /// Names one below the other take what they need.
  private var panelHeight: Int {
    let names = figure.panels.map(\.y.names.count).max() ?? 0
    return max(figure.panelsPerRow == 1 ? 400 : 320, 110 + 17 * names) + slantedHeight
  }

  /// How far slanted names of an x axis reach below level ones: eight pixels a letter, at twelve degrees.
  private var slantedHeight: Int {
    figure.panels.map { isSlanted($0.x) ? 17 * Self.longest($0.x.names) / 10 : 0 }.max() ?? 0
  }

  /// Whether the names of an x axis would touch if they were level.
  private func isSlanted(_ axis: Figure.Axis) -> Bool {
    (Self.longest(axis.names) + 2) * 8 * axis.names.count > panelWidth - 100
  }

  private static func longest(_ names: [String]) -> Int { names.map(\.count).max() ?? 0 }

  /// Room for the numbers, or the names, of the y axis.
  private func leftMargin(_ panel: Figure.Panel) -> Int {
    guard let longest = panel.y.names.map(\.count).max() else { return 84 }
    return 40 + 8 * longest
  }

  private var width: Int { figure.panelsPerRow * panelWidth }
  private var height: Int { figure.rowCount * panelHeight + legendHeight }

  private var preamble: String {
    """
    # Draw with: gnuplot \(scriptFile)
    set terminal svg size \(width),\(height) enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
    set output '\(imageFile)'
    set encoding utf8
    set multiplot
    set style line 100 linecolor rgb '#dddddd' linewidth 0.7
    set border 3 linecolor rgb '#444444' linewidth 1
    set tics nomirror scale 0.6 textcolor rgb '#222222'
    set grid linestyle 100
    set style fill solid 0.22 noborder
    set key off
    """
  }

  private func panel(_ index: Int) -> String {
    let panel = figure.panels[index]
    let row = index / figure.panelsPerRow
    let column = index % figure.panelsPerRow
    let left = column * panelWidth
    let top = height - row * panelHeight
    let firstBlock = figure.panels[..<index].map { Self.withPoints($0).count }.reduce(0, +)
    let plots = Self.withPoints(panel).enumerated().map { offset, series in
      "'\(dataFile)' index \(firstBlock + offset) \(Self.style(series)) notitle"
    }
    return """
      set lmargin at screen \(share(left + leftMargin(panel), of: width))
      set rmargin at screen \(share(left + panelWidth - 16, of: width))
      set bmargin at screen \(share(top - panelHeight + 62 + slantedHeight, of: height))
      set tmargin at screen \(share(top - 34, of: height))
      set title '\(Self.quoted(panel.title))' noenhanced textcolor rgb '#222222' offset 0,-0.4
      \(axis("x", panel.x, labelOffset: "0,0.3"))
      \(axis("y", panel.y, labelOffset: "0.5,0"))
      plot \(plots.isEmpty ? "[0:1][0:1] NaN notitle" : plots.joined(separator: ", \\\n  "))
      """
  }

  private func axis(_ letter: String, _ axis: Figure.Axis, labelOffset: String) -> String {
    let range = axis.range.map { "[\($0.lowerBound):\($0.upperBound)]" } ?? "[*:*]"
    return """
      set \(letter)label '\(Self.quoted(axis.label))' noenhanced textcolor rgb '#222222' offset \(labelOffset)
      \(axis.logarithmic ? "set" : "unset") logscale \(letter)
      set format \(letter) '\(axis.logarithmic ? "10^{%T}" : "%g")'
      set \(letter)range \(range)\(names(letter, axis))
      """
  }

  /// Names in the place of numbers, slanted where they would touch; panels of a figure without names say nothing.
  private func names(_ letter: String, _ axis: Figure.Axis) -> String {
    let usesNames = figure.panels.contains { !$0.x.names.isEmpty || !$0.y.names.isEmpty }
    guard usesNames else { return "" }
    guard !axis.names.isEmpty else { return "\nset \(letter)tics norotate autofreq" }
    let places = axis.names.enumerated().map { "'\(Self.quoted($1))' \($0)" }.joined(separator: ", ")
    let slant = letter == "x" && isSlanted(axis) ? "rotate by 12 right" : "norotate"
    return "\nset \(letter)tics \(slant) noenhanced (\(places))"
  }

  /// The legend is a plot of its own in a strip below the panels.
  private var legend: String {
    let entries = legendEntries.map {
      "NaN \(Self.style($0, forLegend: true)) title '\(Self.quoted($0.label))'"
    }
    guard !entries.isEmpty else { return "# No legend: no series has a label." }
    return """
      set lmargin at screen 0
      set rmargin at screen 1
      set bmargin at screen 0
      set tmargin at screen \(share(legendHeight, of: height))
      unset title
      unset xlabel
      unset ylabel
      unset logscale
      unset border
      unset tics
      unset grid
      set key center center horizontal reverse Left maxcols \(legendColumns) noenhanced samplen 2 textcolor rgb '#222222'
      plot [0:1][0:1] \(entries.joined(separator: ", \\\n  "))
      """
  }

  private func share(_ pixels: Int, of whole: Int) -> String {
    NumberFormatting.fixed(Double(pixels) / Double(whole), decimals: 5)
  }

  private static func style(_ series: FigureSeries, forLegend: Bool = false) -> String {
    let colour = "linecolor rgb '\(series.colour.rawValue)'"
    let point = "pointtype \(series.colour.pointType) pointsize 0.6"
    func columns(_ list: String) -> String { forLegend ? "" : "using \(list) " }
    switch series.mark {
    case .line: return columns("1:2") + "with lines linewidth 1.8 \(colour)"
    case .dashedLine: return columns("1:2") + "with lines linewidth 1.6 dashtype 2 \(colour)"
    case .points: return columns("1:2") + "with points \(point) \(colour)"
    case .openPoints: return columns("1:2") + "with points pointtype 6 pointsize 1.1 linewidth 1.2 \(colour)"
    case .band: return (forLegend ? "with boxes " : "using 1:3:4 with filledcurves ") + colour
    case .errorBars:
      return forLegend
        ? "with points \(point) \(colour)" : "using 1:2:3:4 with yerrorbars linewidth 1.2 \(point) \(colour)"
    }
  }

  /// The text inside of single quotes, where gnuplot knows no escape but the doubled quote.
  private static func quoted(_ text: String) -> String {
    oneLine(text).replacing("'", with: "''")
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }
}
