"""The links of a report's card: for each anomaly that goes on, the address of the page where it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from finopsguard.channels.links import token
from finopsguard.channels.links.web import QUERY
from finopsguard.errors import FinOpsGuardError, InvalidConfiguration
from finopsguard.models.report import Report
from finopsguard.models.run import source_of
from finopsguard.ports import Clock, VerdictKeys
from finopsguard.report import facts

Links = Callable[[Report, str, Report], Mapping[str, str]]
"""The links of a report's card in a channel, by the anomaly's id; last the report that it is, or is a part of."""


def none(_report: Report, _channel: str, _whole: Report) -> Mapping[str, str]:
    """No links."""
    return {}


def unsigned(report: Report) -> Report:
    """The report, which says that its links are missing."""
    return replace(report, notes=(*report.notes, "verdict_links_unsigned"))


def links(url: str | None, keys: VerdictKeys | None, clock: Clock) -> tuple[Links, FinOpsGuardError | None]:
    """What makes the links, or `none` where the settings want none, and where they cannot be signed: why."""
    if url is None:
        return none, None
    try:
        if keys is None:
            raise InvalidConfiguration(
                "FINOPSGUARD_VERDICT_URL is set and FINOPSGUARD_VERDICT_KEY_ARN is not. Set both, or none of them."
            )
        return partial(signed, url, keys.read()[0], clock()), None
    except FinOpsGuardError as error:
        return none, error


def signed(
    url: str, key: bytes, now: datetime, report: Report, channel: str, whole: Report | None = None
) -> Mapping[str, str]:
    """The links to the page at `url`; those of a report that is made again count once with the first ones.

    An owner answers for its own accounts alone: what is told of several is answered in the Organization's card.
    """
    of_one = {line.id for line in (whole or report).anomalies if line.account_id}
    return {
        line.id: f"{url}?{QUERY}={_token(key, now, report, channel, line.id)}"
        for line in facts.open_anomalies(report)
        if report.part is None or line.id in of_one
    }


def _token(key: bytes, now: datetime, report: Report, channel: str, incident: str) -> str:
    claims = token.Claims(
        source=source_of(report.data_source == "mock"),
        language=report.language,
        channel=channel,
        incident=token.mark(key, "incident", incident),
        nonce=token.mark(key, "nonce", report.run_id, channel, incident),
        expires=now + token.LIFETIME,
    )
    return token.signed(claims, key)
