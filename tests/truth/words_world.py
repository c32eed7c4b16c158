"""Small worlds of costs, and what a reader is told of them: through AggregateCosts, DetectAnomalies and BuildCard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from finopsguard import contracts
from finopsguard.costs.table import to_parquet
from finopsguard.models.messages import BatchCosts, FetchedCosts
from finopsguard.models.report import Comparison, Report
from finopsguard.models.run import Account, Accounts, Run
from finopsguard.ports import CostRow
from finopsguard.report.story import Story
from finopsguard.steps import aggregate_costs, build_card, detect_anomalies
from finopsguard.store import documents, keys
from tests.unit.channels.teams.cards import content, texts
from tests.unit.fakes import FakePorts, both_kinds, call
from tests.unit.incidents.reports import END, run_of, steady

A, B, C, D = "111111111111", "222222222222", "333333333333", "444444444444"
NAMES = {A: "shop", B: "data", C: "web", D: "labs"}
SUNDAY = END - timedelta(days=1)
MONDAY = END - timedelta(days=7)
WEEKLY = run_of("weekly")
SETTLED = replace(WEEKLY, scheduled_time=WEEKLY.scheduled_time + timedelta(days=3))

Usage = Mapping[tuple[str, str], Sequence[float | str]]
"""Daily usage by account and service; the last amount is of the last day read."""


@dataclass(frozen=True)
class Told:
    """A report, its card as lines of text, and what a screen reader says of it."""

    report: Report
    card: dict[str, Any]

    @property
    def lines(self) -> list[str]:
        """The card's text, from the top."""
        return [line.replace("\u200b", "").replace("\u00a0", " ") for line in texts(self.card)]

    @property
    def text(self) -> str:
        """All lines in one."""
        return "\n".join(self.lines)

    @property
    def story(self) -> Story:
        """Its sentences."""
        return Story(self.report)

    @property
    def compared(self) -> Comparison:
        """The comparison, which every report has."""
        assert self.report.comparison is not None
        return self.report.comparison

    @property
    def speak(self) -> str:
        """For screen readers."""
        return str(self.card["speak"]).replace("\u00a0", " ")


def charge(day: date, account_id: str, record_type: str, amount: str | Decimal) -> CostRow:
    """A charge that is not usage."""
    return CostRow(day, account_id, None, record_type, Decimal(amount), "USD")


def told(
    usage: Usage,
    run: Run,
    *,
    charges: Sequence[CostRow] = (),
    names: Mapping[str, str] = NAMES,
    last_day: date = SUNDAY,
) -> Told:
    """What is told of the costs up to `last_day`."""
    rows = [
        row
        for (account, service), amounts in usage.items()
        for back, amount in enumerate(reversed(amounts))
        for row in both_kinds(
            last_day - timedelta(days=back),
            account,
            service,
            amount if isinstance(amount, str) else f"{amount:.4f}",
        )
    ]
    used = sorted({account for account, _ in usage} | {row.account_id for row in charges})
    accounts = Accounts(tuple(Account(each, names[each], "ACTIVE", None, "b") for each in used))
    ports = FakePorts()
    ports.store.write("accounts", contracts.encode(contracts.to_json(accounts)))
    ports.store.write("costs", to_parquet([*rows, *charges]))
    fetched = FetchedCosts(run, "accounts", (BatchCosts("b", "ok", key="costs"),))
    summed = call(aggregate_costs.run, fetched, ports)
    built = call(build_card.run, call(detect_anomalies.run, summed, ports), ports)
    report = documents.read(ports.store, keys.REPORT.key(run_id=run.run_id), Report)
    return Told(report, content(json.loads(ports.store.read(built.messages[0].key))))


def daily(day: date) -> Run:
    """The daily run of a day: of the morning when it is the newest settled one."""
    return run_of("daily", day + timedelta(days=2))


def levels(*amounts: float) -> dict[tuple[str, str], list[float]]:
    """An account each with a steady usage of one service."""
    return {
        (account, "Amazon EC2"): steady(amount)
        for account, amount in zip((A, B, C, D), amounts, strict=False)
    }
