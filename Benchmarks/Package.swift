// swift-tools-version: 6.1
import PackageDescription

/// A package of its own, so that nobody who uses Armature fetches a benchmark library.
let package = Package(
  name: "ArmatureBenchmarks",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(name: "Armature", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "Draws",
      dependencies: [
        .product(name: "GradientEstimators", package: "Armature"),
        .product(name: "RandomStreams", package: "Armature"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Draws",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ],
  swiftLanguageModes: [.v6])
