/// Something that a user wrote cannot be accepted. Its description is one line that says where and why.
public struct InputError: Error, Hashable, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = Self.printable(description) }

  /// This error, with the place it is about in front.
  func at(_ place: String) -> InputError { InputError("\(place): \(description)") }

  /// Control characters in what the user wrote must not break the line.
  private static func printable(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
    return String(String.UnicodeScalarView(scalars))
  }
}

/// What the user wrote, short enough for a message.
func excerpt(_ text: String) -> String { text.count > 60 ? "\(text.prefix(57))..." : text }

extension InputError {
  /// `name` is no such thing; names the nearest of `names`.
  public static func unknown(_ what: String, _ name: String, among names: [String]) -> InputError {
    let hint = NearestName.hint(for: name, among: names, otherwise: "; there are \(names.joined(separator: ", "))")
    return InputError("unknown \(what) '\(excerpt(name))'\(hint)")
  }
}
