internal import CKernels

extension KernelScalar {
  public static func binaryForward(
    _ bits: borrowing BitLists, weight: Span<Self>, bias: Span<Self>, scale: Self, centres: Span<Self>,
    slope: Self, into outputs: inout MutableSpan<Self>
  ) {
    let layer = BinaryLayerShape(inputs: bits.columns, outputs: bias.count)
    layer.requireForward(rows: bits.rows, weight.count, centres.count, outputs.count)
    var base = Array(repeating: Self(0), count: layer.outputs)
    layer.centreBias(bias, weight: weight, scale: scale, centres: centres, into: &base)
    for row in 0..<bits.rows {
      for column in 0..<layer.outputs {
        var sum: Self = 0
        for k in Int(bits.starts[row])..<Int(bits.starts[row + 1]) {
          sum += weight[Int(bits.ones[k]) * layer.outputs + column]
        }
        let output = base[column] + scale * sum
        outputs[row * layer.outputs + column] = output > 0 ? output : slope * output
      }
    }
  }

  public static func binaryForward(
    _ bits: borrowing BitCodes, weight: Span<Self>, bias: Span<Self>, scale: Self, centres: Span<Self>,
    slope: Self, into outputs: inout MutableSpan<Self>
  ) {
    let layer = BinaryLayerShape(inputs: bits.columns, outputs: bias.count)
    layer.requireForward(rows: bits.rows, weight.count, centres.count, outputs.count)
    var base = Array(repeating: Self(0), count: layer.outputs)
    layer.centreBias(bias, weight: weight, scale: scale, centres: centres, into: &base)
    for row in 0..<bits.rows {
      for column in 0..<layer.outputs {
        var sum: Self = 0
        for input in 0..<layer.inputs where bits.bit(row: row, column: input) {
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
    _ bits: borrowing BitLists, weight: Span<Float>, bias: Span<Float>, scale: Float, centres: Span<Float>,
    slope: Float, into outputs: inout MutableSpan<Float>
  ) {
    let layer = BinaryLayerShape(inputs: bits.columns, outputs: bias.count)
    layer.requireForward(rows: bits.rows, weight.count, centres.count, outputs.count)
    unsafe bits.withCLists { bits in
      unsafe withPointers(weight, bias, centres, &outputs) { weight, bias, centres, outputs in
        unsafe armature_listed_forward(
          bits, weight, bias, layer.outputs, armature_encoding(scale: scale, centres: centres), slope, outputs
        )
      }
    }
  }

  public static func binaryForward(
    _ bits: borrowing BitCodes, weight: Span<Float>, bias: Span<Float>, scale: Float, centres: Span<Float>,
    slope: Float, into outputs: inout MutableSpan<Float>
  ) {
    let layer = BinaryLayerShape(inputs: bits.columns, outputs: bias.count)
    layer.requireForward(rows: bits.rows, weight.count, centres.count, outputs.count)
    unsafe bits.withCCodes(of: 0..<bits.rows) { bits in
      unsafe withPointers(weight, bias, centres, &outputs) { weight, bias, centres, outputs in
        unsafe armature_tabled_forward(
          bits, weight, bias, layer.outputs, armature_encoding(scale: scale, centres: centres), slope, outputs
        )
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

  func requireForward(rows: Int, _ weight: Int, _ centres: Int, _ outputs: Int) {
    precondition(
      weight == inputs * self.outputs && (centres == 0 || centres == inputs)
        && outputs == rows * self.outputs,
      "binary layer of \(inputs) x \(self.outputs): \(weight) weights, \(centres) centres, \(outputs) outputs"
    )
  }

  func requireGradient(_ part: Range<Int>, rows: Int, _ outputGradient: Int, _ centres: Int, _ gradient: Int)
  {
    precondition(
      part.lowerBound >= 0 && part.upperBound <= inputs && outputGradient == rows * outputs
        && (centres == 0 || centres == inputs) && gradient == part.count * outputs,
      "binary layer of \(inputs) x \(outputs): \(outputGradient) and \(gradient) gradients, \(centres) centres"
    )
  }

  /// bias - scale sum_i centre_i weight_i.
  func centreBias<Scalar: KernelScalar>(
    _ bias: Span<Scalar>, weight: Span<Scalar>, scale: Scalar, centres: Span<Scalar>,
    into base: inout [Scalar]
  ) {
    for column in 0..<outputs { base[column] = bias[column] }
    for input in centres.indices {
      for column in 0..<outputs {
        base[column] -= scale * centres[input] * weight[input * outputs + column]
      }
    }
  }
}
