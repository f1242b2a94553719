/// Checksums of the data files that Armature knows.
///
/// Source: `MANIFEST.json` of the folder that the files were taken from; it says for each file how its bytes were
/// verified against a published checksum.
enum KnownChecksums {
  struct Entry {
    /// SHA-256 of the gzip file, as distributed.
    let sha256: String
    /// SHA-256 of its content. Only this one is binding: compressing anew changes the container, not the data.
    let contentSHA256: String
    let source: String
  }

  static let table: [String: Entry] = [
    "binarized_mnist_train.amat.gz": Entry(
      sha256: "af247bd6075cf9adc4715459dcd5f13eaa99a2c92d8d81379a05da94770b6c0e",
      contentSHA256: "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d",
      source: mnistStatic),
    "binarized_mnist_valid.amat.gz": Entry(
      sha256: "533b71bc0198f4d73c54ae5fe6c96fc08dc3cf1b3fae24c5521dbc0452507e38",
      contentSHA256: "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2",
      source: mnistStatic),
    "binarized_mnist_test.amat.gz": Entry(
      sha256: "32a3c54d03504632bf9f131b4a148c7567aa6fc87da017049b044bdc14c2a0f2",
      contentSHA256: "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",
      source: mnistStatic),
    "train-images-idx3-ubyte.gz": Entry(
      sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      contentSHA256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      source: mnist),
    "t10k-images-idx3-ubyte.gz": Entry(
      sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      contentSHA256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      source: mnist),
    "fashion-train-images-idx3-ubyte.gz": Entry(
      sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      contentSHA256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
      source: fashionMNIST),
    "fashion-t10k-images-idx3-ubyte.gz": Entry(
      sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      contentSHA256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
      source: fashionMNIST),
    "digits.csv.gz": Entry(
      sha256: "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
      contentSHA256: "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8",
      source: digits),
  ]

  private static let mnistStatic =
    "MNIST-static: text of Larochelle, binarisation of Salakhutdinov and Murray (2008)"
  private static let fashionMNIST = "Fashion-MNIST: Xiao, Rasul, Vollgraf (2017), MIT licence"
  private static let digits =
    "UCI Optical Recognition of Handwritten Digits: Alpaydin and Kaynak (1998), CC BY 4.0"
  private static let mnist = "MNIST: LeCun, Cortes, Burges (1998)"
}
