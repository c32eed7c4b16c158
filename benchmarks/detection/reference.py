"""The reference generator A, which is not part of this repository, as labelled data."""

import importlib
import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from benchmarks.detection.labels import Labelled, Policy, TrueIncident

FIRST_REPORT_SEED = 11
TUNING = (1, "2024-11-12")
POLICIES: Mapping[str, Policy] = {"alert": "alert", "ignore": "either", "tiny": "tiny"}


def convert(source: Any) -> Labelled:
    """The reference's data set in this benchmark's words."""
    return Labelled(
        source.name,
        date.fromisoformat(str(source.dates[0])),
        source.X,
        source.F,
        source.IGN,
        [f"{account:012d}" for account in source.acct],
        [str(service) for service in source.svc],
        source.E,
        [
            TrueIncident(
                event["group"],
                event["series"],
                str(event["type"]),
                event["dir"],
                event["start"],
                event["end"],
                POLICIES[event["policy"]],
                np.asarray(event["excess"]),
            )
            for event in source.events
        ],
    )


def reference_sets(folder: str, seeds: int = 3) -> tuple[list[Labelled], list[Labelled], Labelled]:
    """Report seeds at full and at 0.45 effect size, and one data set to tune thresholds on."""
    sys.path.insert(0, folder)
    make = importlib.import_module("gen_a").make
    report = range(FIRST_REPORT_SEED, FIRST_REPORT_SEED + seeds)
    normal, hard = ([convert(make(seed, effect=effect)) for seed in report] for effect in (1.0, 0.45))
    return normal, hard, convert(make(TUNING[0], end=TUNING[1]))
