"""An incident's causes, from its usage: read as parts, named, joined, ranked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from finopsguard.incidents.causes.commitments import with_commitments
from finopsguard.incidents.causes.kinds import with_kinds
from finopsguard.incidents.causes.parts import read
from finopsguard.incidents.causes.ranking import least_told, ranked
from finopsguard.incidents.causes.switches import with_switches
from finopsguard.models.cause import Cause
from finopsguard.models.costs import Usage


def explain(usage: Usage, start: date, days: Iterable[date], *, direction: int = 0) -> tuple[Cause, ...]:
    """The causes of an incident that began on `start` on its `days`, those first that go its way, by dollars.

    Dollars are amortized cost. Together the causes are what was billed on the days, less what the same weekdays of the
    baseline cost, to the cent. `direction` is the incident's (1, -1), 0 that of all parts together. A grouping of the
    usage that is None leaves out what only it can tell: commitments, operations.
    """
    ledger = read(usage, start, days)
    parts = with_commitments(ledger)
    parts = with_switches(parts, least_told(parts) / 2)
    return ranked(with_kinds(parts, ledger.parts), direction)
