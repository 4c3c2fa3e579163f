extension IndexPage {
  /// Light and dark, for a phone, a desk and paper. Charts stay white: they are cards on a dark page. What is wider than the page scrolls
  /// by itself, and on paper is whole.
  static let style = """
    :root { color-scheme: light dark; --ink: #222; --quiet: #5a5a5a; --paper: #fff; --soft: #f3f4f5; --line: #d4d7da; --link: #005a8e; --mark: #b34a00 }
    @media screen and (prefers-color-scheme: dark) {
      :root { --ink: #dcdde0; --quiet: #a3a6ab; --paper: #17191c; --soft: #22262b; --line: #3b4047; --link: #79b8e8; --mark: #f0924d }
    }
    * { box-sizing: border-box }
    body { font: 16px/1.5 "DejaVu Sans", system-ui, sans-serif; max-width: 64em; margin: 0 auto; padding: 1em; color: var(--ink); background: var(--paper); overflow-wrap: anywhere }
    a { color: var(--link) }
    h1 { font-size: 1.6em; margin: 0.5em 0 } h2 { font-size: 1.25em; line-height: 1.3; margin: 2em 0 0.75em }
    nav { border-block: 1px solid var(--line); font-size: 0.9em } nav ul { padding-left: 1.2em; columns: 26em; column-gap: 2.5em }
    nav li, main li { break-inside: avoid; margin: 0.2em 0 }
    section { border-top: 1px solid var(--line); margin-top: 2.5em } nav + main > section:first-child { border-top: 0; margin-top: 0 }
    figure { margin: 1em 0 1.5em }
    .chart { background: #fff; border: 1px solid var(--line); border-radius: 6px; margin-top: 0.75em; overflow-x: auto }
    .chart svg { display: block; width: 100%; min-width: 42em; height: auto }
    .wide { overflow: auto; max-height: 32em; margin: 0.3em 0 1em; border: 1px solid var(--line); border-radius: 6px }
    table { border-collapse: collapse; width: 100%; font-size: 0.8em; line-height: 1.35; overflow-wrap: normal }
    .caption { margin: 1.5em 0 0 }
    th, td { padding: 0.3em 0.6em; text-align: left; vertical-align: top; white-space: nowrap } .prose td { white-space: normal; overflow-wrap: anywhere } tbody th { font-weight: normal }
    thead th { position: sticky; top: 0; background: var(--soft); vertical-align: bottom }
    .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums } thead .n { white-space: normal }
    tbody tr { border-top: 1px solid var(--line) } tr.void { color: var(--mark) }
    code, pre { font: 0.85em/1.5 "DejaVu Sans Mono", ui-monospace, monospace }
    pre { background: var(--soft); border-radius: 6px; padding: 0.75em 1em; white-space: pre-wrap; user-select: all }
    .note { border-left: 4px solid var(--mark); padding-left: 0.75em }
    .quiet { color: var(--quiet); font-size: 0.85em }
    @media print {
      @page { margin: 14mm }
      body { font-size: 10pt; max-width: none; padding: 0 }
      nav, .files { display: none }
      a { color: inherit; text-decoration: none }
      figure, tr, pre, li, h1, h2 { break-inside: avoid } h1, h2, .caption, figcaption { break-after: avoid }
      .chart svg { min-width: 0 }
      .wide { overflow: visible; max-height: none; border: 0 }
      table { font-size: 6.5pt } th, td { padding: 1pt 2.5pt; white-space: normal } .n { white-space: nowrap } thead th { position: static }
    }
    """
}
