import Testing

@testable import Harness

/// Messages are held to the letter: they are all that somebody with a typing error has. The first line of `lines` is the
/// fourth of the file.
@Suite("What is wrong with an experiment file is said in one line") struct ExperimentTestsErrors {
  @Test(
    "Keys",
    arguments: [
      ("link.dealy: 1ms", "probe.yaml:4: unknown key 'link.dealy'; did you mean 'link.delay'?"),
      ("link:\n  loss: 0\n  dealy: 1ms", "probe.yaml:6: unknown key 'link.dealy'; did you mean 'link.delay'?"),
      ("lnik: {delay: 1ms}", "probe.yaml:4: unknown key 'lnik'; did you mean 'link'?"),
      ("trails: 5", "probe.yaml:4: unknown key 'trails'; did you mean 'trials'?"),
      ("wibble-wobble: 5", "probe.yaml:4: unknown key 'wibble-wobble'; 'list --keys' shows all keys"),
      ("link: 5", "probe.yaml:4: 'link' is a section; write its keys below it"),
      ("link.delay: {a: 1}", "probe.yaml:4: link.delay: a single value is expected here"),
      ("link.loss: 0\nlink: {loss: 0.1}", "probe.yaml:5: 'link.loss' is set twice"),
      ("link.loss: 0\nlink.delay: 1ms\nlink.loss: 0.1", "probe.yaml:6: 'link.loss' is set twice"),
      ("link:\n  loss: 0\n  loss: 1", "probe.yaml:6: 'loss' is set twice"),
      ("[a]: 5", "probe.yaml:4: a key must be a word"),
      ("profiles: {ful: {trials: 3}}", "probe.yaml:4: profiles: 'ful' is nearly 'full'; did you mean that?"),
      (
        "profiles:\n  quick: {trials: 3}\n  Full: {trials: 3}",
        "probe.yaml:6: profiles: 'Full' is nearly 'full'; did you mean that?"
      ),
      ("profiles: [quick]", "probe.yaml:4: keys and values are expected here, as in 'a: b'"),
      ("profiles: {quick: {name: x}}", "probe.yaml:4: unknown key 'name'; 'list --keys' shows all keys"),
      ("charts: [a/b]", "probe.yaml:4: 'a/b' is not a name of letters, digits, '-' and '_'"),
      ("charts: curve", "probe.yaml:4: charts: a list is expected here, as in [a, b]"),
    ])
  func keys(_ lines: String, _ message: String) throws { #expect(try Bench.complaint(lines) == message) }

  @Test(
    "Values",
    arguments: [
      ("link.loss: -0.1", "probe.yaml:4: link.loss: -0.1 is not a probability between 0 and 1"),
      ("link:\n  loss: 101%", "probe.yaml:5: link.loss: 101% is not a probability between 0 and 1"),
      (
        "workload.reads: 50", "probe.yaml:4: workload.reads: 50 is not a probability between 0 and 1; did you mean 50%?"
      ),
      ("link.loss: nan", "probe.yaml:4: link.loss: nan is not a probability between 0 and 1"),
      ("client.delay: 5", "probe.yaml:4: client.delay: 5 is not a duration such as 15ms (units: ns, us, ms, s)"),
      ("client.delay: 5min", "probe.yaml:4: client.delay: 5min is not a duration such as 15ms (units: ns, us, ms, s)"),
      (
        "client.delay: 0.5ns", "probe.yaml:4: client.delay: 0.5ns is not a duration such as 15ms (units: ns, us, ms, s)"
      ),
      ("client.delay: -1ms", "probe.yaml:4: client.delay: -1ms is too short; at least 0s"),
      ("timing.heartbeat: 0s", "probe.yaml:4: timing.heartbeat: 0s is too short; at least 1ns"),
      ("client.delay: 86401s", "probe.yaml:4: client.delay: 86401s is too long; at most 86400s"),
      (
        "timing.election-timeout: 150ms",
        "probe.yaml:4: timing.election-timeout: 150ms is not a range such as 150ms-300ms"
      ),
      (
        "timing.election-timeout: 150-300ms",
        "probe.yaml:4: timing.election-timeout: 150 is not a duration such as 15ms (units: ns, us, ms, s)"
      ),
      (
        "timing.election-timeout: 300ms-150ms",
        "probe.yaml:4: timing.election-timeout: 300ms-150ms ends before it begins"
      ),
      (
        "link.delay: normal 1ms",
        "probe.yaml:4: link.delay: normal 1ms is not a time such as 1ms, uniform 170us-260us, normal 213us sd 24us, "
          + "exponential 1ms, 200us + exponential 1ms or empirical 1ms 2ms 5ms"
      ),
      ("link.kind: steam", "probe.yaml:4: link.kind: steam is not one of stream, datagram; did you mean 'stream'?"),
      ("link.kind: udp", "probe.yaml:4: link.kind: udp is not one of stream, datagram"),
      (
        "disk.leader: parallel",
        "probe.yaml:4: disk.leader: parallel is not one of parallel-any-majority, parallel-leader-required, serial"
      ),
      ("timing.trusts-disconnect: 1", "probe.yaml:4: timing.trusts-disconnect: 1 is not yes or no"),
      ("cluster.replicas: 0", "probe.yaml:4: cluster.replicas: 0 is not a whole number between 1 and 64"),
      ("cluster.replicas: 2.5", "probe.yaml:4: cluster.replicas: 2.5 is not a whole number between 1 and 64"),
      ("batch.bytes: 64", "probe.yaml:4: batch.bytes: 64 is not a size such as 64KiB (units: B, KiB, MiB)"),
      ("batch.bytes: 0B", "probe.yaml:4: batch.bytes: 0B is not between 1B and 1024MiB"),
      (
        "link.bandwidth: 10Gb",
        "probe.yaml:4: link.bandwidth: 10Gb is not a bandwidth such as 10Gbit/s (units: bit/s, kbit/s, Mbit/s, Gbit/s)"
      ),
      (
        "link.bandwidth: none",
        "probe.yaml:4: link.bandwidth: none is not a bandwidth such as 10Gbit/s (units: bit/s, kbit/s, Mbit/s, Gbit/s), "
          + "or unlimited"
      ),
      ("workload.rate: 10k", "probe.yaml:4: workload.rate: 10k is not a rate such as 10k/s (units: /s, k/s, M/s)"),
      ("workload.rate: 0/s", "probe.yaml:4: workload.rate: 0/s is not between 0.001/s and 100M/s"),
      (
        "workload.key-choice: zipfian",
        "probe.yaml:4: workload.key-choice: zipfian is not uniform, zipf 0.99, or hot 1% 90% (this share of the keys gets that "
          + "share of the operations)"
      ),
      (
        "workload.key-choice: zipf 11",
        "probe.yaml:4: workload.key-choice: 11 is not an exponent between 0.01 and 10"
      ),
      (
        "workload.payload: mixed 90% 100B 20% 4KiB",
        "probe.yaml:4: workload.payload: the shares in mixed 90% 100B 20% 4KiB add up to 110%"
      ),
      (
        "workload.bursts: 11x for 100ms every 1s",
        "probe.yaml:4: workload.bursts: 11x for 100ms every 1s is more than all operations; at most 10x"
      ),
      (
        "workload.bursts: 2x for 1s every 1s",
        "probe.yaml:4: workload.bursts: 2x for 1s every 1s is one burst without end"
      ),
      ("trials: 0", "probe.yaml:4: trials: 0 is not a whole number between 1 and 10000000"),
      ("client.delay:", "probe.yaml:4: client.delay: nothing is not a duration such as 15ms (units: ns, us, ms, s)"),
      (
        "client.delay: \"a\\nb\"",
        "probe.yaml:4: client.delay: a b is not a duration such as 15ms (units: ns, us, ms, s)"
      ),
      (
        "disk.candidate-fsync: sam",
        "probe.yaml:4: disk.candidate-fsync: sam is not a time such as 1ms, uniform 170us-260us, normal 213us sd 24us, "
          + "exponential 1ms, 200us + exponential 1ms or empirical 1ms 2ms 5ms, or same; did you mean 'same'?"
      ),
    ])
  func values(_ lines: String, _ message: String) throws { #expect(try Bench.complaint(lines) == message) }

  @Test(
    "Sweeps",
    arguments: [
      ("sweep: {link.dealy: [1ms]}", "probe.yaml:4: unknown key 'link.dealy'; did you mean 'link.delay'?"),
      (
        "sweep:\n  link.loss: [0, 2]",
        "probe.yaml:5: link.loss: 2 is not a probability between 0 and 1; did you mean 2%?"
      ),
      ("sweep: {link.loss: 5%}", "probe.yaml:4: link.loss: a list is expected here, as in [a, b]"),
      ("sweep: {link.loss: []}", "probe.yaml:4: link.loss: nothing to sweep over"),
      ("sweep:\n  link.loss:\n  - 5%\n  - 0.05", "probe.yaml:7: link.loss: 0.05 is listed twice"),
      ("link.loss: 0\nsweep: {link.loss: [1%]}", "probe.yaml:5: 'link.loss' is swept, and set or swept elsewhere too"),
      (
        "sweep: {a: [{link.loss: 0}, {link.delay: 1ms}]}",
        "probe.yaml:4: a: every entry must set the same keys, each once"
      ),
      (
        "workload.arrival: closed\nsweep: {workload.rate: [1/s, 2/s]}",
        "probe.yaml:5: 'workload.rate' is swept, but has no effect with workload.arrival closed"
      ),
    ])
  func sweeps(_ lines: String, _ message: String) throws { #expect(try Bench.complaint(lines) == message) }

  @Test(
    "Faults",
    arguments: [
      (
        "{at: 1s, crash: leader, after: 2s}",
        "faults: unknown fault 'after'; one of \(FaultForm.all.map(\.name).joined(separator: ", ")), and beside it 'at', 'for', 'every' and 'times'"
      ),
      ("{at: 1s, crsh: leader}", "faults: unknown fault 'crsh'; did you mean 'crash'?"),
      (
        "{at: 1s}",
        "faults: what happens? one of crash, crash-all, restart, pause, partition, isolate, cut, mute-inbound, mute-outbound, heal, loss, "
          + "burst, delay, bandwidth, partial-partition, flap, disk-stall, slow-disk, slow-cpu, transfer, star, clock-rate, reconnect, "
          + "torn-write, bit-rot, stale-block, misdirected-write, lost-sync, io-error, disk-full, old-duplicates"
      ),
      ("{crash: leader}", "faults: 'at' is missing: when does it happen?"),
      ("{at: 1s, crash: boss}", "faults: boss is not leader, follower, any or a replica, n0 to n63"),
      ("{at: 1s, crash: n64}", "faults: n64 is not leader, follower, any or a replica, n0 to n63"),
      ("{at: 1s, crash: n5}", "faults: n5 is not one of 5 replicas; the first is n0"),
      (
        "{at: 1s, crash: follower-1}",
        "faults: follower-1 is not leader, follower, any or a replica, n0 to n63; did you mean 'follower'?"
      ),
      ("{at: 1s, crash: follower-5}", "faults: follower-5 is not one of the 4 followers of 5 replicas"),
      (
        "{at: 1s, partial-partition: leader | follower follower-9}",
        "faults: follower-9 is not one of the 4 followers of 5 replicas"
      ),
      ("{at: 1s, crash: leader, heal: all}", "faults: 'crash' and 'heal' in one entry"),
      ("{at: 1s, pause: leader}", "faults: a fault 'pause' needs 'for', how long it lasts"),
      ("{at: 1s, heal: all, for: 1s}", "faults: a fault 'heal' has no 'for'"),
      ("{at: 1, heal: all}", "faults: 1 is not a duration such as 15ms (units: ns, us, ms, s)"),
      ("{at: 2s..1s, heal: all}", "faults: 2s..1s ends before it begins"),
      ("{at: 11s, heal: all}", "faults: 11s is after the end of measure.window, 10s"),
      ("{at: -2s, heal: all}", "faults: -2s is before the beginning of measure.warm-up, 1s"),
      ("{at: 1s, cut: [n0, n0]}", "faults: n0 n0 is not two replicas such as n0 n1"),
      ("{at: 1s, partition: []}", "faults: nothing is not replicas such as n0 n1"),
      ("{at: 1s, delay: often}", "faults: often is not a time such as 5ms, or a replica and a time such as leader 5ms"),
      ("{at: 1s, delay: n7 5ms}", "faults: n7 is not one of 5 replicas; the first is n0"),
      (
        "{at: 1s, flap: leader}",
        "faults: leader is not a replica or two and a period, such as leader 200ms or n0 n1 200ms"
      ),
      ("{at: 1s, partial-partition: [n0, n1]}", "faults: n0 n1 is not two groups of replicas such as leader | n1 n2"),
      ("{at: 1s, partial-partition: n0 | n9}", "faults: n9 is not one of 5 replicas; the first is n0"),
      ("{at: 1s, disk-stall: leader}", "faults: a fault 'disk-stall' needs 'for', how long it lasts"),
      (
        "{at: 1s, slow-disk: leader}",
        "faults: leader is not a replica and a factor or a time, such as leader 10x or n1 5ms"
      ),
      ("{at: 1s, slow-disk: leader 0x}", "faults: 0x is not between 0.001x and 1000000x"),
      (
        "{at: 1s, slow-disk: follower 10}", "faults: 10 is not a factor such as 10x, or a time such as 5ms"
      ),
      (
        "{at: 1s, slow-disk: leeder 10x}",
        "faults: leeder is not leader, follower, any or a replica, n0 to n63; did you mean 'leader'?"
      ),
      (
        "{at: 1s, crash: folower}",
        "faults: folower is not leader, follower, any or a replica, n0 to n63; did you mean 'follower'?"
      ),
      (
        "{at: 1s, delay: leeder 5ms}",
        "faults: leeder 5ms is not a time such as 5ms, or a replica and a time such as leader 5ms; did you mean 'leader'?"
      ),
      ("{at: 1s, slow-cpu: leader 10}", "faults: 10 is not a factor such as 10x"),
      ("{at: 1s, restart: leader}", "faults: leader is not a replica, n0 to n63"),
      ("{at: 1s, transfer: follower, for: 1s}", "faults: a fault 'transfer' has no 'for'"),
      ("{at: 1s, crash: any, evry: 1s}", "faults: unknown fault 'evry'; did you mean 'every'?"),
      ("{at: 1s, crash: any, times: 3}", "faults: 'times' needs 'every' beside it: how long after the last time?"),
      ("{at: 1s, crash: any, every: 0s}", "faults: 0s is too short; at least 1ns"),
      ("{at: 1s, crash: any, every: 1}", "faults: 1 is not a duration such as 15ms (units: ns, us, ms, s)"),
      (
        "{at: 1s, crash: any, every: 1s, times: 0}",
        "faults: 0 is not a whole number between 1 and 1000000"
      ),
      ("{at: 1s, crash: any, every: 1s, times: 11}", "faults: 11s is after the end of measure.window, 10s"),
      ("{at: 1s, crash: any, every: 1us}", "faults: 'every' makes it strike 9000000 times; at most 10000"),
      (
        "{at: 1s, partial-partition: any any any | any any any}",
        "faults: 'any' stands 6 times, for different ones of 5 replicas"
      ),
      ("{at: 1s, restart: any}", "faults: any is not a replica, n0 to n63"),
    ])
  func faults(_ entry: String, _ message: String) throws {
    #expect(try Bench.complaint("faults: [\(entry)]") == "probe.yaml:4: \(message)")
  }

  @Test(
    "So much cannot be lost in bursts, wherever the two meet in time, and only there",
    arguments: [
      (
        "link: {loss: 90%, burst: 4}",
        "probe.yaml:5: link.loss: 90% cannot be lost in bursts of 4; at most 80%, or 100%"
      ),
      ("link: {loss: 80%, burst: 4}", ""), ("link: {loss: 1, burst: 4}", ""), ("link: {loss: 90%}", ""),
      (
        "link.burst: 4\nfaults: [{at: 1s, loss: 90%}]",
        "probe.yaml:6: faults: 90% cannot be lost in bursts of 4; at most 80%, or 100%"
      ),
      (
        "link.loss: 90%\nfaults: [{at: 1s, burst: 4, for: 1s}]",
        "probe.yaml:6: faults: 90% cannot be lost in bursts of 4; at most 80%, or 100%"
      ),
      (
        "faults: [{at: 1s, loss: 90%, for: 500ms}, {at: 1.2s..2s, burst: 4}]",
        "probe.yaml:5: faults: 90% cannot be lost in bursts of 4; at most 80%, or 100%"
      ),
      (
        "faults: [{at: 1s, loss: 90%, for: 1s}, {at: 1100ms, loss: 10%, for: 400ms}, {at: 1200ms, burst: 4}]",
        "probe.yaml:5: faults: 90% cannot be lost in bursts of 4; at most 80%, or 100%"
      ),
      ("faults: [{at: 1s, loss: 90%, for: 500ms}, {at: 1.5s, burst: 4}]", ""),
      ("faults: [{at: 1s, loss: 90%}, {at: 1s, loss: 0.5}, {at: 1s, burst: 4}]", ""),
      (
        "faults: [{at: 1s, loss: 90%, for: 100ms, every: 1s}, {at: 3050ms, burst: 4}]",
        "probe.yaml:5: faults: 90% cannot be lost in bursts of 4; at most 80%, or 100%"
      ),
    ])
  func bursts(_ lines: String, _ message: String) throws {
    #expect(try Bench.complaint("measure.window: 5s\n" + lines) == message)
  }

  @Test(
    "Values that do not fit together",
    arguments: [
      (
        "timing.heartbeat: 150ms",
        ":4: timing.election-timeout: begins at 150ms, but a living leader shows itself only every 150ms (timing.heartbeat)"
      ),
      (
        "workload: {reads: 0.5, swaps: 0.5, deletes: 1%}",
        ":4: workload.reads: workload.reads, workload.swaps and workload.deletes add up to more than 1"
      ),
      ("retry.pause: 1s", ":4: retry.maximum-pause: 100ms is shorter than retry.pause, 1s"),
      ("retry.abandon: 1ms", ":4: retry.abandon: 1ms is shorter than retry.timeout, 1s"),
      ("link.session-timeout: 1ms", ":4: link.session-timeout: 1ms is shorter than link.retransmission, 200ms"),
      (
        "workload: {keys: 3, key-choice: hot 90% 90%}",
        ":4: workload.key-choice: of 3 keys (workload.keys) all would be hot"
      ),
      (
        "workload.sessions: 10001",
        ":4: sessions.limit: 10000 is less than the 10001 sessions that the workload opens (workload.sessions)"
      ),
      (
        "protocols: [orderly]\nlink.kind: datagram",
        ":4: protocol 'orderly' is defined over sessions that keep order, which link.kind datagram does not give; leave it "
          + "out, or use stream, in a file of its own if both are swept"
      ),
      (
        "protocols: [raft, orderly, raft-plain]\nsweep:\n  link.kind: [stream, datagram]",
        ":5: protocol 'orderly' is defined over sessions that keep order, which link.kind datagram does not give; leave it "
          + "out, as --protocol raft,raft-plain does, or use stream, in a file of its own if both are swept"
      ),
    ])
  func contradictions(_ lines: String, _ message: String) throws {
    #expect(try Bench.complaint(lines) == "probe.yaml\(message)")
  }

  @Test(
    "What does not fit together is said where the experiment says it, and a fault where it is written",
    arguments: [
      (
        "trials: 2\nretry:\n  pause: 1s", "probe.yaml:6: retry.maximum-pause: 100ms is shorter than retry.pause, 1s"
      ),
      (
        "cluster:\n  sites: VA OR IR\nlink.between: VA OR 1ms, VA IR 2ms",
        "probe.yaml:6: link.between: it does not say how far it is from OR to IR of cluster.sites"
      ),
      (
        "faults:\n  - {at: 1s, crash: leader}\n  - at: 2s\n    crash: n9",
        "probe.yaml:6: faults: n9 is not one of 5 replicas; the first is n0"
      ),
      (
        "faults:\n  - {at: 1s, loss: 90%}\n  - {at: 1s, burst: 4}",
        "probe.yaml:6: faults: 90% cannot be lost in bursts of 4; at most 80%, or 100%"
      ),
    ])
  func placed(_ lines: String, _ message: String) throws { #expect(try Bench.complaint(lines) == message) }

  @Test(
    "Bursts of nothing are refused, wherever they are asked for; one case with losses is enough",
    arguments: [
      ("trials: 2\nlink.burst: 8", "probe.yaml:5: link.burst"), ("link.burst: 1", ""),
      ("sweep:\n  link.burst: [1, 8]", "probe.yaml:5: link.burst"),
      ("faults:\n  - {at: 1s, crash: leader}\n  - {at: 2s, burst: 8}", "probe.yaml:6: faults: burst"),
      ("link.loss: 1%\nfaults: [{at: 2s, burst: 8}]", ""), ("sweep: {link.burst: [1, 8], link.loss: [0, 1%]}", ""),
      ("link.burst: 8\nfaults: [{at: 2s, loss: 1%}]", ""),
      ("link.burst: 8\nfaults: [{at: 2s, loss: 0}]", "probe.yaml:4: link.burst"),
    ])
  func lossless(_ lines: String, _ place: String) throws {
    let reason = " has no effect, because nothing is lost: set link.loss, or plan a fault 'loss'"
    #expect(try Bench.complaint(lines) == (place.isEmpty ? "" : place + reason))
    #expect(try Bench.complaint("link.burst: 8", overrides: [("link.burst", "1")]) == "")
  }

  @Test("A sweep has no end")
  func endlessSweep() throws {
    let losses = (1...400).map { "\($0)e-3" }.joined(separator: ", ")
    let delays = (1...400).map { "\($0)us" }.joined(separator: ", ")
    let complaint = try Bench.complaint("sweep: {link.loss: [\(losses)], client.delay: [\(delays)]}")
    #expect(complaint == "probe.yaml: the sweep has more than 100000 combinations")
  }

  @Test(
    "Overrides",
    arguments: [
      ("link.loss", "-1", "--set link.loss=-1: -1 is not a probability between 0 and 1"),
      ("link.los", "0", "--set link.los=0: unknown key 'link.los'; did you mean 'link.loss'?"),
      ("name", "x", "--set name=x: 'name' is no input; change it in the file"),
      ("trials", "3", "--set trials=3: 'trials' is no input; use --trials"),
      ("protocols", "raft", "--set protocols=raft: 'protocols' is no input; use --protocol"),
      (
        "faults", "none",
        "--set faults=none: 'faults' is no input; change it in the file, or name its cases in a sweep, of which --set chooses one"
      ),
      (
        "link.burst", "8",
        "--set link.burst=8: link.burst has no effect, because nothing is lost: set link.loss, or plan a fault 'loss'"
      ),
      ("", "", "--set =: unknown key ''; 'list --keys' shows all keys"),
    ])
  func overrides(_ path: String, _ value: String, _ message: String) throws {
    #expect(try Bench.complaint("", overrides: [(path, value)]) == message)
  }

  @Test(
    "Whole files",
    arguments: [
      ("", "probe.yaml: the file is empty"), ("question: b", "probe.yaml: 'name' is missing"),
      ("name: a", "probe.yaml: 'question' is missing: what does the experiment answer?"),
      ("name: a\nquestion: b", "probe.yaml: 'protocols' is missing: which protocols take part?"),
      ("name: a\nquestion: b\nprotocols: [x,\n  x]", "probe.yaml:4: protocol 'x' is listed twice"),
      ("name: ../a", "probe.yaml:1: '../a' is not a name of letters, digits, '-' and '_'"),
      ("- a", "probe.yaml:1: keys and values are expected here, as in 'a: b'"),
      ("name: a\n\tb: c", "probe.yaml:2: a tab at the beginning of the line; YAML takes spaces there"),
      ("name: a\nlink:\n\tloss: 0\nb: c", "probe.yaml:3: a tab at the beginning of the line; YAML takes spaces there"),
      ("link:\n  loss: 0\n \t burst: 8", "probe.yaml:3: a tab at the beginning of the line; YAML takes spaces there"),
      ("name: [a", "probe.yaml:2: did not find expected ',' or ']'"),
      ("name: *a", "probe.yaml:1: found undefined alias"),
      ("name: a\n---\nname: b", "probe.yaml:2: but found another document"),
      ("name: a\u{0}", "probe.yaml: control characters are not allowed"),
      (
        String(repeating: "[", count: 5_000),
        "probe.yaml:1: Maximum nesting level reached, set with yaml_set_max_nest_level())"
      ),
    ])
  func files(_ text: String, _ message: String) throws {
    let error = #expect(throws: InputError.self) { try ExperimentFile(text, file: "probe.yaml") }
    #expect(error?.description == message)
  }

  @Test("Names of experiments, profiles and protocols")
  func names() throws {
    func complaint(_ name: String, profile: String = "quick", protocols: [String]? = nil) -> String? {
      do throws(InputError) {
        _ = try Experiment.load(
          name, in: Bench.folder, profile: profile, protocols: protocols, catalogue: Bench.catalogue)
        return nil
      } catch { return error.description }
    }
    #expect(complaint("commit-latncy") == "unknown experiment 'commit-latncy'; did you mean 'commit-latency'?")
    #expect(complaint("x") == "unknown experiment 'x'; 'list' shows all experiments")
    #expect(complaint("no/such.yaml") == "no/such.yaml: cannot be read")
    #expect(complaint("load", profile: "quik") == "load.yaml: unknown profile 'quik'; did you mean 'quick'?")
    #expect(complaint("load", profile: "slow") == "load.yaml: unknown profile 'slow'; it has quick, full")
    #expect(complaint("load", protocols: ["raff"]) == "unknown protocol 'raff'; did you mean 'raft'?")
    #expect(complaint("load", protocols: ["wibble"]) == "unknown protocol 'wibble'; 'list' shows all protocols")
    #expect(
      try Bench.complaint("protocols: [rfat]") == "probe.yaml:3: unknown protocol 'rfat'; did you mean 'raft'?")
  }

  @Test("An environment must set every key, and nothing else")
  func environment() throws {
    func complaint(_ text: String) -> String? {
      do throws(InputError) {
        _ = try ExperimentFile.environment(text, file: "environment.yaml")
        return nil
      } catch { return error.description }
    }
    #expect(complaint("cluster.replicas: 5") == "environment.yaml: 'cluster.sites' is missing")
    #expect(complaint("trials: 5") == "environment.yaml:1: unknown key 'trials'; 'list --keys' shows all keys")
  }
}
