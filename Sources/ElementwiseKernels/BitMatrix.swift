internal import CKernels

/// A matrix of bits of which few are ones, as the columns of each row's ones in ascending order.
public struct BitLists: Sendable {
  public private(set) var rows = 0
  public let columns: Int
  /// Row r has its ones at `ones[starts[r]..<starts[r + 1]]`.
  public private(set) var starts: [UInt32]
  /// Columns of the ones, row after row.
  public private(set) var ones: [UInt32]
  /// Where each row's ones in the upper part of the columns begin.
  private var cuts: [UInt32]

  /// No rows, with room for `capacity`.
  public init(capacity: Int, columns: Int) {
    precondition(capacity > 0 && columns > 0 && capacity * columns <= UInt32.max)
    self.columns = columns
    starts = Array(repeating: 0, count: capacity + 1)
    // The last place may be written to by a bit that is not there.
    ones = Array(repeating: 0, count: capacity * columns + 1)
    cuts = Array(repeating: 0, count: capacity)
  }

  private mutating func resize(rows: Int) {
    precondition(rows < starts.count && rows * columns < ones.count, "no room for \(rows) rows")
    self.rows = rows
  }

  /// Takes the bits from bytes 0 and 1, [rows x columns].
  ///
  /// - Complexity: one pass over the bytes, eight at a time where they are zeros.
  public mutating func load(_ bits: Span<UInt8>) {
    precondition(bits.count.isMultiple(of: columns), "\(bits.count) bits in rows of \(columns)")
    resize(rows: bits.count / columns)
    unsafe bits.withUnsafeBufferPointer { bits in
      unsafe starts.withUnsafeMutableBufferPointer { starts in
        unsafe ones.withUnsafeMutableBufferPointer { ones in
          unsafe armature_list_ones(bits.baseAddress, rows, columns, starts.baseAddress, ones.baseAddress)
        }
      }
    }
    cutRows()
  }

  private mutating func cutRows() {
    var cuts = exchange(&cuts, with: [])
    let cut = UInt32(InputPart.cut(of: columns))
    unsafe withCLists { lists in
      unsafe cuts.withUnsafeMutableBufferPointer { unsafe armature_cut_lists(lists, cut, $0.baseAddress) }
    }
    self.cuts = exchange(&cuts, with: [])
  }

  /// Where a row's ones in a part of the columns stand in `ones`.
  func places(row: Int, part: InputPart) -> Range<Int> {
    let (start, cut, end) = (Int(starts[row]), Int(cuts[row]), Int(starts[row + 1]))
    return switch part {
    case .all: start..<end
    case .lower: start..<cut
    case .upper: cut..<end
    }
  }

  /// Takes the bits of the first rows of a matrix, as many as there are columns, transposed.
  ///
  /// - Complexity: two passes over the ones, one over the rows.
  public mutating func load(transposing lists: borrowing BitLists) {
    precondition(lists.rows >= columns, "\(lists.rows) rows for \(columns) columns")
    resize(rows: lists.columns)
    unsafe lists.withCLists(of: 0..<columns) { lists in
      unsafe starts.withUnsafeMutableBufferPointer { starts in
        unsafe ones.withUnsafeMutableBufferPointer { ones in
          unsafe armature_transpose_lists(lists, starts.baseAddress, ones.baseAddress)
        }
      }
    }
  }

  func withCLists(_ body: (armature_lists) -> Void) { unsafe withCLists(of: 0..<rows, body) }

  /// The lists of these rows alone.
  func withCLists(of rows: Range<Int>, _ body: (armature_lists) -> Void) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows)
    unsafe starts.withUnsafeBufferPointer { starts in
      unsafe ones.withUnsafeBufferPointer { ones in
        let start = unsafe starts.baseAddress.map { unsafe $0 + rows.lowerBound }
        unsafe body(
          armature_lists(
            starts: start, ends: start?.advanced(by: 1), ones: ones.baseAddress, rows: rows.count,
            columns: columns))
      }
    }
  }

  /// The lists of the ones in a part of the columns alone.
  func withCLists(of part: InputPart, _ body: (armature_lists) -> Void) {
    unsafe withCLists { lists in
      unsafe cuts.withUnsafeBufferPointer { cuts in
        var lists = unsafe lists
        if part == .lower { unsafe lists.ends = cuts.baseAddress }
        if part == .upper { unsafe lists.starts = cuts.baseAddress }
        unsafe body(lists)
      }
    }
  }
}

/// A matrix of bits of which about half are ones, as a code for each row and four columns.
public struct BitCodes: Sendable {
  public private(set) var rows = 0
  public let columns: Int
  /// [groups of four columns x rows]: bit k of the code of group g is the one of column 4 g + k.
  public private(set) var codes: [UInt8]

  /// No rows, with room for `capacity`.
  public init(capacity: Int, columns: Int) {
    precondition(capacity > 0 && columns > 0)
    self.columns = columns
    codes = Array(repeating: 0, count: (columns + 3) / 4 * capacity)
  }

  private mutating func resize(rows: Int) {
    precondition((columns + 3) / 4 * rows <= codes.count, "no room for \(rows) rows")
    self.rows = rows
  }

  public func bit(row: Int, column: Int) -> Bool { codes[column / 4 * rows + row] >> (column % 4) & 1 == 1 }

  /// Takes the bits from bytes 0 and 1, [rows x columns].
  public mutating func load(_ bits: Span<UInt8>) {
    precondition(bits.count.isMultiple(of: columns), "\(bits.count) bits in rows of \(columns)")
    resize(rows: bits.count / columns)
    unsafe bits.withUnsafeBufferPointer { bits in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe armature_code_rows(bits.baseAddress, rows, columns, codes.baseAddress)
      }
    }
  }

  /// Takes the bits from bytes 0 and 1 of a matrix [columns x rows], transposed.
  public mutating func load(transposing bits: Span<UInt8>) {
    precondition(bits.count.isMultiple(of: columns), "\(bits.count) bits in columns of \(columns)")
    resize(rows: bits.count / columns)
    unsafe bits.withUnsafeBufferPointer { bits in
      unsafe codes.withUnsafeMutableBufferPointer { codes in
        unsafe armature_code_columns(bits.baseAddress, columns, rows, codes.baseAddress)
      }
    }
  }

  /// The codes of a part of the columns alone.
  func withCCodes(of part: InputPart, _ body: (armature_codes) -> Void) {
    let part = part.range(of: columns)
    unsafe codes.withUnsafeBufferPointer { codes in
      let start = unsafe codes.baseAddress.map { unsafe $0 + part.lowerBound / 4 * rows }
      unsafe body(armature_codes(codes: start, rows: rows, columns: part.count, stride: rows))
    }
  }

  /// The codes of these rows alone.
  func withCCodes(of rows: Range<Int>, _ body: (armature_codes) -> Void) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows)
    unsafe codes.withUnsafeBufferPointer { codes in
      let start = unsafe codes.baseAddress.map { unsafe $0 + rows.lowerBound }
      unsafe body(armature_codes(codes: start, rows: rows.count, columns: columns, stride: self.rows))
    }
  }
}
