"""What routes' channels are told of a report, once it is explained: their parts as they were kept, with causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from finopsguard.incidents import explaining
from finopsguard.models import notes
from finopsguard.models.messages import ExplainedReport
from finopsguard.models.report import Report
from finopsguard.models.route import Routed
from finopsguard.owners import narrow
from finopsguard.owners.kept import routed_key
from finopsguard.owners.stories import own_parts
from finopsguard.ports import Store
from finopsguard.store import documents, keys


def parts(store: Store, given: ExplainedReport, whole: Report) -> tuple[bool, list[Report]]:
    """Whether the Organization's channel has the report, and the parts of it that others have, in the file's order.

    `whole` is the Organization's with its causes. One that was judged before there were routes goes to its channel
    alone. Raises InvalidInput for what cannot be read, and what ports.Store raises.
    """
    key = routed_key(given.run)
    if not store.exists(key):
        return True, []
    routed = documents.read(store, key, Routed)
    found = []
    for part in routed.parts:
        if part.posted and part.accounts:
            key = keys.PART.key(run_id=given.run.run_id, channel=part.channel)
            found.append(_explained(documents.read(store, key, Report), whole, part.accounts, given, store))
    return routed.organization, found


def _explained(
    part: Report, whole: Report, accounts: Sequence[str], given: ExplainedReport, store: Store
) -> Report:
    own = explaining.with_causes(part, given, store)
    lines = [narrow.without_others(line, accounts) for line in own.anomalies]
    lines += own_parts(whole, accounts, {line.id for line in lines})
    # How many were not asked for is counted over all accounts.
    said = tuple(note for note in own.notes if not notes.not_asked(note))
    lines.sort(key=lambda line: (-abs(line.impact), line.account_id, line.service))
    return narrow.gated(replace(own, anomalies=tuple(lines), notes=said, cost_explorer=whole.cost_explorer))
