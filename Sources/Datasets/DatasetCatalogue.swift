/// What a data set is, which files it has, where they come from and how they are split.
public struct DatasetDescription: Sendable {
  public let name: DatasetName
  public let title: String
  /// Authors, title, year.
  public let source: String
  /// As far as it is stated anywhere.
  public let licence: String
  /// How the files become training, validation and test images.
  public let partition: String
  /// Images of each split, in the order of `DataSplit.allCases`.
  public let sizes: [Int]
  /// What to know before using it; empty where there is nothing.
  public let note: String
  /// The files of the images.
  public let files: [DataFile]
  /// The files of the labels, where they are apart; they are read only where labels are asked for.
  public let labelFiles: [DataFile]
}

/// The table of data sets, with mirrors and checksums of their files.
///
/// Checksums are those of files whose bytes were compared with a published checksum: MNIST's gzip files with the MD5 sums of
/// datasets-mila, MNIST-static's content with the checksum file of tensorflow/datasets, Fashion-MNIST's with the MD5 sums in
/// its README; those of sets made for Armature are of these files themselves. The MD5 of `chardata.mat` is published with
/// loaders of that file; no SHA-256 of it is.
public enum DatasetCatalogue {
  public static let all: [DatasetDescription] = DatasetName.allCases.map(describe)

  public static func describe(_ name: DatasetName) -> DatasetDescription {
    switch name {
    case .mnistStatic: mnistStatic
    case .mnist:
      mnist(
        .mnist, partition: "the first 50,000 training images, the last 10,000, the test file",
        sizes: [50_000, 10_000, 10_000])
    case .mnistTutorial:
      mnist(
        .mnistTutorial,
        partition: "the last 55,000 training images, the first 5,000, the test file (TensorFlow's tutorial)",
        sizes: [55_000, 5_000, 10_000])
    case .fashionMNIST: fashionMNIST
    case .omniglot: omniglot
    case .omniglotArea: omniglotArea
    case .cifar10: cifar10
    case .cifar10Subset: cifar10Subset
    case .digits: digits
    }
  }

  /// The known file of this name, or of the name without `.gz`.
  static func file(named name: String) -> DataFile? {
    all.lazy.flatMap { $0.files + $0.labelFiles }.first { $0.names.contains(name) }
  }

  private static let mnistStatic = DatasetDescription(
    name: .mnistStatic, title: "MNIST in a fixed binarisation, 28 x 28 bits",
    source:
      "Salakhutdinov, Murray, \"On the Quantitative Analysis of Deep Belief Networks\", 2008; text of Larochelle",
    licence: "none stated; derived from MNIST",
    partition: "one file each", sizes: [50_000, 10_000, 10_000],
    note: "The lines of the test file are sorted by class: its first N images are no sample of it.",
    files: [
      staticFile(
        "train", bytes: 2_196_952, sha256: "af247bd6075cf9adc4715459dcd5f13eaa99a2c92d8d81379a05da94770b6c0e",
        content: "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d"),
      staticFile(
        "valid", bytes: 439_620, sha256: "533b71bc0198f4d73c54ae5fe6c96fc08dc3cf1b3fae24c5521dbc0452507e38",
        content: "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2"),
      staticFile(
        "test", bytes: 416_802, sha256: "32a3c54d03504632bf9f131b4a148c7567aa6fc87da017049b044bdc14c2a0f2",
        content: "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c"),
    ], labelFiles: [])

  /// The published file is the uncompressed text; the gzip file is ours.
  private static func staticFile(_ part: String, bytes: Int, sha256: String, content: String) -> DataFile {
    DataFile(
      "binarized_mnist_\(part).amat.gz", bytes: bytes, sha256: sha256, contentSHA256: content,
      mirrors: [
        "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/binarized_mnist_\(part).amat"
      ])
  }

  private static func mnist(_ name: DatasetName, partition: String, sizes: [Int]) -> DatasetDescription {
    DatasetDescription(
      name: name, title: "MNIST, 28 x 28 grey",
      source: "LeCun, Cortes, Burges, \"The MNIST database of handwritten digits\", 1998",
      licence: "CC BY-SA 3.0, as the documentation of Keras states it", partition: partition, sizes: sizes,
      note: "",
      files: [
        mnistFile(
          "train-images-idx3-ubyte.gz", bytes: 9_912_422,
          sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
          content: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        mnistFile(
          "t10k-images-idx3-ubyte.gz", bytes: 1_648_877,
          sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
          content: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
      ],
      labelFiles: [
        mnistFile(
          "train-labels-idx1-ubyte.gz", bytes: 28_881,
          sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
          content: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        mnistFile(
          "t10k-labels-idx1-ubyte.gz", bytes: 4_542,
          sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
          content: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
      ])
  }

  private static func mnistFile(_ name: String, bytes: Int, sha256: String, content: String) -> DataFile {
    DataFile(
      name, bytes: bytes, sha256: sha256, contentSHA256: content,
      mirrors: [
        "https://ossci-datasets.s3.amazonaws.com/mnist/" + name,
        "https://storage.googleapis.com/cvdf-datasets/mnist/" + name,
      ])
  }

  private static let fashionMNIST = DatasetDescription(
    name: .fashionMNIST, title: "Fashion-MNIST, 28 x 28 grey",
    source:
      "Xiao, Rasul, Vollgraf, \"Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms\", 2017",
    licence: "MIT (Zalando SE, 2017)",
    partition: "the first 50,000 training images, the last 10,000, the test file",
    sizes: [50_000, 10_000, 10_000],
    note: "The official file names with fashion- before them, so that they can lie beside MNIST's.",
    files: [
      fashionFile(
        "train-images-idx3-ubyte.gz", bytes: 26_421_880,
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        content: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
      fashionFile(
        "t10k-images-idx3-ubyte.gz", bytes: 4_422_102,
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        content: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
    ],
    labelFiles: [
      fashionFile(
        "train-labels-idx1-ubyte.gz", bytes: 29_515,
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        content: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
      fashionFile(
        "t10k-labels-idx1-ubyte.gz", bytes: 5_148,
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        content: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    ])

  private static func fashionFile(_ name: String, bytes: Int, sha256: String, content: String) -> DataFile {
    DataFile(
      "fashion-" + name, bytes: bytes, sha256: sha256, contentSHA256: content,
      mirrors: [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/" + name,
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/" + name,
      ])
  }

  private static let omniglot = DatasetDescription(
    name: .omniglot, title: "OMNIGLOT, 28 x 28 grey, as in the IWAE paper",
    source:
      "Lake, Salakhutdinov, Tenenbaum, \"Human-level concept learning through probabilistic program induction\", 2015; "
      + "reduction of Burda, Grosse, Salakhutdinov, \"Importance Weighted Autoencoders\", ICLR 2016",
    licence: "MIT (Brenden Lake, 2015) for the drawings; none stated for the reduction",
    partition: "variable data without its last 1,345 columns, these, variable testdata",
    sizes: [23_000, 1_345, 8_070], note: "",
    files: [
      DataFile(
        "chardata.mat", md5: "21ecaf34373511aa7691cf2e0802aa3d",
        mirrors: [
          "https://github.com/yburda/iwae/raw/master/datasets/OMNIGLOT/chardata.mat",
          "https://raw.githubusercontent.com/yburda/iwae/master/datasets/OMNIGLOT/chardata.mat",
        ])
    ], labelFiles: [])

  private static let omniglotArea = DatasetDescription(
    name: .omniglotArea, title: "OMNIGLOT, 28 x 28 grey, another reduction",
    source:
      "Lake, Salakhutdinov, Tenenbaum, \"Human-level concept learning through probabilistic program induction\", 2015; "
      + "the 105 x 105 drawings reduced by exact area averages",
    licence: "MIT (Brenden Lake, 2015)",
    partition:
      "drawers 1-15 of each character without 1,345 images spread evenly over them, these, drawers 16-20",
    sizes: [23_000, 1_345, 8_115],
    note:
      "Not the file of the IWAE paper: likelihoods published for OMNIGLOT are not comparable. Images are sorted by character.",
    files: [
      DataFile(
        "omniglot28area-train-images-idx3-ubyte.gz", bytes: 3_060_737,
        sha256: "d7bd5e0e848a71879330d5fc629da21b35b7b3cf3e57f0a678391e32ca805ea5",
        contentSHA256: "50e3c3ef843b518dd2a0e2cddfa552e0a21e6d89c95ae900e43d3309b45a2a36"),
      DataFile(
        "omniglot28area-test-images-idx3-ubyte.gz", bytes: 1_030_107,
        sha256: "a0843d7a37de2439751434109351d01cbeec20eed291fc9e650ff683afe7a6a3",
        contentSHA256: "1264551144d03114b03c2ea31f5a29fd05c6a78f4fa88eb24063444d40bf74b1"),
    ],
    labelFiles: [
      DataFile(
        "omniglot28area-train-labels-idx1-short.gz", bytes: 2_715,
        sha256: "eca9b0f5a4b218aaf4f3ebd967826c74708b83642b034083748966d2b9de2aba",
        contentSHA256: "a897f1a8764a5c294b7166f8097b69ecc86d485321e071927094753ce940b0f3"),
      DataFile(
        "omniglot28area-test-labels-idx1-short.gz", bytes: 2_348,
        sha256: "788d3ecdbce2eaef93f861e7d6484cf07ecc1bf6f9ecfd85884909c8f0b05f67",
        contentSHA256: "0453ee57fc7bc4daf60bb4c4baa05a34dce5690542d1c9beb944c22b120dd07f"),
    ])

  private static let cifarSource =
    "Krizhevsky, \"Learning Multiple Layers of Features from Tiny Images\", 2009"

  private static let cifar10 = DatasetDescription(
    name: .cifar10, title: "CIFAR-10, 32 x 32 in three colours", source: cifarSource, licence: "none stated",
    partition: "the first 45,000 training images, the last 5,000, the test file",
    sizes: [45_000, 5_000, 10_000],
    note:
      "Unpack cifar-10-binary.tar.gz from the page of the data set and name its folder; no checksum of these files is known.",
    files: (1...5).map { DataFile("data_batch_\($0).bin", bytes: 30_730_000) }
      + [DataFile("test_batch.bin", bytes: 30_730_000)],
    labelFiles: [])

  private static let cifar10Subset = DatasetDescription(
    name: .cifar10Subset, title: "CIFAR-10, its first images", source: cifarSource, licence: "none stated",
    partition: "the first 1,800 training images, the next 200, the first 500 of the test file",
    sizes: [1_800, 200, 500],
    note: "A part of CIFAR-10: results on it are no results on CIFAR-10.",
    files: [
      DataFile(
        "cifar10-subset-train2000.bin.gz", bytes: 5_677_798,
        sha256: "ebc7a765a751c56ab43bf10056a8b34572ad0891c2596c4756808701b1e2bbc1",
        contentSHA256: "eae30ce617c27eb358b2409617ac9c388f67c480af37b07393173a79541bb8f4"),
      DataFile(
        "cifar10-subset-test500.bin.gz", bytes: 1_410_956,
        sha256: "b16d2bca06e5f3b84dcf27b2c740c97d6823d20f37ac75aaf05c7c38dee7d0be",
        contentSHA256: "ba456e78b292ef2a6e366d304e587255370906951905b2e06af8e9f54f412f62"),
    ], labelFiles: [])

  private static let digits = DatasetDescription(
    name: .digits, title: "UCI optical digits, 8 x 8 grey",
    source:
      "Alpaydin, Kaynak, \"Optical Recognition of Handwritten Digits\", UCI Machine Learning Repository, 1998",
    licence: "CC BY 4.0",
    partition: "row i is test where i mod 7 = 6, validation where i mod 7 = 3, else training",
    sizes: [1_284, 257, 256], note: "Comes with Armature.",
    files: [
      DataFile(
        "digits.csv.gz", bytes: 57_523,
        sha256: "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
        contentSHA256: "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8")
    ], labelFiles: [])
}
