"""Worlds of costs, and what a reader is told of them: one harness for tests/truth, the fuzzer and the pictures.

`World` is what is billed. `told` reads it as a test gives it, through AggregateCosts, DetectAnomalies and BuildCard;
tests/truth/reading.py reads it through ResolveAccounts and the real Cost Explorer source before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from finopsguard import contracts
from finopsguard.models.costs import CostRow
from finopsguard.models.messages import BatchCosts, ExplainedReport, FetchedCosts
from finopsguard.models.report import Comparison, Report
from finopsguard.models.run import Account, Accounts, Run
from finopsguard.report.story import Story
from finopsguard.steps import aggregate_costs, build_card, detect_anomalies
from finopsguard.store import documents, keys
from tests.standins.costs import Charge
from tests.truth.row_table import summed
from tests.unit.channels.teams.cards import content, texts
from tests.unit.fakes import FakePorts, both_kinds, call
from tests.unit.incidents.reports import END, run_of, steady

A, B, C, D, E, F = (digit * 12 for digit in "123456")
NAMES = {A: "shop", B: "data", C: "web", D: "labs", E: "search", F: "payments"}
SUNDAY = END - timedelta(days=1)
MONDAY = END - timedelta(days=7)
WEEKLY = run_of("weekly")
SETTLED = replace(WEEKLY, scheduled_time=WEEKLY.scheduled_time + timedelta(days=3))

Usage = Mapping[tuple[str, str], Sequence[float | str]]
"""Daily usage by account and service; the last amount is of the last day read."""

_LAST_DIGIT = Decimal("1e-10")


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


@dataclass(frozen=True, repr=False)
class World:
    """What is billed. `late`: the share of a day that is billed when it is read, of one account or of all ("").

    `unlisted` accounts are billed and not in the Organization's list. `recipe`: how a random one was made.
    """

    usage: Usage
    charges: Sequence[CostRow] = ()
    names: Mapping[str, str] = field(default_factory=lambda: NAMES)
    last_day: date = SUNDAY
    late: Mapping[tuple[date, str], Decimal] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    recipe: str = ""

    def __repr__(self) -> str:
        late = {f"{day} {account}": str(share) for (day, account), share in self.late.items()}
        unlisted = sorted(self.unlisted)
        return f"World({self.recipe or self.usage}, until {self.last_day}, late {late}, unlisted {unlisted})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As hypothesis prints an example: thousands of amounts would bury the point."""
        printer.text(repr(self))

    @cached_property
    def accounts(self) -> list[str]:
        """Every account of the world, by id."""
        return sorted({account for account, _ in self.usage} | {row.account_id for row in self.charges})

    @cached_property
    def bill(self) -> list[Charge]:
        """What is billed when it is read, as Cost Explorer has it."""
        whole = [
            *(
                Charge(account, day, service, "Usage", amount)
                for day, account, service, amount in self._used()
            ),
            *(
                Charge(row.account_id, row.date, "AWS Cost Explorer", row.record_type or "", row.amount)
                for row in self.charges
            ),
        ]
        return [self._billed(each) for each in whole] if self.late else whole

    def rows(self) -> list[CostRow]:
        """The same as a complete reading gives it, nothing of it late."""
        used = (
            row
            for day, account, service, amount in self._used()
            for row in both_kinds(day, account, service, str(amount))
        )
        return [*used, *self.charges]

    def _used(self) -> Iterator[tuple[date, str, str, Decimal]]:
        for (account, service), amounts in self.usage.items():
            for back, amount in enumerate(reversed(amounts)):
                exact = amount if isinstance(amount, str) else f"{amount:.4f}"
                yield self.last_day - timedelta(days=back), account, service, Decimal(exact)

    def _billed(self, whole: Charge) -> Charge:
        share = self.late.get((whole.day, ""), Decimal(1)) * self.late.get(
            (whole.day, whole.account_id), Decimal(1)
        )
        amount = (whole.amount * share).quantize(_LAST_DIGIT)
        return Charge(whole.account_id, whole.day, whole.service, whole.record_type, amount)


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
    """What is told of the costs up to `last_day`, read as they are."""
    world = World(usage, charges, names, last_day)
    accounts = Accounts(tuple(Account(each, names[each], "ACTIVE", None, "b") for each in world.accounts))
    ports = FakePorts()
    ports.store.write("accounts", contracts.encode(contracts.to_json(accounts)))
    with summed() as written:
        ports.store.write("costs", written(world.rows()))
        return told_of(FetchedCosts(run, "accounts", (BatchCosts("b", "ok", key="costs"),)), ports)


def told_of(fetched: FetchedCosts, ports: FakePorts) -> Told:
    """What is told of costs that were read: AggregateCosts, DetectAnomalies, BuildCard."""
    summed = call(aggregate_costs.run, fetched, ports)
    judged = call(detect_anomalies.run, summed, ports)
    built = call(build_card.run, ExplainedReport(judged.run, judged.report_key), ports)
    report = documents.read(ports.store, keys.REPORT.key(run_id=fetched.run.run_id), Report)
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
