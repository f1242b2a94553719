import Testing

@testable import Datasets

/// The place, the expectation and the finding that a reader reports for `text`, or nil where it accepts it.
private func fault(_ read: () throws(DatasetError) -> Void) -> String? {
  do throws(DatasetError) {
    try read()
    return nil
  } catch {
    return error.description
  }
}

@Suite struct AMATFileTests {
  func fault(of text: String) -> String? {
    DatasetsTests.fault { () throws(DatasetError) in _ = try AMATFile(Array(text.utf8), file: "f.amat") }
  }

  @Test("Lines of digits become rows of bits")
  func reads() throws {
    let file = try AMATFile(Array("0 1 1\n1 0 0\n".utf8), file: "f.amat")
    #expect(file.rows == 2 && file.columns == 3)
    #expect(file.bits == [0, 1, 1, 1, 0, 0])
  }

  @Test("A single column is a file too")
  func oneColumn() throws {
    #expect(try AMATFile(Array("0\n1\n1\n".utf8), file: "f.amat").bits == [0, 1, 1])
  }

  @Test(
    "Each broken layout is reported with its place",
    arguments: [
      ("", "f.amat, line 1: expected a line of 0 and 1 separated by spaces, found an empty file"),
      ("0 1", "f.amat, line 1: expected a line of 0 and 1 separated by spaces, found no end of line"),
      ("0 1\n0 2\n", "f.amat, line 2, column 3: expected 0 or 1, found '2'"),
      ("0 1\n0,1\n", "f.amat, line 2, column 2: expected a single space, found ','"),
      ("0 1\n0  1\n", "f.amat, line 2, column 3: expected 0 or 1, found byte 32"),
      ("0 1 \n", "f.amat, line 1: expected 3 characters and the end of the line, found 4 characters"),
      ("0 1\n0 1 1\n", "f.amat, line 2: expected 3 characters and the end of the line, found 5 characters"),
      (
        "0 1\n0\n0 1\n0\n",
        "f.amat, line 2: expected 3 characters and the end of the line, found 1 characters"
      ),
      (
        "0 1\n0 1", "f.amat, line 2: expected 3 characters and the end of the line, found the end of the file"
      ),
      ("0 1\n\n0 1\n", "f.amat, line 2: expected 3 characters and the end of the line, found 0 characters"),
      ("\n", "f.amat, line 1: expected a line of 0 and 1 separated by spaces, found an empty line"),
      ("0 1\r\n", "f.amat, line 1, column 4: expected a single space, found byte 13"),
    ])
  func malformed(text: String, expected: String) {
    #expect(fault(of: text) == expected)
  }
}

@Suite struct DigitsFileTests {
  let line = Array(repeating: "16", count: 64).joined(separator: ",") + ",9\n"

  func fault(of text: String) -> String? {
    DatasetsTests.fault { () throws(DatasetError) in _ = try DigitsFile(Array(text.utf8), file: "d.csv") }
  }

  @Test("A line becomes 64 intensities and a label")
  func reads() throws {
    let file = try DigitsFile(Array((line + line).utf8), file: "d.csv")
    #expect(file.intensities == [UInt8](repeating: 16, count: 128))
    #expect(file.labels == [9, 9])
  }

  @Test("Each broken layout is reported with its line and field")
  func malformed() {
    #expect(
      fault(of: "") == "d.csv, line 1: expected 65 numbers and the end of the line, found an empty file")
    #expect(
      fault(of: line + "1,2")
        == "d.csv, line 2: expected 65 numbers and the end of the line, found the end of the file")
    #expect(fault(of: line + "1,2\n") == "d.csv, line 2: expected 65 numbers separated by commas, found 2")
    #expect(
      fault(of: "17" + line.dropFirst(2))
        == "d.csv, line 1, field 1: expected a whole number 0...16, found \"17\"")
    #expect(
      fault(of: line.dropLast(2) + "10\n")
        == "d.csv, line 1, field 65: expected a whole number 0...9, found \"10\"")
    #expect(
      fault(of: "-1" + line.dropFirst(2))
        == "d.csv, line 1, field 1: expected a whole number 0...16, found \"-1\"")
    #expect(
      fault(of: "" + line.dropFirst(2))
        == "d.csv, line 1, field 1: expected a whole number 0...16, found \"\"")
  }
}
