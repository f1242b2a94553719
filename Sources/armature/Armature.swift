import ArgumentParser

@main
struct Armature: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "armature",
    abstract: "Holds gradient estimators for discrete random variables to exact expectations.")
}
