import Consensus
import WriteAheadLog

/// A journal's disk: the files of one folder, locked, and owned by one replica of one cluster.
public struct FileDisk: Disk, Sendable {
  static let ownerName = "owner"
  /// The owner's file while the journal is being made: it has not served yet, and is made anew.
  static let formattingName = "formatting"
  /// A file that is not whole yet.
  static let unfinished = ".new"
  public static func isUnfinished(_ name: String) -> Bool { name.hasSuffix(unfinished) }

  private let layer: any FileLayer
  private var contents: [(file: JournalFile, blocks: Int)] = []
  /// The segment that comes next, while it is made.
  private var spare: SpareFile?
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
        for name in names where Self.isUnfinished(name) { try layer.remove(name) }
        for name in names {
          guard let file = JournalFile(name: name) else { continue }
          contents.append((file, try layer.length(of: name) / blockBytes))
        }
        contents.sort { $0.file < $1.file }
        return
      }
      let leftOver = names.filter { JournalFile(name: $0) != nil || Self.isUnfinished($0) }
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

  /// Under another name until it is whole; made ahead, if it was asked for in time.
  public mutating func create(_ file: JournalFile, blocks: Int) throws(DiskError) {
    var name = file.description + Self.unfinished
    if case .segment = file, let spare, spare.blocks == blocks, finishSpare() {
      name = SpareFile.name
    } else {
      try attempt { layer throws(FileError) in try layer.makeZeros(name, blocks: blocks, syncEvery: blocks) }
    }
    try attempt { layer throws(FileError) in
      try layer.rename(name, to: file.description)
      try layer.syncNames()
    }
    contents.removeAll { $0.file == file }
    insert(file, blocks)
  }

  /// Another thread begins to make a segment of so many blocks, unless one is being made, or `file` is there to be written over.
  mutating func makeAhead(_ file: JournalFile, blocks: Int) {
    guard spare == nil, self.blocks(of: file) == nil else { return }
    spare = try? SpareFile(layer, blocks: blocks)
  }
  /// Waits for that thread; true: what it made is there. To be called before the layer is closed.
  @discardableResult mutating func finishSpare() -> Bool {
    defer { spare = nil }
    return spare?.finish() ?? false
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
