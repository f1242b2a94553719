internal import Foundation

/// The folder that a report and its figures are written to.
package struct ReportFolder: Sendable {
  let path: String
  let gnuplot: ExternalProgram?

  private static let figureFolder = "figures"

  /// Makes the folder where it does not exist yet.
  ///
  /// - Throws: `ReportingError.unwritable`, also for a folder that exists and takes no files.
  package init(path: String, gnuplot: ExternalProgram?) throws(ReportingError) {
    self.path = path
    self.gnuplot = gnuplot
    try Self.make(path)
    guard FileManager.default.isWritableFile(atPath: path) else {
      throw .unwritable(path: path, reason: "the folder is read-only")
    }
  }

  /// Writes a text file whole or not at all, and returns its path.
  @discardableResult
  package func write(_ text: String, to file: String) throws(ReportingError) -> String {
    try write(bytes: Array(text.utf8), to: file)
  }

  /// Writes a file whole or not at all, and returns its path.
  @discardableResult
  package func write(bytes: [UInt8], to file: String) throws(ReportingError) -> String {
    let target = path + "/" + file
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: target), options: .atomic)
    } catch {
      throw .unwritable(path: target, reason: (error as NSError).localizedDescription)
    }
    return target
  }

  /// Writes the figure's data and script, and draws it where gnuplot is found.
  package func draw(_ figure: Figure) throws(ReportingError) -> DrawnFigure {
    try Self.make(path + "/" + Self.figureFolder)
    let script = GnuplotScript(figure: figure)
    try write(script.data, to: inFigures(script.dataFile))
    try write(script.text, to: inFigures(script.scriptFile))
    return DrawnFigure(
      outcome: image(of: script), alternativeText: figure.alternativeText, caption: figure.caption,
      dataFile: inFigures(script.dataFile), scriptFile: inFigures(script.scriptFile))
  }

  /// Writes a picture that is there already beside the figures, and returns its file, relative to the report.
  package func store(_ bytes: [UInt8], asFigure name: String) throws(ReportingError) -> String {
    try Self.make(path + "/" + Self.figureFolder)
    try write(bytes: bytes, to: inFigures(name))
    return inFigures(name)
  }

  /// Removes the pictures whose names start so: those of an earlier report may be of other runs.
  func removePictures(startingWith start: String) {
    let folder = path + "/" + Self.figureFolder
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix(start) && name.hasSuffix(".png") {
      try? FileManager.default.removeItem(atPath: folder + "/" + name)
    }
  }

  private func image(of script: GnuplotScript) -> DrawnFigure.Outcome {
    let file = inFigures(script.imageFile)
    // A picture of earlier data must not stand beside new numbers.
    try? FileManager.default.removeItem(atPath: path + "/" + file)
    guard let gnuplot else {
      return .notDrawn(reason: "gnuplot was not found (Debian and Ubuntu: apt install gnuplot-nox)")
    }
    do throws(ExternalProgram.Failure) {
      _ = try gnuplot.run([script.scriptFile], in: path + "/" + Self.figureFolder, secondsAllowed: 60)
      return .drawn(file: file)
    } catch {
      try? FileManager.default.removeItem(atPath: path + "/" + file)
      return .notDrawn(reason: error.description)
    }
  }

  private func inFigures(_ file: String) -> String { Self.figureFolder + "/" + file }

  private static func make(_ folder: String) throws(ReportingError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .unwritable(path: folder, reason: (error as NSError).localizedDescription)
    }
  }
}
