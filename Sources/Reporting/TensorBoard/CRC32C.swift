/// The cyclic redundancy check with Castagnoli's polynomial, and the mask that records of TensorFlow put over it.
///
/// The check value of "123456789" is 0xE3069283.
///
/// Source: Castagnoli, Braeuer, Herrmann, "Optimization of Cyclic Redundancy-Check Codes with 24 and 32 Parity Bits", 1993;
/// RFC 3720, appendix B.4.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }

  /// Rotated and shifted by a constant, so that the check of data that hold checks stays useful.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
