import Testing

@testable import Reporting

@Suite("Number formatting")
struct NumberFormattingTests {
  @Test(
    "Significant digits are kept, plain in the middle and scientific outside",
    arguments: [
      (0.0, "0"), (1, "1.00"), (121.604, "122"), (0.01234, "0.0123"), (0.001, "0.00100"),
      (0.00099996, "0.00100"),
      (0.000999, "9.99e-4"), (-1.5e-10, "-1.50e-10"), (999_999, "1.00e6"), (123_456, "123456"),
      (9.999, "10.0"),
      (.infinity, "infinity"), (.nan, "not a number"),
    ])
  func significant(value: Double, text: String) {
    #expect(NumberFormatting.significant(value) == text)
  }

  @Test("A value that rounds to zero carries no sign")
  func negativeZero() {
    #expect(NumberFormatting.fixed(-0.001, decimals: 2) == "0.00")
    #expect(NumberFormatting.fixed(-0.006, decimals: 2) == "-0.01")
    #expect(NumberFormatting.signed(0.2, decimals: 1) == "+0.2")
    #expect(NumberFormatting.signed(-0.2, decimals: 1) == "-0.2")
  }

  @Test(
    "Thousands are separated by commas",
    arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-50_000, "-50,000")])
  func counts(value: Int, text: String) {
    #expect(NumberFormatting.count(value) == text)
  }

  @Test(
    "Durations use the units that matter",
    arguments: [(4.2, "4.2 s"), (185, "3 min 5 s"), (4320, "1 h 12 min")])
  func durations(seconds: Double, text: String) {
    #expect(NumberFormatting.duration(seconds: seconds) == text)
  }

  @Test("The t-interval over seeds is Student's: for 1 and 3 its half-width is the tabled 12.706")
  func interval() throws {
    let summary = SeedSummary([1, 3])
    #expect(summary.mean == 2)
    #expect(abs(try #require(summary.halfWidth) - 12.7062) < 1e-3)
    #expect(summary.text(decimals: 2) == "2.00 ± 12.71")
    #expect(SeedSummary([5]).halfWidth == nil)
    #expect(SeedSummary([5]).text(decimals: 1) == "5.0")
  }
}
