"""The links of a report's card: for each anomaly that goes on, the address of the page where it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from finopsguard.channels.links import token
from finopsguard.channels.links.web import QUERY
from finopsguard.errors import InvalidConfiguration
from finopsguard.models.report import Report
from finopsguard.models.run import source_of
from finopsguard.ports import VerdictKeys
from finopsguard.report import facts


class Signer:
    """Makes the links of cards; `url` is the page's address."""

    def __init__(self, url: str, key: bytes) -> None:
        self._url = url
        self._key = key

    def links(self, report: Report, channel: str, now: datetime) -> Mapping[str, str]:
        """By an anomaly's id; those of a report that is made again count once with the first ones."""
        return {
            line.id: f"{self._url}?{QUERY}={self._token(report, line.id, channel, now)}"
            for line in facts.open_anomalies(report)
        }

    def _token(self, report: Report, incident: str, channel: str, now: datetime) -> str:
        claims = token.Claims(
            source=source_of(report.data_source == "mock"),
            language=report.language,
            channel=channel,
            incident=token.mark(self._key, "incident", incident),
            nonce=token.mark(self._key, "nonce", report.run_id, channel, incident),
            expires=now + token.LIFETIME,
        )
        return token.signed(claims, self._key)


def signer(url: str | None, keys: VerdictKeys | None) -> Signer | None:
    """Who makes the links, or None where the settings want none; raises what ports.VerdictKeys raises."""
    if url is None:
        return None
    if keys is None:
        raise InvalidConfiguration(
            "FINOPSGUARD_VERDICT_URL is set and FINOPSGUARD_VERDICT_KEY_ARN is not. Set both, or none of them."
        )
    return Signer(url, keys.read()[0])
