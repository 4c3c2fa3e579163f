import Consensus

/// The search for one key: a register that holds 0 at first.
///
/// Goes through the history once, in order of time, with every configuration that the register may be in. Operations are placed as late as
/// possible, when one of them returns (Lowe's just-in-time linearization, 2017), and a write only where somebody sees it:
///
/// - A read is placed as soon as the register holds what it found: that changes nothing, and is never wrong.
/// - A put or delete that nobody sees can stand right before a later one, if that was placed while it was open. From then on it is
///   optional: when it returns it needs no place of its own.
/// - What was never answered is optional from the start and never returns; of those that do the same the oldest goes first.
/// - An optional operation is of use only as long as another finds what it leaves.
/// - A value that somebody must still find is not overwritten, unless somebody can still write it.
///
/// It looks at few configurations first, those in which the least was placed, and at more of them only if these lead nowhere: one that
/// goes through to the end is enough.
///
/// If values are distinct, few configurations are left however many operations run at once or were never answered. In general the
/// question is NP-complete (Gibbons and Korach 1997), hence the budget.
struct RegisterSearch {
  enum Outcome: Equatable {
    case linearizable
    /// Which operation finds no place.
    case stuck(String)
    case exhausted
  }

  /// What an operation finds and leaves. Values are numbered; 0 is the absent one.
  private struct Step {
    /// Nil: whatever is there.
    var finds: Int?
    /// Nil: what is there stays.
    var leaves: Int?
    var isAnswered = false
    /// No register answers like that.
    var isAbsurd = false
    /// The last one before it that was never answered either and does the same.
    var alike: Int?
    /// Its bit while it is open.
    var slot: Int?

    /// Overwrites whatever is there.
    var isBlind: Bool { finds == nil && leaves != nil }
  }

  /// How many configurations are kept at once, in one pass after the other. The last is some 30 MB of them.
  private static let widths = [1, 1 << 6, 1 << 10, 1 << 14]

  /// In order of invocation.
  private let operations: [ClientOperation]
  private var steps: [Step] = []
  private var values: [UInt64] = [0]
  /// By value: operations that find it and have not returned.
  private var finders: [Int] = []
  /// By value: those of them that have an answer.
  private var seekers: [Int] = []
  /// By value: operations that leave it and have not returned.
  private var leavers: [Int] = []
  /// By value: operations never answered that leave it.
  private var unanswered: [[Int]] = []
  /// Operations that were invoked.
  private var invoked = 0
  /// Those of them that have not returned, in order of invocation.
  private var open: [Int] = []
  private var freeSlots: [Int] = []
  /// Not every configuration was kept: that none is left proves nothing.
  private var hasDropped = false
  private var slots = 0

  init(_ history: [ClientOperation]) {
    operations = history.enumerated().sorted { ($0.element.invoked, $0.offset) < ($1.element.invoked, $1.offset) }
      .map(\.element)
    var numbers: [UInt64: Int] = [0: 0]
    var latest: [[Int?]: Int] = [:]
    for (index, operation) in operations.enumerated() {
      var step = Self.step(operation) { value in
        if let known = numbers[value] { return known }
        numbers[value] = values.count
        values.append(value)
        return values.count - 1
      }
      if !step.isAnswered { step.alike = latest.updateValue(index, forKey: [step.finds, step.leaves]) }
      steps.append(step)
    }
    finders = Array(repeating: 0, count: values.count)
    seekers = finders
    leavers = finders
    unanswered = Array(repeating: [], count: values.count)
    for (index, step) in steps.enumerated() {
      if let value = step.finds, step.isAnswered || step.leaves != nil { finders[value] += 1 }
      if let value = step.finds, step.isAnswered { seekers[value] += 1 }
      if let value = step.leaves {
        leavers[value] += 1
        if !step.isAnswered { unanswered[value].append(index) }
      }
    }
  }

  private static func step(_ operation: ClientOperation, number: (UInt64) -> Int) -> Step {
    let asked = operation.operation
    var step = Step()
    switch asked.kind {
    case .open, .get: break
    case .put: step.leaves = number(asked.value)
    case .delete: step.leaves = 0
    case .cas: (step.finds, step.leaves) = (number(asked.expected), number(asked.value))
    }
    if case .ok(let reply) = operation.outcome {
      step.isAnswered = true
      if asked.kind == .cas || asked.kind == .get { step.finds = number(reply.value) }
      if asked.kind == .cas {
        step.isAbsurd = reply.applied != (reply.value == asked.expected)
        if !reply.applied { step.leaves = nil }
      }
    }
    if step.finds == step.leaves { step.leaves = nil }
    return step
  }

  // MARK: Through the history

  /// - Parameter budget: looks at an operation in a configuration.
  func run(_ budget: inout Int) -> Outcome {
    for width in Self.widths {
      var pass = self
      let outcome = pass.run(&budget, width)
      if case .stuck = outcome, pass.hasDropped { continue }
      return outcome
    }
    return .exhausted
  }

  private mutating func run(_ budget: inout Int, _ width: Int) -> Outcome {
    for value in finders.indices where finders[value] == 0 { _ = forgetUnanswered(leaving: value) }
    var frontier = Frontier()
    frontier.insert(Configuration())
    for event in events() {
      guard event.isReturn else {
        call(event.operation, &frontier)
        continue
      }
      let next = settle(event.operation, frontier, &budget, width)
      guard budget > 0 else { return .exhausted }
      guard !next.configurations.isEmpty else { return .stuck(describe(event.operation, frontier)) }
      frontier = retire(event.operation, next)
    }
    return .linearizable
  }

  /// At one instant calls come first: what only touches is concurrent. What was never answered does not return.
  private func events() -> [(time: Int64, isReturn: Bool, operation: Int)] {
    var events: [(time: Int64, isReturn: Bool, operation: Int)] = []
    for (index, operation) in operations.enumerated() {
      events.append((operation.invoked, false, index))
      if steps[index].isAnswered { events.append((operation.returned ?? .max, true, index)) }
    }
    events.sort { ($0.time, $0.isReturn ? 1 : 0, $0.operation) < ($1.time, $1.isReturn ? 1 : 0, $1.operation) }
    return events
  }

  private mutating func call(_ index: Int, _ frontier: inout Frontier) {
    invoked += 1
    let step = steps[index]
    if !step.isAnswered {
      guard let value = step.leaves, finders[value] > 0 else { return }
    }
    let slot = freeSlots.popLast() ?? slots
    slots = max(slots, slot + 1)
    steps[index].slot = slot
    open.append(index)
    if step.leaves == nil, !step.isAbsurd, let value = step.finds {
      frontier = frontier.map { if $0.value == value { $0.answered.insert(slot) } }
    }
  }

  /// The ways to have `index` in its place, or to need none; those that place the least come first, and hardly more than `width`.
  private mutating func settle(_ index: Int, _ frontier: Frontier, _ budget: inout Int, _ width: Int) -> Frontier {
    var next = Frontier()
    var tried = Frontier()
    var queue: [Configuration] = []
    for start in frontier.configurations {
      guard next.configurations.count < width else {
        hasDropped = true
        return next
      }
      if isPlaced(index, start) {
        next.insert(start)
        continue
      }
      // Who answers in the order in which things happened has it at its place now.
      if !isOptional(index, start) || finders[steps[index].leaves ?? 0] > 0, canPlace(index, start) {
        let placed = place(index, start)
        if isTenable(placed, after: start) { next.insert(placed) }
      }
      if isOptional(index, start), canLose(index, start) { next.insert(start) }
      if tried.insert(start) { queue.append(start) }
    }
    var looked = 0
    while looked < queue.count, next.configurations.count < width, queue.count < 4 * width {
      let configuration = queue[looked]
      looked += 1
      budget -= open.count
      guard budget > 0 else { return next }
      if isOptional(index, configuration), finders[steps[index].leaves ?? 0] == 0 { continue }
      let sought = self.sought(configuration)
      for write in open where canPlace(write, configuration) {
        guard write == index || mustBePlaced(write) || steps[write].leaves.map(sought.contains) ?? false else {
          continue
        }
        budget -= open.count
        let placed = place(write, configuration)
        guard isTenable(placed, after: configuration) else { continue }
        if isPlaced(index, placed) {
          next.insert(placed)
        } else if tried.insert(placed) {
          queue.append(placed)
        }
      }
    }
    if looked < queue.count { hasDropped = true }
    return next
  }

  /// `index` has returned: what only it could find need not be written any more.
  private mutating func retire(_ index: Int, _ frontier: Frontier) -> Frontier {
    var freed = close(index)
    if let value = steps[index].finds {
      finders[value] -= 1
      seekers[value] -= 1
      if finders[value] == 0 { freed += forgetUnanswered(leaving: value) }
    }
    if let value = steps[index].leaves { leavers[value] -= 1 }
    freeSlots += freed
    return frontier.map { configuration in
      for slot in freed {
        configuration.answered.remove(slot)
        configuration.spent.remove(slot)
      }
      simplify(&configuration)
    }
  }
  private mutating func forgetUnanswered(leaving value: Int) -> [Int] {
    var freed: [Int] = []
    let forgotten = unanswered[value]
    unanswered[value] = []
    for index in forgotten {
      freed += close(index)
      leavers[value] -= 1
      guard let found = steps[index].finds else { continue }
      finders[found] -= 1
      if finders[found] == 0 { freed += forgetUnanswered(leaving: found) }
    }
    return freed
  }
  private mutating func close(_ index: Int) -> [Int] {
    guard let slot = steps[index].slot else { return [] }
    steps[index].slot = nil
    open.removeAll { $0 == index }
    return [slot]
  }

  // MARK: One configuration

  private func isPlaced(_ index: Int, _ configuration: Configuration) -> Bool {
    guard let slot = steps[index].slot else { return false }
    return steps[index].isAnswered ? configuration.answered.contains(slot) : configuration.spent.contains(slot)
  }
  private func isOptional(_ index: Int, _ configuration: Configuration) -> Bool {
    steps[index].isBlind && index < configuration.covered
  }
  /// A swap with an answer sees and is seen: what it found may be overwritten next.
  private func mustBePlaced(_ index: Int) -> Bool { steps[index].isAnswered && steps[index].finds != nil }
  private func canPlace(_ index: Int, _ configuration: Configuration) -> Bool {
    let step = steps[index]
    guard step.leaves != nil, !step.isAbsurd, step.finds.map({ $0 == configuration.value }) ?? true,
      !isPlaced(index, configuration)
    else { return false }
    guard let alike = step.alike, steps[alike].slot != nil else { return true }
    return isPlaced(alike, configuration)
  }
  /// Whether nobody needs what `index` leaves, or another can still write it.
  private func canLose(_ index: Int, _ configuration: Configuration) -> Bool {
    guard let value = steps[index].leaves, value != configuration.value else { return true }
    return !isLast(value, configuration, besides: index)
  }
  /// Whether what was overwritten may be so.
  private func isTenable(_ configuration: Configuration, after earlier: Configuration) -> Bool {
    configuration.value == earlier.value || !isLast(earlier.value, configuration)
  }
  /// Somebody must still find `value`, and nobody that has no place yet leaves it.
  private func isLast(_ value: Int, _ configuration: Configuration, besides lost: Int? = nil) -> Bool {
    var (seekers, leavers) = (seekers[value], leavers[value])
    guard seekers > 0 else { return false }
    for index in open where index == lost || isPlaced(index, configuration) {
      if steps[index].finds == value, steps[index].isAnswered { seekers -= 1 }
      if steps[index].leaves == value { leavers -= 1 }
    }
    return seekers > 0 && leavers <= 0
  }
  /// What open operations without a place would find.
  private func sought(_ configuration: Configuration) -> [Int] {
    open.compactMap { isPlaced($0, configuration) ? nil : steps[$0].finds }
  }

  private func place(_ index: Int, _ configuration: Configuration) -> Configuration {
    var configuration = configuration
    let step = steps[index]
    guard let slot = step.slot, let value = step.leaves else { return configuration }
    if step.isAnswered { configuration.answered.insert(slot) } else { configuration.spent.insert(slot) }
    configuration.value = value
    if step.isBlind { configuration.covered = invoked }
    for read in open where steps[read].leaves == nil && steps[read].finds == value && !steps[read].isAbsurd {
      if let slot = steps[read].slot { configuration.answered.insert(slot) }
    }
    simplify(&configuration)
    return configuration
  }
  /// The one way to write configurations that do not differ in what may follow.
  private func simplify(_ configuration: inout Configuration) {
    var covered = 0
    for index in open where isOptional(index, configuration) && steps[index].isAnswered {
      guard let slot = steps[index].slot, let value = steps[index].leaves else { continue }
      if finders[value] == 0 { configuration.answered.insert(slot) }
      if !configuration.answered.contains(slot) { covered = index + 1 }
    }
    configuration.covered = covered
  }

  private func describe(_ index: Int, _ frontier: Frontier) -> String {
    let operation = operations[index]
    var reply = "no reply"
    if case .ok(let known) = operation.outcome { reply = "\(known.applied ? "" : "not ")applied, value \(known.value)" }
    let value = frontier.configurations.first.map { values[$0.value] } ?? 0
    return
      "\(operation.operation) of process \(operation.process) at \(operation.invoked) ns (\(reply)) finds no place; the value may be \(value)"
  }
}

/// What the register may be like at one moment: a value, and which of the operations that are open have their place.
private struct Configuration: Hashable {
  var value = 0
  /// Puts and deletes among the first so many operations are optional.
  var covered = 0
  /// Placed, of the open operations that have an answer, by slot.
  var answered = SlotSet()
  /// Placed, of those that were never answered.
  var spent = SlotSet()
}

/// Configurations, less those that another one makes superfluous, because it has the same but more left to place at will.
private struct Frontier {
  private(set) var configurations: [Configuration] = []
  private var places: [Configuration: [Int]] = [:]

  /// False if it is known, or no better than a known one.
  @discardableResult mutating func insert(_ configuration: Configuration) -> Bool {
    var kind = configuration
    kind.spent = SlotSet()
    for place in places[kind] ?? [] {
      if configurations[place].spent.isSubset(of: configuration.spent) { return false }
      if configuration.spent.isSubset(of: configurations[place].spent) {
        configurations[place] = configuration
        return true
      }
    }
    places[kind, default: []].append(configurations.count)
    configurations.append(configuration)
    return true
  }
  func map(_ change: (inout Configuration) -> Void) -> Frontier {
    var changed = Frontier()
    for var configuration in configurations {
      change(&configuration)
      changed.insert(configuration)
    }
    return changed
  }
}

/// A set of small integers. Up to 64 of them need no allocation.
private struct SlotSet: Hashable {
  private var first: UInt64 = 0
  /// Without zeros at its end.
  private var others: [UInt64] = []

  func contains(_ slot: Int) -> Bool {
    if slot < 64 { return first >> UInt64(slot) & 1 == 1 }
    let word = slot / 64 - 1
    return word < others.count && others[word] >> UInt64(slot % 64) & 1 == 1
  }
  mutating func insert(_ slot: Int) {
    if slot < 64 {
      first |= 1 << UInt64(slot)
      return
    }
    let word = slot / 64 - 1
    while others.count <= word { others.append(0) }
    others[word] |= 1 << UInt64(slot % 64)
  }
  mutating func remove(_ slot: Int) {
    if slot < 64 {
      first &= ~(1 << UInt64(slot))
      return
    }
    let word = slot / 64 - 1
    guard word < others.count else { return }
    others[word] &= ~(1 << UInt64(slot % 64))
    while others.last == 0 { others.removeLast() }
  }
  func isSubset(of other: SlotSet) -> Bool {
    first & ~other.first == 0
      && others.indices.allSatisfy { others[$0] & ~($0 < other.others.count ? other.others[$0] : 0) == 0 }
  }
}
