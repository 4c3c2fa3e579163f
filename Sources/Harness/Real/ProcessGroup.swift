import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Processes that end with this one, however it ends.
///
/// The first of them is a shell that leads the group and waits for its input to end: that is a pipe whose other end only this process holds.
/// When it is closed, by whatever closes it, the shell kills the group, and with it those that are stopped. Those that listen and run see the end
/// of their input besides, also when the shell was killed.
final class ProcessGroup {
  /// What a process used up until it ended.
  struct Usage: Hashable, Sendable {
    /// In ns, as far as the kernel tells the two apart.
    var user = 0
    var system = 0
    var voluntarySwitches = 0
    var involuntarySwitches = 0

    var cpu: Int { user + system }

    init() {}
    init(_ usage: rusage) {
      func nanoseconds(_ time: timeval) -> Int { Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_usec) * 1_000 }
      user = nanoseconds(usage.ru_utime)
      system = nanoseconds(usage.ru_stime)
      voluntarySwitches = Int(usage.ru_nvcsw)
      involuntarySwitches = Int(usage.ru_nivcsw)
    }
    /// Of this process so far.
    static var own: Usage {
      var usage = rusage()
      #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      #endif
      return Usage(usage)
    }

    static func + (a: Usage, b: Usage) -> Usage { a.joined(b, +) }
    static func - (a: Usage, b: Usage) -> Usage { a.joined(b, -) }
    private func joined(_ other: Usage, _ join: (Int, Int) -> Int) -> Usage {
      var result = Usage()
      result.user = join(user, other.user)
      result.system = join(system, other.system)
      result.voluntarySwitches = join(voluntarySwitches, other.voluntarySwitches)
      result.involuntarySwitches = join(involuntarySwitches, other.involuntarySwitches)
      return result
    }
  }

  private let leader: pid_t
  private var leash: Int32
  private var running: Set<pid_t> = []
  /// This end of what is the input of some of them.
  private var channels: [pid_t: Int32] = [:]

  init() throws(InputError) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Self.failure("pipe", errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    leash = ends[1]
    defer { close(ends[0]) }
    do throws(InputError) {
      leader = try Self.spawn(
        ["/bin/sh", "-c", "trap '' INT TERM HUP; read line; kill -s KILL 0"], group: 0, input: ends[0], log: "/dev/null"
      )
    } catch {
      close(leash)
      throw error
    }
  }
  deinit { end() }

  /// `log` gets what it prints, behind what is there. `listens`: it reads what is sent to it.
  func start(_ command: [String], log: String, listens: Bool = false) throws(InputError) -> pid_t {
    guard listens else {
      let process = try Self.spawn(command, group: leader, input: nil, log: log)
      running.insert(process)
      return process
    }
    // A pair of sockets and no pipe: to send to a process that has ended is then an error, and no signal.
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Self.stream, 0, &ends) == 0 else { throw Self.failure("socketpair", errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    #if canImport(Darwin)
    var one: Int32 = 1
    setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &one, socklen_t(MemoryLayout<Int32>.size))
    #endif
    defer { close(ends[1]) }
    do throws(InputError) {
      let process = try Self.spawn(command, group: leader, input: ends[1], log: log)
      running.insert(process)
      channels[process] = ends[0]
      return process
    } catch {
      close(ends[0])
      throw error
    }
  }
  #if canImport(Darwin)
  private static let stream = SOCK_STREAM
  #else
  private static let stream = Int32(SOCK_STREAM.rawValue)
  #endif

  /// One line for a process that listens. False: it has ended, or does not read.
  func send(_ line: String, to process: pid_t) -> Bool {
    guard let channel = channels[process] else { return false }
    let bytes = Array((line + "\n").utf8)
    return bytes.withUnsafeBytes { bytes in
      #if canImport(Darwin)
      Darwin.send(channel, bytes.baseAddress, bytes.count, MSG_DONTWAIT) == bytes.count
      #else
      Glibc.send(channel, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) == bytes.count
      #endif
    }
  }
  private func forget(_ process: pid_t) {
    running.remove(process)
    if let channel = channels.removeValue(forKey: process) { close(channel) }
  }

  func signal(_ process: pid_t, _ signal: Int32) { if running.contains(process) { kill(process, signal) } }

  /// Waits for its end, and keeps what it listens to open until then.
  func reap(_ process: pid_t) -> (status: Int32, usage: Usage) {
    defer { forget(process) }
    return Self.wait(process, 0) ?? (-1, Usage())
  }
  /// Its end, if it has ended; it exited with `status`, or was killed by a signal of 128 less.
  func ended(_ process: pid_t) -> (status: Int32, usage: Usage)? {
    guard let end = Self.wait(process, WNOHANG) else { return nil }
    forget(process)
    return end
  }

  /// Kills whatever still runs. Also when it is not called.
  func end() {
    guard leash >= 0 else { return }
    close(leash)
    leash = -1
    // The shell may have been killed itself.
    for process in running { kill(process, SIGKILL) }
    for process in running.union([leader]) { _ = Self.wait(process, 0) }
    for process in running { forget(process) }
  }

  private static func wait(_ process: pid_t, _ options: Int32) -> (status: Int32, usage: Usage)? {
    var status: Int32 = 0
    var usage = rusage()
    var found = wait4(process, &status, options, &usage)
    while found < 0, errno == EINTR { found = wait4(process, &status, options, &usage) }
    guard found == process else { return nil }
    let signal = status & 0x7F
    return (signal == 0 ? status >> 8 & 0xFF : 128 + signal, Usage(usage))
  }

  private static func spawn(
    _ command: [String], group: pid_t, input: Int32?, log: String
  ) throws(InputError) -> pid_t {
    #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
    #else
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, group)
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, command[0], &actions, &attributes, &arguments, environ)
    guard code == 0 else { throw failure(command[0], code) }
    return process
  }

  private static func failure(_ what: String, _ code: Int32) -> InputError {
    InputError("cannot start a process: \(what): \(String(cString: strerror(code)))")
  }
}
