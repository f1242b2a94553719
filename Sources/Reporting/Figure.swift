/// A figure: panels in a grid with one legend below all of them, so that no legend ever covers data.
package struct Figure: Sendable {
  package struct Axis: Sendable {
    let label: String
    let logarithmic: Bool
    let range: ClosedRange<Double>?
    /// What stands at 0, 1, 2, ... in the place of numbers; empty for numbers.
    let names: [String]

    package init(
      _ label: String, logarithmic: Bool = false, range: ClosedRange<Double>? = nil, names: [String] = []
    ) {
      self.label = label
      self.logarithmic = logarithmic
      self.range = range
      self.names = names
    }

    /// An axis with a place for each name.
    static func named(_ label: String, _ names: [String]) -> Axis {
      Axis(label, range: -0.5...Double(names.count) - 0.5, names: names)
    }
  }

  package struct Panel: Sendable {
    let title: String
    let x: Axis
    let y: Axis
    let series: [FigureSeries]

    package init(_ title: String, x: Axis, y: Axis, series: [FigureSeries]) {
      self.title = title
      self.x = x
      self.y = y
      self.series = series
    }
  }

  /// Stem of the names of the figure's files.
  let name: String
  /// What the figure shows, for those who cannot see it.
  let alternativeText: String
  let caption: MarkdownText
  let panels: [Panel]
  let panelsPerRow: Int

  /// - Precondition: at least one panel.
  package init(
    name: String, alternativeText: String, caption: MarkdownText, panelsPerRow: Int = 2, panels: [Panel]
  ) {
    precondition(!panels.isEmpty && panelsPerRow > 0)
    self.name = name
    self.alternativeText = alternativeText
    self.caption = caption
    self.panels = panels
    self.panelsPerRow = min(panelsPerRow, panels.count)
  }

  /// One panel for each of `items`: small multiples with the same axes.
  package static func smallMultiples<Item>(
    of items: [Item], title: (Item) -> String, x: Axis, y: Axis, series: (Item) -> [FigureSeries]
  ) -> [Panel] {
    items.map { Panel(title($0), x: x, y: y, series: series($0)) }
  }

  var rowCount: Int { (panels.count + panelsPerRow - 1) / panelsPerRow }
}

/// A figure's files beside a report, and whether gnuplot could draw it.
package struct DrawnFigure: Sendable {
  package enum Outcome: Hashable, Sendable {
    /// The SVG file, relative to the report.
    case drawn(file: String)
    case notDrawn(reason: String)
  }

  package let outcome: Outcome
  let alternativeText: String
  let caption: MarkdownText
  /// Relative to the report.
  let dataFile: String
  let scriptFile: String
}
