"""Costs from an export of AWS Data Exports (CUR 2.0, FOCUS 1.2): no request of Cost Explorer, and no price of one.

`manifest` says which files a billing period has, `columns` what stands in them, `grouped` asks for what a report needs
of them. An engine answers: `local` downloads the files, `athena` has Athena read them. `reduced` adds the answers up,
`source` is the CostSource. docs/sources.md has what AWS documents of them, and what cannot be told from them.
"""
