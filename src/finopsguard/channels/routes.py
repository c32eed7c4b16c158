"""Which channels a report goes to: the Organization's, and those of the route file with their own part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from finopsguard.models.report import Report
from finopsguard.report import checks, verdict
from finopsguard.store import keys


class Card(NamedTuple):
    """A channel, the report that it has, and where that one's page is; `routed`: it is one of the route file."""

    channel: str
    report: Report
    page_key: str
    routed: bool = False


def cards(report: Report, name: str, parts: Sequence[Report] = (), organization: bool = True) -> list[Card]:
    """A report's channels, at least one; the first one's card is the report's own (`card.json`).

    `name` is the channel of the settings, which gets every report, unless the route file says that it does not
    (`organization`). It does all the same where no other one would: a report is never in no channel.
    """
    of_routes = [
        Card(own.part.channel, own, keys.PART_PAGE.key(run_id=own.run_id, channel=own.part.channel), True)
        for own in parts
        if own.part and not (own.part.only_when_something and nothing_to_say(own))
    ]
    whole = Card(name, report, keys.PAGE.key(run_id=report.run_id))
    return [whole, *of_routes] if organization or not of_routes else of_routes


def nothing_to_say(report: Report) -> bool:
    """True if all was judged and is ordinary, nothing is missing or unsure, and no budget or owner has news."""
    news = (
        report.forecast and report.forecast.alerts,
        report.coverage.missing,
        report.coverage.late_days,
        checks.unsure(report),
        report.part and (report.part.joined or report.part.left),
    )
    return verdict.all_clear(report) and not any(news)
