import LatentVariableModels
import Testing

@testable import Training

@Suite struct SafetensorsTests {
  static let floats = NamedTensor(name: "b", shape: [2, 1], values: .float([1.5, -.infinity]))
  static let doubles = NamedTensor(name: "z\"\n", shape: [1], values: .double([0.1]))
  static let empty = NamedTensor(name: "e", shape: [0, 3], values: .float([]))

  /// A file with this header text and these data.
  static func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8) + data
  }

  func fault(_ bytes: [UInt8]) -> SafetensorsError? {
    do throws(SafetensorsError) {
      _ = try Safetensors(bytes)
      return nil
    } catch {
      #expect(!error.description.contains("\n"))
      return error
    }
  }

  @Test("What is written is read again, every bit of it")
  func roundTrip() throws {
    let file = Safetensors(
      metadata: ["step": "12", "ä\t": "\\"], tensors: [Self.floats, Self.empty, Self.doubles])
    let copy = try Safetensors(file.encoded())
    #expect(copy.metadata == file.metadata)
    #expect(Set(copy.tensors) == Set(file.tensors))
    #expect(copy.encoded() == file.encoded())
  }

  @Test("NaN bits survive")
  func nanBits() throws {
    let tensor = NamedTensor(name: "n", shape: [1], values: .float([Float(bitPattern: 0x7FC0_1234)]))
    let copy = try Safetensors(Safetensors(metadata: [:], tensors: [tensor]).encoded())
    guard case .float(let values) = copy.tensors[0].values else {
      Issue.record("the tensor came back in another type")
      return
    }
    #expect(values[0].bitPattern == 0x7FC0_1234)
  }

  @Test("The bytes are those of the format, with doubles first and the data aligned to 8")
  func layout() {
    let bytes = Safetensors(
      metadata: ["a": "b"],
      tensors: [
        NamedTensor(name: "f", shape: [1], values: .float([1])),
        NamedTensor(name: "d", shape: [1], values: .double([2])),
      ]
    ).encoded()
    let header =
      #"{"__metadata__":{"a":"b"},"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"#
      + #""f":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(bytes == Self.file(padded, data: [0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0x80, 0x3F]))
    #expect((bytes.count - 12) % 8 == 0)
  }

  @Test("A file of the reference layout, with space in its header and no metadata, is read")
  func foreign() throws {
    let file = try Safetensors(
      Self.file(
        #"{ "w" : {"shape": [2], "dtype": "F32", "data_offsets": [0, 8]} }  "#,
        data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]))
    #expect(file.tensors == [NamedTensor(name: "w", shape: [2], values: .float([1, -2]))])
  }

  @Test("A file cut off anywhere is refused")
  func truncated() {
    let bytes = Safetensors(metadata: ["step": "1"], tensors: [Self.floats, Self.doubles]).encoded()
    for length in 0..<bytes.count { #expect(fault(Array(bytes.prefix(length))) != nil, "\(length) bytes") }
    #expect(fault(Array(bytes.prefix(5))) == .truncatedHeader(bytes: 5))
    #expect(fault(bytes + [0]) == .badLayout(problem: "the tensors take 16 bytes, the data have 17"))
  }

  @Test("An absurd header length is refused before anything is allocated")
  func headerLength() {
    #expect(fault([UInt8](repeating: 0xFF, count: 8)) == .headerLength(.max))
    #expect(fault([100, 0, 0, 0, 0, 0, 0, 0]) == .truncatedHeader(bytes: 8))
  }

  @Test("A name that appears twice is refused, among tensors, metadata and keys")
  func duplicates() {
    let tensor = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
    #expect(fault(Self.file(#"{"a":\#(tensor),"a":\#(tensor)}"#)) == .duplicateName("a"))
    #expect(fault(Self.file(#"{"a":\#(tensor),"\u0061":\#(tensor)}"#)) == .duplicateName("a"))
    #expect(fault(Self.file(#"{"__metadata__":{"k":"1","k":"2"}}"#)) == .duplicateName("k"))
    #expect(fault(Self.file(#"{"a":{"dtype":"F32","dtype":"F64"}}"#)) == .duplicateName("dtype"))
  }

  @Test(
    "A header that is not the format's JSON is refused",
    arguments: [
      "", "[]", "{", "{}x", #"{"a"}"#, #"{"a":1}"#, #"{"a":{}}"#, #"{"a":{"dtype":"F32"}}"#, #"{"a":{},}"#,
      #"{"\q":{}}"#,
      #"{"\ud800":{}}"#, #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"more":1}}"#, #"{"__metadata__":{"a":1}}"#,
      "{\"a\n\":{}}",
    ])
  func badHeader(header: String) {
    #expect(fault(Self.file(header)) != nil)
  }

  @Test("Types, shapes and places that do not fit are refused")
  func badTensors() {
    func entry(_ type: String, _ shape: String, _ offsets: String) -> [UInt8] {
      Self.file(
        #"{"a":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#, data: [0, 0, 0, 0])
    }
    #expect(fault(entry("F32", "[1]", "[0,4]")) == nil)
    #expect(
      fault(entry("I32", "[1]", "[0,4]"))
        == .badTensor(name: "a", problem: #"dtype is "I32", expected F32 or F64"#))
    #expect(
      fault(entry("F32", "[2]", "[0,4]")) == .badTensor(name: "a", problem: "shape [2] does not take 4 bytes")
    )
    #expect(fault(entry("F32", "[1]", "[0,8]")) != nil)
    #expect(fault(entry("F32", "[1]", "[4,0]")) != nil)
    #expect(fault(entry("F32", "[1]", "[0]")) != nil)
    #expect(
      fault(entry("F32", "[0]", "[2,2]")) == .badLayout(problem: #"tensor "a" starts at 2, expected 0"#))
    #expect(fault(entry("F32", "[4611686018427387904,4]", "[0,0]")) != nil)
  }

  @Test("Tensors that overlap or leave a gap are refused")
  func layoutFaults() {
    func pair(_ second: String) -> [UInt8] {
      Self.file(
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":\#(second)}}"#,
        data: [UInt8](repeating: 0, count: 12))
    }
    #expect(fault(pair("[0,4]")) != nil)
    #expect(fault(pair("[2,6]")) == .badLayout(problem: #"tensor "b" starts at 2, expected 4"#))
    #expect(fault(pair("[8,12]")) == .badLayout(problem: #"tensor "b" starts at 8, expected 4"#))
  }
}
