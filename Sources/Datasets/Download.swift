internal import Foundation
internal import Synchronization

#if canImport(FoundationNetworking)
  internal import FoundationNetworking
#endif

/// One transfer of an address into a file that may hold its beginning already.
final class Download: NSObject, URLSessionDataDelegate, Sendable {
  typealias Progress = @Sendable (_ bytes: Int, _ expected: Int?) -> Void

  private struct State {
    var handle: FileHandle
    /// Bytes in the file.
    var bytes: Int
    /// Bytes that the whole has, as far as the server says.
    var expected: Int?
    var failure: FetchError?
    /// The server does not go on where the file ends; it must be asked for the whole.
    var mustRestart = false
    var continuation: CheckedContinuation<Void, Never>?
  }

  private let address: String
  private let path: String
  private let state: Mutex<State>
  private let progress: Progress

  private init(address: String, path: String, handle: FileHandle, bytes: Int, progress: @escaping Progress) {
    self.address = address
    self.path = path
    self.progress = progress
    state = Mutex(State(handle: handle, bytes: bytes))
  }

  /// Appends to `file` what it lacks of `address`.
  ///
  /// - Throws: `FetchError`; what came is kept, except where the server answers with something else.
  static func run(
    _ address: String, into file: URL, idleLimit: Double, progress: @escaping Progress
  ) async throws(FetchError) {
    guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
      throw .badAddress(address)
    }
    if try await attempt(url, into: file, resumes: true, idleLimit: idleLimit, progress: progress) { return }
    _ = try await attempt(url, into: file, resumes: false, idleLimit: idleLimit, progress: progress)
  }

  /// Whether the file is complete now; false where the server wants to be asked for the whole.
  private static func attempt(
    _ url: URL, into file: URL, resumes: Bool, idleLimit: Double, progress: @escaping Progress
  ) async throws(FetchError) -> Bool {
    let (handle, bytes) = try open(file, keeping: resumes)
    let download = Download(
      address: url.absoluteString, path: file.path, handle: handle, bytes: bytes, progress: progress)
    var request = URLRequest(url: url)
    // A server that compresses on the way would change what a range means.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if bytes > 0 { request.setValue("bytes=\(bytes)-", forHTTPHeaderField: "Range") }
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = idleLimit
    configuration.urlCache = nil
    let session = URLSession(configuration: configuration, delegate: download, delegateQueue: nil)
    let task = session.dataTask(with: request)
    await withCheckedContinuation { continuation in
      download.state.withLock { $0.continuation = continuation }
      task.resume()
    }
    session.invalidateAndCancel()
    return try download.outcome()
  }

  private static func open(_ file: URL, keeping: Bool) throws(FetchError) -> (FileHandle, Int) {
    do {
      if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
      let handle = try FileHandle(forUpdating: file)
      if !keeping { try handle.truncate(atOffset: 0) }
      return (handle, Int(try handle.seekToEnd()))
    } catch {
      throw .unwritable(path: file.path, reason: error.localizedDescription)
    }
  }

  private func outcome() throws(FetchError) -> Bool {
    let (failure, mustRestart, bytes, expected) = state.withLock { state in
      try? state.handle.close()
      return (state.failure, state.mustRestart, state.bytes, state.expected)
    }
    if mustRestart { return false }
    if let failure { throw failure }
    if let expected, bytes != expected {
      throw .truncated(address: address, bytes: bytes, expected: expected)
    }
    return true
  }

  // MARK: - Delegate

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let accepts = state.withLock { state in
      accept(response, &state)
      return state.failure == nil && !state.mustRestart
    }
    completionHandler(accepts ? .allow : .cancel)
  }

  private func accept(_ response: URLResponse, _ state: inout State) {
    guard let response = response as? HTTPURLResponse else {
      state.failure = .noConnection(address: address, reason: "no HTTP answer", kept: state.bytes)
      return
    }
    let length = response.expectedContentLength > 0 ? Int(response.expectedContentLength) : nil
    switch response.statusCode {
    case 200:
      // The whole file, whether a part was asked for or not.
      do { try state.handle.truncate(atOffset: 0) } catch {
        state.failure = .unwritable(path: path, reason: error.localizedDescription)
      }
      state.bytes = 0
      state.expected = length
    case 206:
      let range = response.value(forHTTPHeaderField: "Content-Range") ?? ""
      guard range.hasPrefix("bytes \(state.bytes)-") else {
        state.mustRestart = true
        return
      }
      state.expected = length.map { $0 + state.bytes }
    case 416:
      state.mustRestart = true
    default:
      state.failure = .refused(address: address, status: response.statusCode)
    }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let (bytes, expected, isGood) = state.withLock { state in
      if state.failure == nil && !state.mustRestart {
        do {
          try state.handle.write(contentsOf: data)
          state.bytes += data.count
        } catch {
          state.failure = .unwritable(path: path, reason: error.localizedDescription)
        }
      }
      return (state.bytes, state.expected, state.failure == nil)
    }
    if isGood { progress(bytes, expected) } else { dataTask.cancel() }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    let continuation = state.withLock { state in
      if let error, state.failure == nil, !state.mustRestart {
        state.failure = failure(of: error, state)
      }
      defer { state.continuation = nil }
      return state.continuation
    }
    continuation?.resume()
  }

  private func failure(of error: any Error, _ state: State) -> FetchError {
    if let expected = state.expected, state.bytes < expected, (error as? URLError)?.code != .timedOut {
      return .truncated(address: address, bytes: state.bytes, expected: expected)
    }
    let reason = error.localizedDescription.split(whereSeparator: \.isNewline).joined(separator: " ")
    return .noConnection(address: address, reason: reason, kept: state.bytes)
  }
}
