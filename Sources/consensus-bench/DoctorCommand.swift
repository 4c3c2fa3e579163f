import ArgumentParser
import Foundation
import Harness
import Measurement

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Says what is installed, what is missing, and what this machine can measure.")

  func run() throws {
    let suite = try? SuiteFolder.located()
    let provenance = Provenance.current(folder: suite?.root ?? FileManager.default.currentDirectoryPath)
    let gnuplot = ChartDrawer.gnuplotVersion()
    let allocations = AllocationProbe() != nil
    let dirty = provenance.isDirty == true ? ", with changes" : ""
    report(true, "version", "consensus-bench \(ConsensusBench.versionText), commit \(provenance.commit)\(dirty)")
    report(true, "build", "\(provenance.build.configuration), \(provenance.build.toolchain)")
    report(
      true, "host", "\(provenance.host.processor), \(provenance.host.cores) cores, \(provenance.host.kernel)")
    report(suite != nil, "checkout", suite?.root ?? "not found: run this from the checkout")
    report(
      gnuplot != nil, "charts", gnuplot ?? "no gnuplot: charts cannot be drawn; sudo apt-get install gnuplot-nox")
    report(
      allocations, "allocations",
      allocations
        ? "counted by \(provenance.build.allocator)"
        : "not counted: jemalloc does not serve this process; sudo apt-get install libjemalloc-dev, then build again")
    report(
      provenance.build.configuration == "release", "speed",
      provenance.build.configuration == "release"
        ? "optimised" : "a debug build runs simulations about twenty times slower; the results are the same")
    for mode in RunCommand.Mode.allCases { report(true, "mode \(mode.rawValue)", mode.summary) }
  }

  private func report(_ isFine: Bool, _ subject: String, _ text: String) {
    let padding = String(repeating: " ", count: max(0, 13 - subject.count))
    print("\(isFine ? "✓" : "–") \(subject)\(padding)\(text)")
  }
}
