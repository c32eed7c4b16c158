"""An upgrade in the middle of the week: today's code goes on from what each earlier version stored."""

from __future__ import annotations

import pytest

from finopsguard import contracts
from finopsguard.models.report import Report
from finopsguard.store import keys
from tests.sweeps import sampled
from tests.unit.store import stored_states
from tests.unit.store.mornings import TUESDAY, WEDNESDAY, Mornings

BEFORE_HISTORY = {"2026-11-28-before-seals", "2026-11-28-sealed"}
BEFORE_REGIONS = {*BEFORE_HISTORY, "2026-11-29-history"}
"""Nor did these know roll-ups: their incidents are of the version before."""


@sampled(every=2)
@pytest.mark.parametrize("name", stored_states.NAMES)
def test_the_next_report_goes_on_from_it(name: str) -> None:
    stack = Mornings(stored_states.load(name))
    assert stack.report(WEDNESDAY) is None
    assert len(stack.channel.posts) == 2, "the report, and the correction of what the earlier version told"
    report = stack.told("daily-2026-11-16")
    assert report.notes == ()
    assert [each.run_id for each in report.corrections] == ["daily-2026-11-15"]
    assert report.coverage.accounts_reported == 2


@sampled(every=2)
@pytest.mark.parametrize("name", stored_states.NAMES)
def test_what_it_delivered_is_neither_paid_nor_posted_again(name: str) -> None:
    stack = Mornings(stored_states.load(name))
    assert stack.report(TUESDAY) is None
    assert stack.alert(TUESDAY) is not None, "the gate was opened once"
    assert stack.channel.posts == []
    # Versions without a history named batches otherwise: what they read is read once more. Others did not read Regions.
    of_accounts = [batch for batch in stack.source.fetched if not batch.by_region]
    assert len(of_accounts) == (2 if name in BEFORE_HISTORY else 0)
    assert len(stack.source.fetched) == len(of_accounts) + (name in BEFORE_REGIONS)


@pytest.mark.parametrize("name", stored_states.NAMES)
def test_it_holds_every_kind_of_object_that_is_read(name: str) -> None:
    """A state that lacks one would prove nothing of it; two kinds come with corrections and refusals only."""
    kept = stored_states.load(name)
    apart = {keys.PAGE, keys.CORRECTION, keys.REFUSED}
    apart |= {keys.SLICE}  # comes with batches of more days
    # These come with a data export.
    apart |= {keys.EXPORT, keys.USAGE, keys.SCANNED, keys.UNLOADED, keys.UNLOADED_LIST, keys.UNLOAD_ENDED}
    apart |= {keys.BUDGETS_TO_TELL, keys.BUDGETS_TOLD}  # no version that is kept here knew budgets
    # Of releases after these.
    apart |= {
        keys.EXPLANATION,
        keys.VERDICT,
        keys.LEDGER,
        keys.INCIDENTS_TO_TELL,
        keys.SENT_EVENT,
        keys.OPINION,
    }
    apart |= {keys.ROUTES, keys.ROUTED, keys.PART, keys.PART_PAGE}
    if name in BEFORE_HISTORY:
        apart |= {keys.HISTORY, keys.PAID}
    if name == "2026-11-28-before-seals":
        # Kinds that version did not know, and one that it kept under a key that its payload names.
        apart |= {keys.DECISION, keys.FAILED, keys.MESSAGE}
    absent = [kind.pattern for kind in keys.TABLE if kind not in apart and not any(map(kind.matches, kept))]
    assert absent == []
    assert contracts.decode(Report, kept["runs/daily-2026-11-15/report.json"]).run_id == "daily-2026-11-15"
