internal import Foundation
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An HTTP server on this machine that serves one file under every path, rightly or with a fault.
public final class HTTPTestServer: Sendable {
  /// How the server behaves.
  public enum Behaviour: Sendable, Hashable {
    /// Serves the file, and parts of it where a range is asked for.
    case good
    /// Serves the whole file, whatever is asked for.
    case ignoresRanges
    /// Closes the connection after so many bytes of what it announced.
    case closes(after: Int)
    /// Sends so many bytes and then nothing, keeping the connection.
    case stalls(after: Int)
    /// Answers with this status and no file.
    case status(Int)
    /// Serves the range but states another one.
    case shiftsRanges
  }

  public struct Request: Sendable, Hashable {
    public let path: String
    /// The value of the header `Range`.
    public let range: String?

    public init(path: String, range: String?) {
      self.path = path
      self.range = range
    }
  }

  private struct State {
    var file: [UInt8]
    var behaviour: Behaviour
    var requests: [Request] = []
  }

  public let port: UInt16
  private let socket: Int32
  private let state: Mutex<State>

  public init(file: [UInt8], _ behaviour: Behaviour = .good) throws {
    state = Mutex(State(file: file, behaviour: behaviour))
    #if canImport(Glibc)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    socket = Self.open(kind)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        guard unsafe bind(socket, generic, length) == 0, listen(socket, 16) == 0 else { return Int32(-1) }
        return unsafe getsockname(socket, generic, &length)
      }
    }
    guard status == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    port = UInt16(bigEndian: address.sin_port)
    // A connection that the client closes must not end the process.
    signal(SIGPIPE, SIG_IGN)
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        guard let self else {
          close(connection)
          return
        }
        Thread.detachNewThread { self.serve(connection) }
      }
    }
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  private static func open(_ kind: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.socket(AF_INET, kind, 0)
    #else
      Darwin.socket(AF_INET, kind, 0)
    #endif
  }

  public var address: String { "http://127.0.0.1:\(port)" }
  public var requests: [Request] { state.withLock { $0.requests } }

  public func behave(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }
  public func serve(file: [UInt8]) { state.withLock { $0.file = file } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    guard let request = Self.read(connection) else { return }
    let (file, behaviour) = state.withLock { state in
      state.requests.append(request)
      return (state.file, state.behaviour)
    }
    var status = 200
    var headers: [String] = []
    var body = file
    let start = request.range.flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
    if let start, behaviour != .ignoresRanges {
      if start >= file.count {
        (status, body) = (416, [])
        headers.append("Content-Range: bytes */\(file.count)")
      } else {
        let stated = behaviour == .shiftsRanges ? start + 1 : start
        (status, body) = (206, Array(file[start...]))
        headers.append("Content-Range: bytes \(stated)-\(file.count - 1)/\(file.count)")
      }
    }
    if case .status(let number) = behaviour { (status, body, headers) = (number, Array("no".utf8), []) }
    headers.append("Content-Length: \(body.count)")
    let head = "HTTP/1.1 \(status) X\r\n\(headers.joined(separator: "\r\n"))\r\nConnection: close\r\n\r\n"
    switch behaviour {
    case .closes(let count): Self.send(Array(head.utf8) + body.prefix(count), to: connection)
    case .stalls(let count):
      Self.send(Array(head.utf8) + body.prefix(count), to: connection)
      Thread.sleep(forTimeInterval: 5)
    default: Self.send(Array(head.utf8) + body, to: connection)
    }
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
      let count = unsafe recv(connection, &buffer, buffer.count, 0)
      guard count > 0, bytes.count < 65536 else { return nil }
      bytes += buffer[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    let range = lines.first { $0.lowercased().hasPrefix("range:") }
    return Request(
      path: String(words[1]), range: range.map { $0.dropFirst(6).trimmingCharacters(in: .whitespaces) })
  }

  private static func send(_ bytes: [UInt8], to connection: Int32) {
    var sent = 0
    while sent < bytes.count {
      let rest = Array(bytes[sent...])
      #if canImport(Glibc)
        let count = unsafe Glibc.send(connection, rest, rest.count, Int32(MSG_NOSIGNAL))
      #else
        let count = unsafe Darwin.send(connection, rest, rest.count, 0)
      #endif
      guard count > 0 else { return }
      sent += count
    }
  }
}
