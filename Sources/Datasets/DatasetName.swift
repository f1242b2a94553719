/// A data set that Armature can load, by the name that protocols use.
public enum DatasetName: String, CaseIterable, Hashable, Sendable, Codable {
  /// MNIST in the fixed binarisation of Salakhutdinov and Murray (2008) as distributed by Larochelle: bits.
  case mnistStatic = "mnist-static"
  /// MNIST (LeCun, Cortes, Burges, 1998): intensities 0...255.
  case mnist
  /// Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017): intensities 0...255.
  case fashionMNIST = "fashion-mnist"
  /// UCI optical digits (Alpaydin, Kaynak, 1998): 8 x 8 intensities 0...16, shipped with Armature.
  case digits
}
