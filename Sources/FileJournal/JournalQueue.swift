#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// What the owner hands to the journal's thread, and how that thread waits.
///
/// Checked by hand for concurrent use: `items` and `isClosing` are touched with the lock held.
final class JournalQueue<Item: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var items: [Item] = []
  private var isClosing = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }
  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func put(_ new: [Item]) {
    pthread_mutex_lock(mutex)
    items += new
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(condition)
  }
  func close() {
    pthread_mutex_lock(mutex)
    isClosing = true
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(condition)
  }

  enum Wait { case none, idle, forever }
  /// Everything there is, once there is something; nothing after a while if the wait is not forever; nil when closed and empty.
  func take(_ wait: Wait) -> [Item]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var isOver = wait == .none
    var deadline = timespec()
    if wait == .idle {
      clock_gettime(CLOCK_REALTIME, &deadline)
      deadline.tv_nsec += 5_000_000
      if deadline.tv_nsec >= 1_000_000_000 {
        deadline.tv_nsec -= 1_000_000_000
        deadline.tv_sec += 1
      }
    }
    while items.isEmpty, !isClosing, !isOver {
      if wait == .forever {
        pthread_cond_wait(condition, mutex)
      } else {
        isOver = pthread_cond_timedwait(condition, mutex, &deadline) != 0
      }
    }
    if items.isEmpty, isClosing { return nil }
    defer { items = [] }
    return items
  }
}

/// A thread that can be waited for.
struct JournalThread {
  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
  private let thread: pthread_t

  /// `folder`: for the message, should there be no thread to be had.
  init(_ folder: String, _ run: @escaping @Sendable () -> Void) throws(FileError) {
    let body = Unmanaged.passRetained(Body(run))
    #if canImport(Darwin)
    var started: pthread_t?
    let code = pthread_create(&started, nil, { Self.enter($0) }, body.toOpaque())
    #else
    var started: pthread_t? = pthread_t()
    let code = pthread_create(&started!, nil, { Self.enter($0!) }, body.toOpaque())
    #endif
    guard code == 0, let started else {
      body.release()
      throw FileError("no thread for the journal", folder, code)
    }
    thread = started
  }
  private static func enter(_ body: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run()
    return nil
  }
  func join() { pthread_join(thread, nil) }
}
