import Testing

@testable import Harness

@Suite struct TracePartingTests {
  @Test("Two equal traces do not part")
  func same() { #expect(TraceParting(["a", "b"], ["a", "b"]) == nil) }

  @Test("The first event that differs is named, with what both had before it")
  func parts() throws {
    let parting = try #require(TraceParting(["a", "b", "c", "x", "z"], ["a", "b", "c", "y", "z"], context: 2))
    #expect(parting.line == 4 && parting.before == ["b", "c"] && parting.base == "x" && parting.head == "y")
    #expect(parting.text.contains("base  x") && parting.text.contains("head  y"))
  }

  @Test("A trace that ends earlier parts where it ends")
  func ends() throws {
    let parting = try #require(TraceParting(["a"], ["a", "b"]))
    #expect(parting.line == 2 && parting.base == nil && parting.head == "b")
    #expect(parting.text.contains("base  ends here"))
  }
}
