// swift-tools-version: 6.3
import PackageDescription

/// Settings of every Swift target; warnings become errors where `ARMATURE_STRICT` is set (CI sets it), so that
/// a newer compiler's new warning never breaks a user's build.
let strict: [SwiftSetting] =
  [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
  ] + (Context.environment["ARMATURE_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

let numerics = Target.Dependency.product(name: "Numerics", package: "swift-numerics")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.target(name: name)] + dependencies, swiftSettings: strict)
}

let package = Package(
  name: "Armature",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "armature", targets: ["armature"]),
    .library(name: "GradientEstimators", targets: ["GradientEstimators"]),
    .library(name: "RandomStreams", targets: ["RandomStreams"]),
    .library(name: "ExactExpectations", targets: ["ExactExpectations"]),
    .library(name: "SequentialTesting", targets: ["SequentialTesting"]),
    .library(name: "Verification", targets: ["Verification"]),
    .library(name: "ArmatureTesting", targets: ["ArmatureTesting"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // System libraries: headers only, each imported by exactly one Swift target. CGSL has no pkgConfig on purpose.
    .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev"]), .brew(["gsl"])]),
    .systemLibrary(name: "CDNNL", providers: [.apt(["libdnnl-dev"]), .brew(["onednn"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .target(name: "CKernels"),
    .target(name: "CInstructionCounter"),

    room("ElementwiseKernels", ["CKernels", numerics]),
    room("ReferenceMath", ["CGSL"]),
    room("RandomStreams", ["ElementwiseKernels"]),
    room("GradientEstimators", ["ElementwiseKernels", "RandomStreams", numerics]),
    room(
      "ExactExpectations", ["GradientEstimators", "ReferenceMath", "RandomStreams", "ElementwiseKernels"]),
    room("SequentialTesting", ["ReferenceMath"]),
    room(
      "Verification",
      [
        "GradientEstimators", "ExactExpectations", "SequentialTesting", "ReferenceMath", "RandomStreams",
        "ElementwiseKernels", numerics,
      ]),
    room("ArmatureTesting", ["Verification", "GradientEstimators", "ExactExpectations"]),
    room("Datasets", ["CZlib", "CCrypto"]),
    room("NeuralNetworks", ["CDNNL", "ElementwiseKernels", "RandomStreams", "ReferenceMath", numerics]),
    room(
      "LatentVariableModels",
      ["NeuralNetworks", "GradientEstimators", "RandomStreams", "ElementwiseKernels", numerics]),
    room(
      "Training",
      ["LatentVariableModels", "NeuralNetworks", "GradientEstimators", "Datasets", "RandomStreams", yams]),
    room(
      "Reporting",
      [
        "Verification", "Training", "ExactExpectations", "ReferenceMath", "Datasets", "SequentialTesting",
        "GradientEstimators", "RandomStreams", "ElementwiseKernels", "NeuralNetworks", "LatentVariableModels",
        "CInstructionCounter",
        yams,
      ]),
    .executableTarget(
      name: "armature",
      dependencies: [
        "GradientEstimators", "ExactExpectations", "SequentialTesting", "Verification", "Datasets",
        "Training",
        "Reporting", argumentParser,
      ],
      swiftSettings: strict),

    tests(of: "ElementwiseKernels", ["CKernels"]),
    tests(of: "ReferenceMath"),
    tests(of: "RandomStreams", ["CKernels", "ElementwiseKernels"]),
    tests(of: "GradientEstimators", ["RandomStreams", "ReferenceMath"]),
    tests(of: "ExactExpectations", ["GradientEstimators"]),
    tests(of: "SequentialTesting", ["ReferenceMath"]),
    tests(
      of: "Verification",
      [
        "GradientEstimators", "ExactExpectations", "SequentialTesting", "ArmatureTesting", "RandomStreams",
        "ElementwiseKernels",
      ]),
    .target(name: "HTTPTestServer", path: "Tests/HTTPTestServer", swiftSettings: strict),
    tests(of: "Datasets", ["HTTPTestServer"]),
    tests(of: "NeuralNetworks", ["RandomStreams", "ElementwiseKernels"]),
    tests(of: "LatentVariableModels", ["NeuralNetworks", "GradientEstimators", "RandomStreams"]),
    tests(
      of: "Training",
      [
        "Datasets", "LatentVariableModels", "GradientEstimators", "RandomStreams", "NeuralNetworks",
        "ElementwiseKernels",
      ]),
    tests(
      of: "Reporting",
      [
        "Verification", "Training", "Datasets", "ExactExpectations", "GradientEstimators",
        "ElementwiseKernels", numerics,
      ]),
    .testTarget(
      name: "CommandLineTests", dependencies: ["armature", "HTTPTestServer"], swiftSettings: strict),
    .testTarget(name: "LauncherTests", swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)
