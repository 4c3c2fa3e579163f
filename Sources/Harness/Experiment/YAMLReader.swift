import Yams

/// Takes a YAML document apart; its errors carry the name of the file and the line.
struct YAMLReader: Sendable {
  /// One key of a mapping, its node, and what it maps to.
  struct Entry {
    var key: String
    var node: Node
    var value: Node
  }

  /// How messages name the file.
  let file: String

  func place(_ node: Node) -> String { node.mark.map { "\(file):\($0.line)" } ?? file }
  func error(_ node: Node, _ reason: String) -> InputError { InputError("\(place(node)): \(reason)") }

  /// The one document in `text`.
  func document(_ text: String) throws(InputError) -> Node {
    guard text.utf8.count <= 1 << 20 else { throw InputError("\(file): longer than 1MiB") }
    do {
      guard let root = try Parser(yaml: text).singleRoot() else { throw InputError("\(file): the file is empty") }
      return root
    } catch let error as InputError { throw error } catch { throw refusal(error, text) }
  }

  /// The keys of a mapping in the order of the file; of an empty value, none.
  func entries(of node: Node) throws(InputError) -> [Entry] {
    if isEmpty(node) { return [] }
    guard case .mapping(let mapping) = node else {
      throw error(node, "keys and values are expected here, as in 'a: b'")
    }
    var result: [Entry] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else { throw error(key, "a key must be a word") }
      result.append(Entry(key: scalar.string, node: key, value: value))
    }
    return result
  }

  func list<Element>(
    _ node: Node, _ what: String, _ read: (Node) throws(InputError) -> Element
  ) throws(InputError) -> [Element] {
    guard case .sequence(let nodes) = node else { throw error(node, "\(what): a list is expected here, as in [a, b]") }
    var result: [Element] = []
    for node in nodes { result.append(try read(node)) }
    return result
  }

  func scalar(_ node: Node, _ what: String) throws(InputError) -> String {
    guard case .scalar(let scalar) = node else { throw error(node, "\(what): a single value is expected here") }
    return scalar.string.trimmed
  }

  /// One value, or a list of them as words.
  func words(_ node: Node, _ what: String, separator: String = " ") throws(InputError) -> String {
    guard case .sequence = node else { return try scalar(node, what) }
    return try list(node, what) { node throws(InputError) in try scalar(node, what) }.joined(separator: separator)
  }

  /// A name that may become a file's.
  func name(_ node: Node) throws(InputError) -> String {
    let text = try scalar(node, "name")
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "-_".unicodeScalars.contains($0))
    }
    guard isPlain, !text.isEmpty, text.count <= 60 else {
      throw error(node, "'\(excerpt(text))' is not a name of letters, digits, '-' and '_'")
    }
    return text
  }

  func value<Value>(_ node: Node, _ what: String, _ form: ValueForm<Value>) throws(InputError) -> Value {
    let text = try scalar(node, what)
    do throws(InputError) { return try form.parse(text) } catch {
      throw self.error(node, "\(what): \(error.description)")
    }
  }

  /// Whether nothing stands behind the key.
  func isEmpty(_ node: Node) -> Bool {
    if case .scalar(let scalar) = node { scalar.string.isEmpty && scalar.style == .plain } else { false }
  }

  private func refusal(_ error: any Error, _ text: String) -> InputError {
    if let line = lineOfTab(error as? YamlError, text) {
      return InputError("\(file):\(line): a tab at the beginning of the line; YAML takes spaces there")
    }
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return InputError("\(file):\(mark.line): \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      let key = keys.first ?? ""
      return InputError("\(file):\(lineOfSecond(key, from: context.mark, text)): '\(excerpt(key))' is set twice")
    case .reader(let problem, _, _, _): return InputError("\(file): \(problem)")
    default: return InputError("\(file): this is not YAML")
    }
  }

  /// The first line that a tab indents, if that is what may have stopped the parser, whose own place can be some lines further on.
  private func lineOfTab(_ error: YamlError?, _ text: String) -> Int? {
    switch error {
    case .scanner, .parser: break
    default: return nil
    }
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return lines.firstIndex { $0.prefix { $0 == " " || $0 == "\t" }.contains("\t") }.map { $0 + 1 }
  }

  /// The parser only tells where the first of two equal keys stands: the next line that begins with it in the same column.
  private func lineOfSecond(_ key: String, from first: Mark, _ text: String) -> Int {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated().dropFirst(first.line) {
      let indent = line.prefix { $0 == " " }.count
      if indent == first.column - 1, line.dropFirst(indent).hasPrefix(key + ":") { return index + 1 }
    }
    return first.line
  }
}
