import Consensus
import WriteAheadLog

/// A journal's disk: the files of one folder, locked, and owned by one replica of one cluster.
public struct FileDisk: Disk, Sendable {
  static let ownerName = "owner"
  /// The owner's file while the journal is being made: it has not served yet, and is made anew.
  static let formattingName = "formatting"
  /// A file that is not whole yet.
  private static let unfinished = ".new"

  private let layer: any FileLayer
  private var contents: [(file: JournalFile, blocks: Int)] = []
  /// What the last call that failed had to say.
  private(set) var lastError: FileError?

  /// Opens the folder's journal; makes an empty one for `owner` where there is none.
  public init<Record: WireCodable>(
    _ layer: any FileLayer, owner: JournalOwner, segmentBlocks: Int, holding: Record.Type
  ) throws(JournalRefusal) {
    self.layer = layer
    do throws(FileError) {
      let names = try layer.names()
      if names.contains(Self.ownerName) {
        let text = try layer.read(Self.ownerName)
        if text != owner.bytes {
          throw FileError(foreign: String(decoding: text, as: UTF8.self))
        }
        // A file that was never whole holds nothing.
        for name in names where name.hasSuffix(Self.unfinished) { try layer.remove(name) }
        for name in names {
          guard let file = JournalFile(name: name) else { continue }
          contents.append((file, try layer.length(of: name) / blockBytes))
        }
        contents.sort { $0.file < $1.file }
        return
      }
      let leftOver = names.filter { JournalFile(name: $0) != nil || $0.hasSuffix(Self.unfinished) }
      guard leftOver.isEmpty || names.contains(Self.formattingName) else { throw FileError(foreign: "") }
      for name in leftOver { try layer.remove(name) }
      try layer.make(Self.formattingName)
      try layer.write(owner.bytes, to: Self.formattingName, at: 0)
      try layer.sync(Self.formattingName)
      try layer.syncNames()
      do throws(DiskError) {
        try WriteAheadLog<Record>.format(&self, identity: owner.identity, segmentBlocks: segmentBlocks)
      } catch { throw lastError ?? FileError("write", layer.folder, 0) }
      try layer.rename(Self.formattingName, to: Self.ownerName)
      try layer.syncNames()
    } catch {
      guard error.isForeign else { throw .unusable(error) }
      throw error.path.isEmpty ? .unowned(layer.folder) : .owned(layer.folder, by: error.path, not: owner)
    }
  }

  public var files: [JournalFile] { contents.map(\.file) }
  public func blocks(of file: JournalFile) -> Int? { index(file).map { contents[$0].blocks } }

  public func read(_ file: JournalFile) throws(DiskError) -> [UInt8] {
    do throws(FileError) { return try layer.read(file.description) } catch { throw error.asDiskError }
  }

  /// Written, not only allocated: to overwrite zeros that are there costs half of what it costs to make extents that are allocated
  /// into ones that are written. Under another name until it is whole.
  public mutating func create(_ file: JournalFile, blocks: Int) throws(DiskError) {
    let name = file.description + Self.unfinished
    let piece = min(blocks, 256)
    let zeros = Array(repeating: UInt8(0), count: piece * blockBytes)
    try attempt { layer throws(FileError) in
      try layer.make(name)
      var block = 0
      while block < blocks {
        let count = min(piece, blocks - block)
        try layer.write(
          count == piece ? zeros : Array(zeros[..<(count * blockBytes)]), to: name, at: block * blockBytes)
        block += count
      }
      try layer.sync(name)
      try layer.rename(name, to: file.description)
      try layer.syncNames()
    }
    contents.removeAll { $0.file == file }
    insert(file, blocks)
  }

  public mutating func rename(_ file: JournalFile, to new: JournalFile) throws(DiskError) {
    guard let index = index(file), self.index(new) == nil else { throw .failed }
    try attempt { layer throws(FileError) in
      try layer.rename(file.description, to: new.description)
      try layer.syncNames()
    }
    insert(new, contents.remove(at: index).blocks)
  }

  public mutating func remove(_ file: JournalFile) throws(DiskError) {
    guard let index = index(file) else { return }
    try attempt { layer throws(FileError) in
      try layer.remove(file.description)
      try layer.syncNames()
    }
    contents.remove(at: index)
  }

  public mutating func write(_ bytes: [UInt8], to file: JournalFile, at block: Int) throws(DiskError) {
    try attempt { layer throws(FileError) in try layer.write(bytes, to: file.description, at: block * blockBytes) }
  }
  public mutating func sync(_ file: JournalFile) throws(DiskError) {
    try attempt { layer throws(FileError) in try layer.sync(file.description) }
  }

  private mutating func attempt(_ body: (any FileLayer) throws(FileError) -> Void) throws(DiskError) {
    do throws(FileError) { try body(layer) } catch {
      lastError = error
      throw error.asDiskError
    }
  }
  private func index(_ file: JournalFile) -> Int? { contents.firstIndex { $0.file == file } }
  private mutating func insert(_ file: JournalFile, _ blocks: Int) {
    contents.insert((file, blocks), at: contents.firstIndex { $0.file > file } ?? contents.count)
  }
}

extension FileError {
  /// The folder is another's: a way out of `init`, never seen outside.
  fileprivate init(foreign owner: String) { self.init("", owner, 0) }
  fileprivate var isForeign: Bool { call.isEmpty }
}

extension JournalFile {
  init?(name: String) {
    if name == "superblock" {
      self = .superblock
      return
    }
    let parts = name.split(separator: "-")
    guard parts.count == 2, let number = UInt64(parts[1]) else { return nil }
    switch parts[0] {
    case "checkpoint": self = .checkpoint(number)
    case "segment": self = .segment(number)
    default: return nil
    }
    if description != name { return nil }
  }
}
