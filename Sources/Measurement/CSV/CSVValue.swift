/// A type that a column can hold, with exactly one text per value: reading accepts nothing that writing does not give.
public protocol CSVValue: Sendable, Equatable {
  /// What the documentation calls the type.
  static var typeName: String { get }
  var csv: String { get }
  init?(csv: String)
}

extension Int: CSVValue {
  public static var typeName: String { "integer" }
  public var csv: String { description }
  public init?(csv: String) {
    guard let value = Int(csv), value.description == csv else { return nil }
    self = value
  }
}

extension UInt64: CSVValue {
  public static var typeName: String { "integer" }
  public var csv: String { description }
  public init?(csv: String) {
    guard let value = UInt64(csv), value.description == csv else { return nil }
    self = value
  }
}

extension Bool: CSVValue {
  public static var typeName: String { "true, false" }
  public var csv: String { self ? "true" : "false" }
  public init?(csv: String) {
    switch csv {
    case "true": self = true
    case "false": self = false
    default: return nil
    }
  }
}

extension String: CSVValue {
  public static var typeName: String { "text" }
  public var csv: String { self }
  public init?(csv: String) { self = csv }
}

extension FixedDecimal: CSVValue {
  public static var typeName: String { "decimal, 6 digits" }
  public var csv: String { description }
  public init?(csv: String) {
    guard let units = fixedPointUnits(csv, digits: Self.digits) else { return nil }
    millionths = units
  }
}

extension Quantile: CSVValue {
  public static var typeName: String { "decimal, 9 digits" }
  public var csv: String { description }
  public init?(csv: String) {
    guard let units = fixedPointUnits(csv, digits: 9), (0...Self.one).contains(units) else { return nil }
    self.init(billionths: units)
  }
}

extension Fingerprint: CSVValue {
  public static var typeName: String { "16 hex digits" }
  public var csv: String { description }
  public init?(csv: String) {
    guard let value = UInt64(csv, radix: 16) else { return nil }
    self.init(value)
    guard description == csv else { return nil }
  }
}

extension ConfigurationID: CSVValue {
  public static var typeName: String { Fingerprint.typeName }
  public var csv: String { description }
  public init?(csv: String) {
    guard let fingerprint = Fingerprint(csv: csv) else { return nil }
    self.init(fingerprint)
  }
}

/// Empty means: there is no such number.
extension Optional: CSVValue where Wrapped: CSVValue {
  public static var typeName: String { "\(Wrapped.typeName), or empty" }
  public var csv: String { self?.csv ?? "" }
  public init?(csv: String) {
    if csv.isEmpty {
      self = Wrapped?.none
    } else if let value = Wrapped(csv: csv) {
      self = value
    } else {
      return nil
    }
  }
}

/// A closed set of words, one of which stands in the cell.
public protocol CSVWord: CSVValue, RawRepresentable<String>, CaseIterable {}

extension CSVWord {
  public static var typeName: String { allCases.map(\.rawValue).joined(separator: ", ") }
  public var csv: String { rawValue }
  public init?(csv: String) { self.init(rawValue: csv) }
}
