import Consensus

/// A 64-bit checksum of bytes, in four lanes that the processor works on at once.
///
/// Each lane folds every fourth word by `Digest.mix`, which is a bijection: damage that is confined to eight aligned bytes
/// always changes the sum, any other goes unnoticed with probability 2⁻⁶⁴. `seed` makes the frames of one journal worthless in
/// another.
enum Checksum {
  static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    var (a, b, c, d) = (seed, seed &+ 1, seed &+ 2, seed &+ 3)
    let stripes = bytes.count / 32
    for stripe in 0..<stripes {
      let place = stripe &* 32
      a = Digest.mix(a &+ word(bytes, at: place))
      b = Digest.mix(b &+ word(bytes, at: place &+ 8))
      c = Digest.mix(c &+ word(bytes, at: place &+ 16))
      d = Digest.mix(d &+ word(bytes, at: place &+ 24))
    }
    var place = stripes * 32
    var sum = Digest(seed: seed)
    while place < bytes.count {
      let count = min(8, bytes.count - place)
      var last: UInt64 = 0
      for index in 0..<count { last |= UInt64(bytes[place + index]) << UInt64(8 * index) }
      sum.fold(last)
      place += count
    }
    for lane in [a, b, c, d] { sum.fold(lane) }
    sum.fold(bytes.count)
    return sum.value
  }
  static func of(_ bytes: ArraySlice<UInt8>, seed: UInt64) -> UInt64 {
    bytes.withUnsafeBytes { of($0, seed: seed) }
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, at place: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }
}
