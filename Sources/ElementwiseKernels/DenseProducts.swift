internal import CKernels

/// The products of dense layers in single precision.
///
/// Each element of a result is a sum in an order that depends on the inner length alone, so it has the same bits on every
/// processor, however the product is cut up.
extension Float {
  /// outputs [rows x outputs] = leakyReLU(inputs [rows x inputs] W + b) or what a part of the inputs adds, W
  /// [inputs x outputs], b [outputs] or empty for zeros; a slope of 1 leaves the rectifier out.
  ///
  /// The bias, then the products in the order of the inputs, each added with one rounding.
  ///
  /// - Precondition: the lengths are as said.
  /// - Complexity: rows x part x outputs fused multiply-adds.
  public static func denseForward(
    _ inputs: Span<Float>, rows: Int, part: InputPart, weight: Span<Float>, bias: Span<Float>, slope: Float,
    into outputs: inout MutableSpan<Float>
  ) {
    let layer = DenseLayerShape(rows: rows, inputs: inputs.count, outputs: outputs.count)
    layer.require(weight.count, bias.isEmpty ? layer.outputs : bias.count)
    let part = part.range(of: layer.inputs)
    unsafe inputs.withUnsafeBufferPointer { inputs in
      unsafe weight.withUnsafeBufferPointer { weight in
        unsafe bias.withUnsafeBufferPointer { bias in
          unsafe outputs.withUnsafeMutableBufferPointer { outputs in
            unsafe armature_dense_forward(
              inputs.baseAddress?.advanced(by: part.lowerBound), layer.inputs,
              weight.baseAddress?.advanced(by: part.lowerBound * layer.outputs),
              bias.isEmpty ? nil : bias.baseAddress, rows, part.count, layer.outputs, slope,
              outputs.baseAddress)
          }
        }
      }
    }
  }

  /// gradient [rows x inputs] = outputGradient [rows x outputs] W^T for a part of the inputs, W [inputs x outputs], times
  /// `slope` where the activation, [rows x inputs], is not positive; without activations there is no such factor.
  ///
  /// Product k is added to sum k mod 16 of its element with one rounding; then each sum is added to that eight places on, of
  /// these each to that four places on, then two, then one.
  ///
  /// - Precondition: the lengths are as said; `activations` may be empty.
  /// - Complexity: rows x part x outputs fused multiply-adds.
  public static func denseInputGradient(
    _ outputGradient: Span<Float>, rows: Int, part: InputPart, weight: Span<Float>, activations: Span<Float>,
    slope: Float, into gradient: inout MutableSpan<Float>
  ) {
    let layer = DenseLayerShape(rows: rows, inputs: gradient.count, outputs: outputGradient.count)
    layer.require(weight.count, layer.outputs)
    precondition(activations.isEmpty || activations.count == gradient.count)
    let part = part.range(of: layer.inputs)
    unsafe outputGradient.withUnsafeBufferPointer { outputGradient in
      unsafe weight.withUnsafeBufferPointer { weight in
        unsafe activations.withUnsafeBufferPointer { activations in
          unsafe gradient.withUnsafeMutableBufferPointer { gradient in
            unsafe armature_dense_input_gradient(
              outputGradient.baseAddress, weight.baseAddress?.advanced(by: part.lowerBound * layer.outputs),
              activations.isEmpty ? nil : activations.baseAddress?.advanced(by: part.lowerBound), rows,
              layer.outputs, part.count, layer.inputs, slope,
              gradient.baseAddress?.advanced(by: part.lowerBound))
          }
        }
      }
    }
  }

  /// gradient [part x outputs] = inputs^T outputGradient, over some rows and further ones; `inputs` begins with the first number of
  /// the part's first column of a matrix [rows x stride].
  ///
  /// Zero, then the products in the order of the rows, each added with one rounding.
  ///
  /// - Parameters:
  ///   - inputs: [rows x stride], from the part's first column on.
  ///   - outputGradient: [rows x outputs].
  ///   - furtherInputs: the same for further rows; empty if there are none.
  ///   - furtherOutputGradient: the same for further rows; empty if there are none.
  ///   - stride: all inputs of the layer.
  ///   - outputs: those of the layer.
  ///   - gradient: [part x outputs].
  /// - Precondition: the lengths are as said; inputs reach to the end of the part in their last row.
  /// - Complexity: rows x part x outputs fused multiply-adds.
  public static func denseWeightGradient(
    _ inputs: Span<Float>, outputGradient: Span<Float>, furtherInputs: Span<Float> = Span(),
    furtherOutputGradient: Span<Float> = Span(), stride: Int, outputs: Int,
    into gradient: inout MutableSpan<Float>
  ) {
    let part = gradient.count / outputs
    precondition(
      gradient.count == part * outputs && part <= stride, "dense layer: \(gradient.count) gradients")
    let rows = gradientRows(inputs.count, outputGradient.count, stride: stride, part: part, outputs: outputs)
    let furtherRows = gradientRows(
      furtherInputs.count, furtherOutputGradient.count, stride: stride, part: part, outputs: outputs)
    unsafe withPointers(inputs, outputGradient) { inputs, outputGradient in
      unsafe withPointers(furtherInputs, furtherOutputGradient) { furtherInputs, furtherOutputGradient in
        unsafe gradient.withUnsafeMutableBufferPointer { gradient in
          unsafe armature_dense_weight_gradient(
            armature_gradient_rows(inputs: inputs, output_gradient: outputGradient, rows: rows),
            armature_gradient_rows(
              inputs: furtherInputs, output_gradient: furtherOutputGradient, rows: furtherRows),
            stride, part, outputs, gradient.baseAddress)
        }
      }
    }
  }

  /// How many rows some inputs and output gradients have.
  private static func gradientRows(
    _ inputs: Int, _ outputGradient: Int, stride: Int, part: Int, outputs: Int
  ) -> Int {
    let rows = outputGradient / outputs
    precondition(
      outputGradient == rows * outputs && inputs >= (rows == 0 ? 0 : (rows - 1) * stride + part),
      "dense layer of \(rows) rows: \(inputs) inputs, \(outputGradient) output gradients")
    return rows
  }

  private static func withPointers(
    _ first: Span<Float>, _ second: Span<Float>,
    _ body: (UnsafePointer<Float>?, UnsafePointer<Float>?) -> Void
  ) {
    unsafe first.withUnsafeBufferPointer { first in
      unsafe second.withUnsafeBufferPointer { second in unsafe body(first.baseAddress, second.baseAddress) }
    }
  }
}

/// The shape of a dense layer's pass, from the lengths of its inputs and outputs.
private struct DenseLayerShape {
  let rows: Int
  let inputs: Int
  let outputs: Int

  init(rows: Int, inputs: Int, outputs: Int) {
    precondition(
      rows > 0 && inputs.isMultiple(of: rows) && outputs.isMultiple(of: rows),
      "dense layer: \(inputs) inputs and \(outputs) outputs in \(rows) rows")
    self.rows = rows
    self.inputs = inputs / rows
    self.outputs = outputs / rows
  }

  func require(_ weight: Int, _ bias: Int) {
    precondition(
      weight == inputs * outputs && bias == outputs,
      "dense layer of \(inputs) x \(outputs): \(weight) weights, \(bias) biases")
  }
}
