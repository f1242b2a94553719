internal import CKernels

extension KernelScalar {
  public static func binaryForward(
    _ bits: borrowing BitLists, part: InputPart, weight: Span<Self>, base: Span<Self>, scale: Self,
    slope: Self, into outputs: inout MutableSpan<Self>
  ) {
    let layer = BinaryLayerShape(inputs: bits.columns, outputs: base.count)
    layer.requireForward(rows: bits.rows, weight.count, outputs.count)
    for row in 0..<bits.rows {
      for column in 0..<layer.outputs {
        var sum: Self = 0
        for k in bits.places(row: row, part: part) {
          sum += weight[Int(bits.ones[k]) * layer.outputs + column]
        }
        let output = base[column] + scale * sum
        outputs[row * layer.outputs + column] = output > 0 ? output : slope * output
      }
    }
  }

  public static func binaryForward(
    _ bits: borrowing BitCodes, part: InputPart, weight: Span<Self>, base: Span<Self>, scale: Self,
    slope: Self, into outputs: inout MutableSpan<Self>
  ) {
    let layer = BinaryLayerShape(inputs: bits.columns, outputs: base.count)
    layer.requireForward(rows: bits.rows, weight.count, outputs.count)
    for row in 0..<bits.rows {
      for column in 0..<layer.outputs {
        var sum: Self = 0
        for input in part.range(of: layer.inputs) where bits.bit(row: row, column: input) {
          sum += weight[input * layer.outputs + column]
        }
        let output = base[column] + scale * sum
        outputs[row * layer.outputs + column] = output > 0 ? output : slope * output
      }
    }
  }

  public static func binaryWeightGradient(
    _ bits: borrowing BitLists, inputs: Range<Int>, outputGradient: Span<Self>, columnSums: Span<Self>,
    scale: Self, centres: Span<Self>, adding: Bool, into gradient: inout MutableSpan<Self>
  ) {
    let layer = BinaryLayerShape(inputs: bits.rows, outputs: columnSums.count)
    layer.requireGradient(inputs, rows: bits.columns, outputGradient.count, centres.count, gradient.count)
    for input in inputs {
      for column in 0..<layer.outputs {
        var sum: Self = 0
        for k in Int(bits.starts[input])..<Int(bits.starts[input + 1]) {
          sum += outputGradient[Int(bits.ones[k]) * layer.outputs + column]
        }
        let place = (input - inputs.lowerBound) * layer.outputs + column
        let centre = centres.isEmpty ? 0 : centres[input]
        gradient[place] = (adding ? gradient[place] : 0) + scale * (sum - centre * columnSums[column])
      }
    }
  }

  public static func binaryWeightGradient(
    _ bits: borrowing BitCodes, inputs: Range<Int>, outputGradient: Span<Self>, columnSums: Span<Self>,
    scale: Self, centres: Span<Self>, adding: Bool, into gradient: inout MutableSpan<Self>
  ) {
    let layer = BinaryLayerShape(inputs: bits.rows, outputs: columnSums.count)
    layer.requireGradient(inputs, rows: bits.columns, outputGradient.count, centres.count, gradient.count)
    for input in inputs {
      for column in 0..<layer.outputs {
        var sum: Self = 0
        for row in 0..<bits.columns where bits.bit(row: input, column: row) {
          sum += outputGradient[row * layer.outputs + column]
        }
        let place = (input - inputs.lowerBound) * layer.outputs + column
        let centre = centres.isEmpty ? 0 : centres[input]
        gradient[place] = (adding ? gradient[place] : 0) + scale * (sum - centre * columnSums[column])
      }
    }
  }
}

extension Float {
  public static func binaryForward(
    _ bits: borrowing BitLists, part: InputPart, weight: Span<Float>, base: Span<Float>, scale: Float,
    slope: Float, into outputs: inout MutableSpan<Float>
  ) {
    let layer = BinaryLayerShape(inputs: bits.columns, outputs: base.count)
    layer.requireForward(rows: bits.rows, weight.count, outputs.count)
    unsafe bits.withCLists(of: part) { bits in
      unsafe withPointers(weight, base, Span(), &outputs) { weight, base, _, outputs in
        unsafe armature_listed_forward(bits, weight, base, layer.outputs, scale, slope, outputs)
      }
    }
  }

  public static func binaryForward(
    _ bits: borrowing BitCodes, part: InputPart, weight: Span<Float>, base: Span<Float>, scale: Float,
    slope: Float, into outputs: inout MutableSpan<Float>
  ) {
    let layer = BinaryLayerShape(inputs: bits.columns, outputs: base.count)
    layer.requireForward(rows: bits.rows, weight.count, outputs.count)
    let first = part.range(of: layer.inputs).lowerBound * layer.outputs
    unsafe bits.withCCodes(of: part) { bits in
      unsafe withPointers(weight.extracting(first..<weight.count), base, Span(), &outputs) {
        weight, base, _, outputs in
        unsafe armature_tabled_forward(bits, weight, base, layer.outputs, scale, slope, outputs)
      }
    }
  }

  public static func binaryWeightGradient(
    _ bits: borrowing BitLists, inputs: Range<Int>, outputGradient: Span<Float>, columnSums: Span<Float>,
    scale: Float, centres: Span<Float>, adding: Bool, into gradient: inout MutableSpan<Float>
  ) {
    let layer = BinaryLayerShape(inputs: bits.rows, outputs: columnSums.count)
    layer.requireGradient(inputs, rows: bits.columns, outputGradient.count, centres.count, gradient.count)
    let centres = centres.isEmpty ? centres : centres.extracting(inputs)
    unsafe bits.withCLists(of: inputs) { bits in
      unsafe withPointers(outputGradient, columnSums, centres, &gradient) {
        outputs, sums, centres, gradient in
        unsafe armature_listed_gradient(
          bits, outputs, sums, layer.outputs, armature_encoding(scale: scale, centres: centres),
          adding ? 1 : 0,
          gradient)
      }
    }
  }

  public static func binaryWeightGradient(
    _ bits: borrowing BitCodes, inputs: Range<Int>, outputGradient: Span<Float>, columnSums: Span<Float>,
    scale: Float, centres: Span<Float>, adding: Bool, into gradient: inout MutableSpan<Float>
  ) {
    let layer = BinaryLayerShape(inputs: bits.rows, outputs: columnSums.count)
    layer.requireGradient(inputs, rows: bits.columns, outputGradient.count, centres.count, gradient.count)
    let centres = centres.isEmpty ? centres : centres.extracting(inputs)
    unsafe bits.withCCodes(of: inputs) { bits in
      unsafe withPointers(outputGradient, columnSums, centres, &gradient) {
        outputs, sums, centres, gradient in
        unsafe armature_tabled_gradient(
          bits, outputs, sums, layer.outputs, armature_encoding(scale: scale, centres: centres),
          adding ? 1 : 0,
          gradient)
      }
    }
  }

  /// The addresses of a kernel's arguments; centres that are not there have none.
  private static func withPointers(
    _ matrix: Span<Float>, _ row: Span<Float>, _ centres: Span<Float>, _ result: inout MutableSpan<Float>,
    _ body: (
      UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?
    )
      -> Void
  ) {
    unsafe matrix.withUnsafeBufferPointer { matrix in
      unsafe row.withUnsafeBufferPointer { row in
        unsafe centres.withUnsafeBufferPointer { centres in
          unsafe result.withUnsafeMutableBufferPointer { result in
            unsafe body(
              matrix.baseAddress, row.baseAddress, centres.isEmpty ? nil : centres.baseAddress,
              result.baseAddress)
          }
        }
      }
    }
  }
}

/// The shape of a layer that sees bits.
private struct BinaryLayerShape {
  let inputs: Int
  let outputs: Int

  func requireForward(rows: Int, _ weight: Int, _ outputs: Int) {
    precondition(
      weight == inputs * self.outputs && outputs == rows * self.outputs,
      "binary layer of \(inputs) x \(self.outputs): \(weight) weights, \(outputs) outputs")
  }

  func requireGradient(_ part: Range<Int>, rows: Int, _ outputGradient: Int, _ centres: Int, _ gradient: Int)
  {
    precondition(
      part.lowerBound >= 0 && part.upperBound <= inputs && outputGradient == rows * outputs
        && (centres == 0 || centres == inputs) && gradient == part.count * outputs,
      "binary layer of \(inputs) x \(outputs): \(outputGradient) and \(gradient) gradients, \(centres) centres"
    )
  }
}
