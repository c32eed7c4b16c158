"""The data that flows between steps, as frozen dataclasses; `schemas/` holds the same shapes for the outside.

Money is `Decimal` inside and a decimal string at every border. Days are `date`; the end of a period is exclusive, as in
Cost Explorer. `None` means "not known", never zero. Names follow the contracts: class `RunPlan` is
`schemas/run_plan.schema.json`.
"""
