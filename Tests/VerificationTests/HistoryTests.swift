import Consensus
import Testing

@testable import Verification

@Suite("Histories as JSON lines") struct HistoryTests {
  private static func history() -> [ClientOperation] {
    let operations: [(Operation, ClientOperation.Outcome)] = [
      (.put(1, 7), .ok(Reply())), (.get(1), .ok(Reply(value: 7))),
      (.cas(1, from: 7, to: 8), .ok(Reply(applied: true, value: 7))),
      (.cas(1, from: 7, to: 9), .ok(Reply(applied: false, value: 8))), (.delete(2), .unknown), (.put(3, 1), .failed),
    ]
    return operations.enumerated().map { index, item in
      var entry = ClientOperation(
        process: UInt32(index), id: .init(client: UInt64(index), sequence: 1), operation: item.0,
        invoked: Int64(index * 10))
      entry.outcome = item.1
      if case .ok = item.1 { entry.returned = Int64(index * 10 + 5) }
      return entry
    }
  }

  @Test("What is written is read back")
  func roundTrip() throws {
    let text = History.encode(Self.history())
    #expect(
      text.split(separator: "\n").first == #"{"proc":0,"type":"invoke","f":"put","key":"k1","val":"7","t":0}"#)
    #expect(text.contains(#""f":"cas","key":"k1","val":"8","applied":false,"t":35}"#))
    #expect(try History.parse(text) == Self.history())
  }

  @Test("Histories of other writers are read: any order of fields, spaces, numbers as numbers, extra fields, any key")
  func foreign() throws {
    let text = """
      { "t" : 1, "key": "x/\\u0061", "f":"put", "type":"invoke", "proc": 4, "val": 3, "note": {"a":[1,2,{}], "b":null} }

      {"proc":4,"type":"ok","f":"put","key":"x\\/a","t":2}\r
      {"proc":4,"type":"invoke","f":"get","key":"x/a","val":null,"t":2}
      {"proc":4,"type":"ok","f":"get","key":"x/a","val":3,"t":9}
      """
    let history = try History.parse(text)
    #expect(history.count == 2 && history[0].operation.key == history[1].operation.key)
    #expect(LinearizabilityChecker.check(history, budget: 100).verdict == .ok)
  }

  @Test("What is no history is refused with the line and the reason")
  func errors() {
    let good = #"{"proc":1,"type":"invoke","f":"get","key":"k1","t":5}"#
    let cases: [(String, String)] = [
      ("nonsense", "line 1: no JSON object"),
      (#"{"proc":1"#, "line 1: the object does not end with '}'"),
      (#"{"proc":1,"proc":2}"#, "line 1: 'proc' occurs twice"),
      (#"{"proc":1,"type":"invoke","f":"get","key":"k1"}"#, "line 1: 't' is missing"),
      (
        #"{"proc":-1,"type":"invoke","f":"get","key":"k1","t":1}"#,
        "line 1: 'proc' is -1, which is no natural number below 2^64"
      ),
      (
        #"{"proc":1,"type":"begin","f":"get","key":"k1","t":1}"#,
        "line 1: 'type' is \"begin\"; it must be invoke, ok, fail or info"
      ),
      (
        #"{"proc":1,"type":"invoke","f":"add","key":"k1","t":1}"#,
        "line 1: 'f' is \"add\"; it must be get, put, cas or delete"
      ),
      (#"{"proc":1,"type":"invoke","f":"put","key":"k1","t":1}"#, "line 1: 'val' is missing"),
      (#"{"proc":1,"type":"ok","f":"get","key":"k1","val":1,"t":1}"#, "line 1: process 1 returns without asking"),
      (good + "\n" + good, "line 2: process 1 asks again before its last operation returned"),
      (
        good + "\n" + #"{"proc":1,"type":"ok","f":"get","key":"k2","val":1,"t":6}"#,
        "line 2: process 1 returns from another operation than it asked for"
      ),
      (good + "\n" + #"{"proc":2,"type":"invoke","f":"get","key":"k1","t":4}"#, "line 2: 't' goes back from 5 to 4"),
      (good + " x", "line 1: something follows the object"),
    ]
    for (text, message) in cases {
      do {
        _ = try History.parse(text)
        Issue.record("accepted: \(text)")
      } catch {
        #expect(error.description == message)
      }
    }
  }

  @Test("No bytes crash the reader")
  func totality() {
    var random = RandomSource(seed: 3)
    let text = Array(History.encode(Self.history()).utf8)
    var refused = 0
    for _ in 0..<3_000 {
      var bytes = text
      for _ in 0...Int(random.below(3)) {
        bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next())
      }
      do { _ = try History.parse(String(decoding: bytes, as: UTF8.self)) } catch { refused += 1 }
    }
    #expect(refused > 1_000)
    let deep = #"{"a":"# + String(repeating: "[", count: 100_000)
    #expect(throws: HistoryError.self) { try History.parse(deep) }
  }
}
