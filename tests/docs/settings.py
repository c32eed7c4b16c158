"""Which environment variable fills which field of the settings."""

from __future__ import annotations

from finopsguard.variables import VARIABLES


def fields_by_variable() -> dict[str, str]:
    """`{"FINOPSGUARD_BUCKET": "bucket", ...}`."""
    return {variable.name: field for field, variable in VARIABLES.items()}
