/// A data set that Armature can load, by the name that protocols use.
public enum DatasetName: String, CaseIterable, Hashable, Sendable, Codable {
  /// MNIST in the fixed binarisation of Salakhutdinov and Murray (2008) as distributed by Larochelle: bits.
  case mnistStatic = "mnist-static"
  /// MNIST (LeCun, Cortes, Burges, 1998): intensities 0...255.
  case mnist
  /// The same images in the partition of TensorFlow's tutorial.
  case mnistTutorial = "mnist-tutorial"
  /// Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017): intensities 0...255.
  case fashionMNIST = "fashion-mnist"
  /// OMNIGLOT (Lake, Salakhutdinov, Tenenbaum, 2015) in the 28 x 28 reduction of Burda, Grosse and Salakhutdinov (2016).
  case omniglot
  /// OMNIGLOT in another reduction, by area: likelihoods are not comparable with those of `omniglot`.
  case omniglotArea = "omniglot-area"
  /// CIFAR-10 (Krizhevsky, 2009): colour intensities 0...255.
  case cifar10 = "cifar-10"
  /// The first 2,000 training and 500 test images of CIFAR-10.
  case cifar10Subset = "cifar-10-subset"
  /// UCI optical digits (Alpaydin, Kaynak, 1998): 8 x 8 intensities 0...16, shipped with Armature.
  case digits
}
