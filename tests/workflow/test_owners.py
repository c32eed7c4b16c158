"""Ten owners' channels in one execution, one of which is down; `tests/faults/owners.py` lives through more days."""

from __future__ import annotations

from pathlib import Path

from tests.faults.owners import CHANNELS, DOWN, Days
from tests.sweeps import quick

DAYS = 3


def test_one_channel_that_is_down_stops_no_other_and_nobody_sees_what_is_another_s(tmp_path: Path) -> None:
    channels = 6 if quick() else CHANNELS
    with Days(tmp_path, channels).begun() as world:
        held = world.live(DAYS)
    assert (held.reports, held.cards, held.pages) == (DAYS, channels * DAYS, channels * DAYS)
    assert (held.foreign, held.apart) == ([], []), "each owner has its own, and together they are all"
    assert held.errors == {"SecretNotFound": 2}
    assert (held.twice, held.missing) == ([], []), f"a redrive posts to {DOWN} alone"
    assert held.moved == ["team-2", "team-5", "team-5"], "its owner of that morning has all of its days"
