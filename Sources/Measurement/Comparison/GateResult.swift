/// What an exact comparison with a baseline says.
public enum GateResult: Hashable, Sendable {
  /// Not a byte that matters differs.
  case holds
  /// Something got worse, or is not what it was.
  case regression
  /// Something got better and nothing worse: the baseline is stale.
  case improvement
  /// The two cannot be compared, and why.
  case mismatch(reason: String)

  /// Weighs `differences`: one that is no improvement makes a regression, and so do mere consequences without a cause.
  public init(_ differences: [Difference]) {
    if differences.isEmpty {
      self = .holds
    } else if differences.contains(where: { $0.direction == .worse || $0.direction == .changed }) {
      self = .regression
    } else {
      self = differences.contains { $0.direction == .better } ? .improvement : .regression
    }
  }

  /// One word for reports.
  public var name: String {
    switch self {
    case .holds: "holds"
    case .regression: "regression"
    case .improvement: "improvement"
    case .mismatch: "mismatch"
    }
  }
}
