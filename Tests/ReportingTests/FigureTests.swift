import Foundation
import Testing

@testable import Reporting

@Suite("Figures")
struct FigureTests {
  private var figure: Figure {
    let xs = (1...20).map(Double.init)
    let axis = Figure.Axis("x", logarithmic: true)
    let series = [
      FigureSeries("line 'quoted'", .line, .number(0), xs.map { .init($0, 1 / $0) }),
      FigureSeries("dashed", .dashedLine, .grey, xs.map { .init($0, 2 / $0) }),
      FigureSeries("points", .points, .number(1), xs.map { .init($0, 3 / $0) }),
      FigureSeries("open", .openPoints, .number(2), xs.map { .init($0, 4 / $0) }),
      FigureSeries("bars", .errorBars, .number(3), xs.map { .init($0, 5 / $0, low: 4.5 / $0, high: 6 / $0) }),
      FigureSeries("band", .band, .number(5), xs.map { .init($0, 8 / $0, low: 7 / $0, high: 9 / $0) }),
    ]
    return Figure(
      name: "sample", alternativeText: "Curves", caption: "All marks.",
      panels: Figure.smallMultiples(
        of: ["first", "second_with_underscore"], title: { $0 }, x: axis,
        y: Figure.Axis("y", logarithmic: true),
        series: { _ in series }))
  }

  @Test(
    "The same figure gives the same bytes twice: data, script and SVG",
    .enabled(if: ExternalProgram.find("gnuplot") != nil, "gnuplot is not installed"))
  func reproducible() throws {
    let gnuplot = try #require(ExternalProgram.find("gnuplot"))
    let first = try TemporaryFolder()
    let second = try TemporaryFolder()
    for path in [first.path, second.path] {
      let drawn = try ReportFolder(path: path, gnuplot: gnuplot).draw(figure)
      #expect(drawn.outcome == .drawn(file: "figures/sample.svg"))
    }
    for file in ["figures/sample.svg", "figures/sample.dat", "figures/sample.gp"] {
      #expect(try first.text(file) == second.text(file))
    }
    let image = try first.text("figures/sample.svg")
    #expect(
      image.contains("second_with_underscore") && image.contains("line 'quoted'")
    )
    #expect(image.contains("#ffffff"), "the background is painted, so that the figure reads on a dark page")
  }

  @Test("Names one below the other get the height and the margin that they need")
  func names() {
    func script(_ names: [String]) -> String {
      GnuplotScript(
        figure: Figure(
          name: "named", alternativeText: "", caption: "", panelsPerRow: 1,
          panels: [
            .init(
              "", x: Figure.Axis("x"), y: .named("", names),
              series: [FigureSeries("a", .points, .blue, names.indices.map { .init(1, Double($0)) })])
          ])
      ).text
    }
    let few = script(["a", "b"])
    let many = script((1...60).map { "estimator-\($0)" })
    #expect(few.contains("svg size 860,436") && many.contains("svg size 860,1166"))
    #expect(few.contains("set lmargin at screen 0.05581") && many.contains("set lmargin at screen 0.15814"))
    #expect(many.contains("set yrange [-0.5:59.5]") && many.contains("'estimator-60' 59"))
  }

  @Test("Slanted names on the x axis have room above the legend, level ones take none")
  func slantedNames() {
    func script(_ names: [String]) -> String {
      let series = [FigureSeries("a", .points, .blue, [.init(0, 1)])]
      let panel = Figure.Panel("p", x: .named("x", names), y: Figure.Axis("y"), series: series)
      return GnuplotScript(
        figure: Figure(name: "n", alternativeText: "", caption: "", panelsPerRow: 1, panels: [panel])
      ).text
    }
    let level = script(["a", "b"])
    let slanted = script((1...6).map { "reinforce-ema, rate 0.00\($0)" })
    #expect(level.contains("norotate") && level.contains("svg size 860,436"))
    // 25 letters: 1.7 pixels each.
    #expect(slanted.contains("rotate by 12 right") && slanted.contains("svg size 860,478"), "\(slanted)")
    #expect(slanted.contains("set bmargin at screen 0.29289"), "\(slanted)")
  }

  @Test("Each label has one entry in the legend, however many panels repeat it")
  func legend() {
    let script = GnuplotScript(figure: figure).text
    #expect(script.components(separatedBy: "title 'points'").count == 2)
    #expect(script.contains("title 'line ''quoted'''"))
  }

  @Test("Each plot reads its own block of the data, also behind series without points")
  func blocks() throws {
    let axis = Figure.Axis("")
    let series = { (label: String, value: Double?) in
      FigureSeries(label, .line, .blue, value.map { [.init(1, $0), .init(2, $0)] } ?? [])
    }
    let figure = Figure(
      name: "blocks", alternativeText: "", caption: "",
      panels: [
        Figure.Panel(
          "a", x: axis, y: axis, series: [series("none", nil), series("ten", 10), series("none", nil)]),
        Figure.Panel("b", x: axis, y: axis, series: []),
        Figure.Panel("c", x: axis, y: axis, series: [series("none", nil), series("twenty", 20)]),
      ])
    let script = GnuplotScript(figure: figure)
    let blocks = script.data.components(separatedBy: "\n\n\n")
    #expect(blocks.count == 2)
    #expect(blocks[0].hasPrefix("# a: ten;") && blocks[1].hasPrefix("# c: twenty;"))
    let plots = script.text.split(separator: "\n").filter { $0.contains("index ") }
    #expect(plots.count == 2)
    #expect(plots[0].contains("index 0 ") && plots[1].contains("index 1 "))
    guard let gnuplot = ExternalProgram.find("gnuplot") else { return }
    let folder = try TemporaryFolder()
    let drawn = try ReportFolder(path: folder.path, gnuplot: gnuplot).draw(figure)
    #expect(drawn.outcome == .drawn(file: "figures/blocks.svg"))
  }

  @Test("Without gnuplot the data and the script are there and the report says what is missing")
  func withoutGnuplot() throws {
    let folder = try TemporaryFolder()
    let drawn = try ReportFolder(path: folder.path, gnuplot: nil).draw(figure)
    #expect(folder.exists("figures/sample.dat") && folder.exists("figures/sample.gp"))
    #expect(!folder.exists("figures/sample.svg"))
    var document = MarkdownDocument()
    document.figure(drawn)
    #expect(document.text.contains("**Figure not drawn:** gnuplot was not found"))
    #expect(document.text.contains("`figures/sample.dat`"))
  }

  @Test("A gnuplot that fails leaves no picture of earlier data behind")
  func failingGnuplot() throws {
    let folder = try TemporaryFolder()
    try folder.write("old", to: "figures/sample.svg")
    let failing = try #require(ExternalProgram.find("false"))
    let drawn = try ReportFolder(path: folder.path, gnuplot: failing).draw(figure)
    #expect(drawn.outcome == .notDrawn(reason: "false exited with status 1: no message"))
    #expect(!folder.exists("figures/sample.svg"))
  }

  @Test("An output folder that cannot be made is one clear line")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("", to: "file")
    #expect {
      _ = try ReportFolder(path: file + "/below", gnuplot: nil)
    } throws: {
      let line = "\($0)"
      return line.hasPrefix("cannot write \(file)/below: ") && !line.contains("\n")
    }
  }
}
