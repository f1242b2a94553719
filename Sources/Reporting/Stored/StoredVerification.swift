package import Verification

/// A verification as `verify --json` stores it: the result, and where it was computed.
package struct StoredVerification: Codable, Sendable {
  package static let schema = "armature.verification/1"

  package let result: VerificationResult
  /// Absent in files of older versions.
  package let provenance: StoredProvenance?

  package init(_ result: VerificationResult, context: ReportContext) {
    self.result = result
    provenance = StoredProvenance(context: context)
  }

  private enum CodingKeys: String, CodingKey { case schema, provenance }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let found = try container.decodeIfPresent(String.self, forKey: .schema), found != Self.schema {
      throw DecodingError.dataCorruptedError(
        forKey: .schema, in: container, debugDescription: "schema \(Self.schema), not \(found)")
    }
    provenance = try container.decodeIfPresent(StoredProvenance.self, forKey: .provenance)
    result = try VerificationResult(from: decoder)
  }

  package func encode(to encoder: any Encoder) throws {
    try result.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encodeIfPresent(provenance, forKey: .provenance)
  }
}
