import Consensus
import Testing

@testable import WriteAheadLog

/// Whatever happens to the bytes: all that was synced, in order, or a refusal. Never other records, never fewer.
@Suite("Damage") struct DamageTests {
  /// How often each answer was given.
  private struct Answers {
    var clean = 0
    var shortened = 0
    var refused: [JournalDamage.Reason: Int] = [:]

    mutating func check(_ disk: MemoryDisk, against sample: Sample, whole: UInt64, _ what: @autoclosure () -> String) {
      switch recover(disk) {
      case .damaged(let damage): refused[damage.reason, default: 0] += 1
      case .clean(let log):
        if log.position == whole { clean += 1 } else { shortened += 1 }
        if log.position < sample.provenPosition || log.notes != sample.notes(through: log.position) {
          Issue.record("\(what()): \(log.position) of \(whole), synced for certain \(sample.provenPosition)")
        }
      }
    }
  }

  @Test("Any single byte may change: the same records, a refusal, or a batch less that nothing proves synced")
  func flips() throws {
    for isMarked in [true, false] {
      let sample = try Sample(isMarked: isMarked)
      let whole = try recovered(sample.disk)
      #expect(whole.notes == sample.notes.map(\.note))
      #expect(whole.proven == sample.provenPosition)
      var answers = Answers()
      var disk = sample.disk
      for file in disk.contents.indices {
        for byte in disk.contents[file].bytes.indices {
          disk.contents[file].bytes[byte] ^= 1 << UInt8(byte % 8)
          answers.check(disk, against: sample, whole: whole.position, "byte \(byte) of \(disk.contents[file].file)")
          disk.contents[file].bytes[byte] ^= 1 << UInt8(byte % 8)
        }
      }
      #expect(answers.clean > 1_000)
      #expect(answers.refused[.checksum, default: 0] > 1_000)
      // What a marker stands behind is never taken for torn.
      #expect(isMarked ? answers.shortened == 0 : answers.shortened > 100)
    }
  }

  @Test("Any file may end at any byte: the same records, a refusal, or a batch less that nothing proves synced")
  func cuts() throws {
    for isMarked in [true, false] {
      let sample = try Sample(isMarked: isMarked)
      let whole = try recovered(sample.disk).position
      var answers = Answers()
      for file in sample.disk.contents.indices {
        var disk = sample.disk
        for length in stride(from: disk.contents[file].bytes.count - 1, through: 0, by: -1) {
          disk.contents[file].bytes.removeLast()
          answers.check(disk, against: sample, whole: whole, "\(disk.contents[file].file) cut at \(length)")
        }
      }
      #expect(answers.clean > 1_000)
      #expect(answers.refused.values.reduce(0, +) > 1_000)
    }
  }

  @Test("Blocks are lost, swapped, repeated and filled with noise, many at a time: no wrong record is ever recovered")
  func manyBlocks() throws {
    let sample = try Sample(isMarked: true)
    let whole = try recovered(sample.disk).position
    var random = RandomSource(seed: 1)
    var answers = Answers()
    for round in 1...1_000 {
      var disk = sample.disk
      func place() -> (file: Int, start: Int) {
        let file = Int(random.below(UInt64(disk.contents.count)))
        return (file, Int(random.below(UInt64(disk.contents[file].bytes.count / blockBytes))) * blockBytes)
      }
      func block(_ place: (file: Int, start: Int)) -> [UInt8] {
        Array(disk.contents[place.file].bytes[place.start..<(place.start + blockBytes)])
      }
      func replace(_ place: (file: Int, start: Int), _ bytes: [UInt8]) {
        disk.contents[place.file].bytes.replaceSubrange(place.start..<(place.start + bytes.count), with: bytes)
      }
      for _ in 0...random.below(4) {
        let (one, other) = (place(), place())
        switch random.below(5) {
        case 0: replace(one, Array(repeating: 0, count: blockBytes))
        case 1:
          let moved = block(one)
          replace(one, block(other))
          replace(other, moved)
        case 2: replace(one, block(other))
        case 3: replace(one, (0..<512).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        default:
          let bit = Int(random.below(UInt64(blockBytes * 8)))
          var bytes = block(one)
          bytes[bit / 8] ^= 1 << UInt8(bit % 8)
          replace(one, bytes)
        }
      }
      switch recover(disk) {
      case .damaged(let damage): answers.refused[damage.reason, default: 0] += 1
      case .clean(let log):
        // Both the last batch and what proves it may be gone: then, and only then, less is there.
        answers.clean += 1
        #expect(log.notes == sample.notes(through: log.position), "round \(round)")
        #expect(log.position == whole || log.proven < whole, "round \(round)")
      }
    }
    for reason in [JournalDamage.Reason.checksum, .stale, .misdirected] {
      #expect(answers.refused[reason, default: 0] > 0, "never \(reason)")
    }
    #expect(answers.clean > 50)
  }

  @Test("Any bytes at all are answered")
  func noise() throws {
    let sample = try Sample(isMarked: true)
    var random = RandomSource(seed: 2)
    for _ in 0..<200 {
      var disk = MemoryDisk()
      for (file, bytes) in sample.disk.contents where random.chance(0.9) {
        let length = Int(random.below(UInt64(bytes.count + 1)))
        let isNoise = random.chance(0.5)
        disk.contents.append(
          (file, bytes.prefix(length).map { isNoise ? UInt8(truncatingIfNeeded: random.next()) : $0 }))
      }
      guard case .clean(let log) = recover(disk) else { continue }
      #expect(log.notes == sample.notes(through: log.position))
    }
  }
}
