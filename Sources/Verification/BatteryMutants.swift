internal import GradientEstimators

extension Battery {
  /// Runs the battery on every mutant; each claims to be the estimator that it was made from.
  ///
  /// The random checks run under the first of the settings' generators only.
  ///
  /// - Parameters:
  ///   - mutants: all of them, or some.
  ///   - progress: called from the calling task after each finished mutant and problem.
  /// - Returns: for each mutant, what caught it.
  /// - Throws: `VerificationError` for settings out of range or an empty list.
  public func runMutants(
    _ mutants: [Mutant] = Mutant.all, progress: @Sendable (Progress) -> Void = { _ in }
  ) async throws(VerificationError) -> MutationResult {
    var settings = settings
    settings.generators = Array(settings.generators.prefix(1))
    let candidates = mutants.map {
      Candidate(name: $0.name, estimator: $0.estimator, claim: try? EstimatorCatalogue.make($0.base))
    }
    let result = try await Battery(problems: problems, settings: settings)
      .run(candidates: candidates, progress: progress)
    let verdicts = Dictionary(grouping: result.verdicts, by: \.estimator)
    return MutationResult(
      settings: settings,
      mutants: mutants.map { MutationResult.Report($0, verdicts: verdicts[$0.name] ?? []) })
  }
}

extension MutationResult.Report {
  fileprivate init(_ mutant: Mutant, verdicts: [Verdict]) {
    let failures = verdicts.filter(\.failed)
    let quickest = failures.filter { $0.evidence?.rejectedAt != nil }
      .min { ($0.evidence?.rejectedAt ?? 0) < ($1.evidence?.rejectedAt ?? 0) }
    self.init(
      name: mutant.name, base: mutant.base, fault: mutant.fault, releasedCode: mutant.releasedCode,
      isCaught: !failures.isEmpty,
      caughtBy: CheckKind.allCases.filter { kind in failures.contains { $0.check == kind } },
      relativeBias: mutant.hasIndependentRows ? verdicts.compactMap(\.relativeBias).max() : nil,
      draws: quickest?.evidence?.rejectedAt,
      drawsCheck: quickest?.check, drawsProblem: quickest?.problem)
  }
}
