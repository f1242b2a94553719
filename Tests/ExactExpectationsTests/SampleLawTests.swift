import ElementwiseKernels
import GradientEstimators
import Testing

@testable import ExactExpectations

@Suite("Sample laws")
struct SampleLawTests {
  @Test("Independent samples: the joint law is the product of the bits' probabilities")
  func independent() throws {
    let problem = try Fixtures.problems()[4]
    let law = try #require(try sampleLaws(of: LOORF(samples: 2), on: problem, variableSets: [[0, 1]]).first)
    let p = problem.logits.map { Double.sigmoid($0) }
    for (cell, probability) in law.probabilities.enumerated() {
      let bits = (0..<4).map { cell >> $0 & 1 }
      let expected = (0..<4).reduce(1.0) { $0 * (bits[$1] == 1 ? p[$1 / 2] : 1 - p[$1 / 2]) }
      #expect((probability - expected).magnitude < 1e-15)
    }
  }

  @Test("The antithetic pair: below 1/2 never two ones, above never two zeros")
  func pair() throws {
    let problem = try Fixtures.problems()[4]
    let laws = try sampleLaws(of: ARM(), on: problem, variableSets: [[0], [1]])
    let p = problem.logits.map { Double.sigmoid($0) }
    #expect(laws[0].probabilities[3] == 0 && laws[1].probabilities[0] == 0)
    #expect((laws[0].probabilities[1] - p[0]).magnitude < 1e-15)
    #expect((laws[1].probabilities[2] - (1 - p[1])).magnitude < 1e-15)
  }

  @Test(
    "The representative evaluations of every estimator have the bits' own law, and no others do",
    arguments: EstimatorCatalogue.standardInstances(supporting: .binary(1)).map(\.name))
  func representative(name: String) throws {
    let estimator = try EstimatorCatalogue.make(name)
    let problem = try Fixtures.problems()[4]
    let count = estimator.representativeEvaluations(variables: problem.latentVariables)
    for law in try sampleLaws(of: estimator, on: problem, variableSets: [[0], [1]]) {
      let p = Double.sigmoid(problem.logits[law.variables[0]])
      let marginals = (0..<law.evaluations).map { evaluation in
        law.probabilities.indices.reduce(0) { $0 + ($1 >> evaluation & 1 == 1 ? law.probabilities[$1] : 0) }
      }
      #expect(marginals.prefix(count).allSatisfy { ($0 - p).magnitude < 1e-12 })
      // A flip of the other bit leaves this one alone: local expectation gradients flip bit d in evaluation d + 1.
      let own = name == "leg" ? [law.variables[0] + 1] : Array(count..<law.evaluations)
      #expect(own.allSatisfy { (marginals[$0] - p).magnitude > 0.1 })
    }
  }

  @Test("Two samples of the Gaussian copula are the antithetic pair")
  func gaussianPair() throws {
    for problem in try Fixtures.problems() where problem.variables <= 2 {
      let sets = [Array(0..<problem.variables)]
      let pair = try sampleLaws(of: DisARM(), on: problem, variableSets: sets)[0]
      let copula = try sampleLaws(of: ARMSNormal(samples: 2), on: problem, variableSets: sets)[0]
      #expect(zip(pair.probabilities, copula.probabilities).allSatisfy { ($0 - $1).magnitude < 1e-14 })
    }
  }

  @Test("A row's cell is found in a batch")
  func cell() throws {
    let law = try #require(
      try sampleLaws(of: ARM(), on: Fixtures.problems()[4], variableSets: [[1]]).first)
    // Two evaluations of three rows of two variables; row 2 has z1 = 0 and z2 = 1 in variable 1.
    let samples: [Float] = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    let shape = LatentShape(rows: 3, variables: 2)
    #expect(law.cell(ofRow: 2, samples: samples.span, shape: shape) == 2)
    #expect(law.cell(ofRow: 0, samples: samples.span, shape: shape) == 0)
  }
}
