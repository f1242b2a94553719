internal import RealModule

/// Every sequence of different joint states that drawing without replacement can give, with its probability.
enum OrderedDraws {
  static let largestCellCount = 1 << 14

  /// One cell for each sequence, with noise in the middle of its interval for each number; nil where there are too many.
  static func cells(
    states: Int, logits: [Double], variables: LatentVariables
  ) -> [NoiseBlock.Cell]? {
    let joint = JointStates.count(of: variables, atMost: largestCellCount + 1)
    let sequences = (0..<states).reduce(1) { min($0 * max(joint - $1, 0), largestCellCount + 1) }
    guard sequences <= largestCellCount else { return nil }
    var law = JointStates(variables: variables, capacity: states)
    law.load(logits: logits.span)
    var cells: [NoiseBlock.Cell] = []
    extend(&law, to: states, joint: joint, probability: 1, noise: [], into: &cells)
    return cells
  }

  private static func extend(
    _ law: inout JointStates, to states: Int, joint: Int, probability: Double, noise: [Double],
    into cells: inout [NoiseBlock.Cell]
  ) {
    guard law.count < states else {
      cells.append(NoiseBlock.Cell(probability: probability, noise: noise))
      return
    }
    for index in 0..<joint where !contains(law, index: index) {
      let added = append(index, to: &law)
      if added.probability > 0 {
        extend(
          &law, to: states, joint: joint, probability: probability * added.probability,
          noise: noise + added.noise, into: &cells)
      }
      law.removeLast()
    }
  }

  private static func contains(_ law: JointStates, index: Int) -> Bool {
    (0..<law.count).contains { state in
      (0..<law.variables.count).allSatisfy {
        law.value(state, $0) == value(of: index, $0, law.variables)
      }
    }
  }

  private static func value(of index: Int, _ variable: Int, _ variables: LatentVariables) -> Int {
    (0..<variable).reduce(index) { index, _ in index / variables.categories } % variables.categories
  }

  /// Appends a joint state; its conditional probability, and noise that draws it.
  private static func append(
    _ index: Int, to law: inout JointStates
  ) -> (probability: Double, noise: [Double]) {
    let state = law.count
    var excluded = (1 << state) - 1
    law.append()
    for variable in 0..<law.variables.count {
      law.set(state, variable, value(of: index, variable, law.variables))
    }
    var probability = 1.0
    var noise: [Double] = []
    for variable in 0..<law.variables.count {
      let part = law.conditional(variable, law.value(state, variable), excluded: excluded)
      probability *= part.probability
      noise.append(min(part.below + part.probability / 2, 1 - 0x1p-53))
      excluded = law.agreeing(excluded, withState: state, at: variable) & ((1 << state) - 1)
    }
    return (probability, noise)
  }
}
