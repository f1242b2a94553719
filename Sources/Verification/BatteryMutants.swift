internal import GradientEstimators

extension Battery {
  /// Runs the battery on every mutant; each claims to be the estimator that it was made from.
  ///
  /// The random checks run under the first of the settings' generators only. Mutants of estimators of networks are left
  /// out of a battery without networks, the others of one without other problems.
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
    let mutants = mutants.filter { $0.estimator != nil ? !problems.isEmpty : !networks.isEmpty }
    let candidates = mutants.compactMap { mutant in
      mutant.estimator.map {
        Candidate(name: mutant.name, estimator: $0, claim: try? EstimatorCatalogue.make(mutant.base))
      }
    }
    let networkCandidates = mutants.compactMap { mutant in
      mutant.layered.map {
        NetworkCandidate(
          name: mutant.name, estimator: $0, claim: try? EstimatorCatalogue.makeLayered(mutant.base))
      }
    }
    let result = try await Battery(problems: problems, networks: networks, settings: settings)
      .run(candidates: candidates, networkCandidates: networkCandidates, progress: progress)
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
