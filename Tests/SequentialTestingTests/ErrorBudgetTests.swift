import SequentialTesting
import Testing

@Suite struct ErrorBudgetTests {
  @Test(
    "Equal parts of any number use up the budget without a refusal",
    arguments: [1, 3, 7, 10, 49, 1000, 12_345])
  func equalParts(parts: Int) throws {
    var budget = try ErrorBudget(total: 1e-6)
    for part in 0..<parts { try budget.spend(1e-6 / Double(parts), on: "part \(part)") }
    #expect(budget.spent <= budget.total)
    #expect(budget.remaining < 1e-6 * 1e-14)
    #expect(budget.entries.count == parts)
    #expect(throws: SequentialTestingError.self) {
      try budget.spend(1e-6 / Double(parts) / 1e6, on: "one more")
    }
  }

  @Test("More than the total is refused, names the purpose and leaves the budget as it was")
  func refusal() throws {
    var budget = try ErrorBudget(total: 0.01)
    #expect(try budget.spend(0.0075, on: "samplers") == 0.0075)
    let error = #expect(throws: SequentialTestingError.self) { try budget.spend(0.003, on: "means") }
    guard case .budgetExceeded(let purpose, let requested, let remaining)? = error else {
      Issue.record("expected a refusal")
      return
    }
    #expect(purpose == "means")
    #expect(requested == 0.003)
    #expect((remaining - 0.0025).magnitude < 1e-17)
    #expect(budget.spent == 0.0075)
    #expect(budget.entries.map(\.purpose) == ["samplers"])
    #expect(error?.description.hasPrefix("means asks for a false-alarm probability of 0.003, but ") == true)
    try budget.spend(budget.remaining, on: "means")
    #expect(budget.remaining == 0)
  }

  @Test("Ten thousand overspends of one part in ten thousand do not go unnoticed")
  func smallOverspends() throws {
    var budget = try ErrorBudget(total: 0.5)
    #expect(throws: SequentialTestingError.self) {
      for part in 0..<10_000 { try budget.spend(0.5 / 10_000 * 1.0001, on: "part \(part)") }
    }
    #expect(budget.entries.count == 9999)
  }

  @Test("A split charges the amount once and returns the size of a part")
  func split() throws {
    var budget = try ErrorBudget(total: 0.06)
    #expect(try budget.split(0.03, among: 3, on: "coordinates") == 0.01)
    #expect(budget.entries.count == 1)
    #expect(budget.entries[0].amount == 0.03)
    #expect(throws: SequentialTestingError.self) { try budget.split(0.01, among: 0, on: "nothing") }
    #expect(throws: SequentialTestingError.self) { try budget.split(0.04, among: 2, on: "too much") }
  }

  @Test("Rates that are no probabilities throw")
  func invalid() throws {
    #expect(throws: SequentialTestingError.self) { try ErrorBudget(total: 0) }
    #expect(throws: SequentialTestingError.self) { try ErrorBudget(total: 1) }
    #expect(throws: SequentialTestingError.self) { try ErrorBudget(total: .nan) }
    var budget = try ErrorBudget(total: 0.1)
    #expect(throws: SequentialTestingError.self) { try budget.spend(0, on: "nothing") }
    #expect(throws: SequentialTestingError.self) { try budget.spend(.nan, on: "nothing") }
  }
}
