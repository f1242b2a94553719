package import ElementwiseKernels

/// How a network sees bits: input i is scale (bit_i - centre_i).
///
/// 2z - 1, for example, is scale 2 and every centre 1/2.
package struct BinaryEncoding<Scalar: KernelScalar>: Sendable {
  package var scale: Scalar
  /// A number for each input, or none for zeros.
  package var centres: [Scalar]

  package init(scale: Scalar = 1, centres: [Scalar] = []) {
    self.scale = scale
    self.centres = centres
  }

  /// scale (number_i - centre_i) for numbers that may lie between 0 and 1, [rows x inputs].
  ///
  /// - Precondition: both lengths are equal, a multiple of the inputs where there are centres.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func encode(_ numbers: Span<Scalar>, into inputs: inout MutableSpan<Scalar>) {
    precondition(numbers.count == inputs.count)
    let centres = centres
    guard !centres.isEmpty else {
      for place in 0..<numbers.count { inputs[place] = scale * numbers[place] }
      return
    }
    precondition(numbers.count.isMultiple(of: centres.count))
    for start in stride(from: 0, to: numbers.count, by: centres.count) {
      for input in 0..<centres.count {
        inputs[start + input] = scale * (numbers[start + input] - centres[input])
      }
    }
  }
}

/// The bits that a network is given, in the form in which products with them are sums of rows.
package struct BinaryInput<Scalar: KernelScalar>: Sendable {
  /// How many of the bits are ones; this chooses the form, and the form the order of summation.
  package enum Ones: Sendable {
    /// Few, as in images of digits: lists of the ones.
    case few
    /// About half, as in samples of latent variables: tables of the sums of four rows.
    case half
  }

  package let columns: Int
  /// Most rows of a forward pass.
  package let capacity: Int
  /// Rows of a backward pass, the first ones.
  package let gradientRows: Int
  /// The bits as bytes 0 and 1, [rows x columns].
  package private(set) var bytes: [UInt8]
  private var lists: BitLists?
  private var transposedLists: BitLists?
  private var codes: BitCodes?
  private var transposedCodes: BitCodes?

  package init(capacity: Int, gradientRows: Int, columns: Int, ones: Ones) {
    precondition(gradientRows <= capacity)
    self.columns = columns
    self.capacity = capacity
    self.gradientRows = gradientRows
    bytes = Array(repeating: 0, count: capacity * columns)
    switch ones {
    case .few:
      lists = BitLists(capacity: capacity, columns: columns)
      if gradientRows > 0 { transposedLists = BitLists(capacity: columns, columns: gradientRows) }
    case .half:
      codes = BitCodes(capacity: capacity, columns: columns)
      if gradientRows > 0 { transposedCodes = BitCodes(capacity: columns, columns: gradientRows) }
    }
  }

  /// Lets `fill` write the bytes of the first `rows` rows, and takes them as the bits.
  ///
  /// - Precondition: the bytes written are 0 and 1; at least `gradientRows` rows, at most `capacity`.
  package mutating func load(rows: Int, _ fill: (inout MutableSpan<UInt8>) -> Void) {
    precondition(rows >= gradientRows && rows <= capacity)
    var storage = exchange(&bytes, with: [])
    Self.fill(&storage, count: rows * columns, fill)
    take(storage.span.extracting(first: rows * columns))
    bytes = exchange(&storage, with: [])
  }

  private mutating func take(_ bits: Span<UInt8>) {
    lists?.load(bits)
    codes?.load(bits)
    transposedCodes?.load(transposing: bits.extracting(first: gradientRows * columns))
    if let lists { transposedLists?.load(transposing: lists) }
  }

  private static func fill(
    _ storage: inout [UInt8], count: Int, _ fill: (inout MutableSpan<UInt8>) -> Void
  ) {
    var all = storage.mutableSpan
    var target = all._mutatingExtracting(first: count)
    fill(&target)
  }

  /// The outputs [rows x outputs] of a layer that sees these bits, its activation function included, or what a part of them adds
  /// to a base.
  func forward(
    part: InputPart, weight: Span<Scalar>, base: Span<Scalar>, scale: Scalar, slope: Scalar,
    into outputs: inout MutableSpan<Scalar>
  ) {
    if let lists {
      Scalar.binaryForward(
        lists, part: part, weight: weight, base: base, scale: scale, slope: slope, into: &outputs)
    } else if let codes {
      Scalar.binaryForward(
        codes, part: part, weight: weight, base: base, scale: scale, slope: slope, into: &outputs)
    }
  }

  /// The gradient with respect to the weights of these inputs, [inputs x outputs], put into or added to `gradient`.
  func weightGradient(
    inputs: Range<Int>, outputGradient: Span<Scalar>, columnSums: Span<Scalar>,
    encoding: borrowing BinaryEncoding<Scalar>, adding: Bool, into gradient: inout MutableSpan<Scalar>
  ) {
    let centres = encoding.centres
    if let transposedLists {
      Scalar.binaryWeightGradient(
        transposedLists, inputs: inputs, outputGradient: outputGradient, columnSums: columnSums,
        scale: encoding.scale, centres: centres.span, adding: adding, into: &gradient)
    } else if let transposedCodes {
      Scalar.binaryWeightGradient(
        transposedCodes, inputs: inputs, outputGradient: outputGradient, columnSums: columnSums,
        scale: encoding.scale, centres: centres.span, adding: adding, into: &gradient)
    }
  }
}

/// What a network is given.
package enum NetworkInput<Scalar: KernelScalar>: Sendable {
  /// Any numbers, [rows x inputs].
  case numbers([Scalar])
  /// Bits, seen by the network's encoding.
  case bits(BinaryInput<Scalar>)
}
