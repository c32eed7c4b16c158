"""A run and what it is about: its period, its accounts and their batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from finopsguard.models.budget import AwsBudgets
from finopsguard.models.metrics import MetricName
from finopsguard.models.opinion import SecondOpinion

_DAY = timedelta(days=1)

ReportName = Literal["daily", "weekly", "monthly"]
Language = Literal["es", "en"]
CostSourceName = Literal["cost_explorer", "data_export"]
ExportEngine = Literal["duckdb", "athena"]
DataSource = Literal["cost_explorer", "data_export", "mock"]
Source = Literal["aws", "mock"]
Basis = Literal["usage", "billed"]
PageLink = Literal["none", "presigned", "console"]

REGIONS = "regions"
"""What stands where an account's id does, of usage by service and Region: of all accounts together."""
LONGEST_RUN = 1_000
"""No run reads more: a year of history is the most that can be set, and a month the longest period."""


EMBEDDED_ACCOUNT = "123456789012"
"""The account that moto invents: what is executed in it runs on a laptop or in a container, and no console shows it."""


def is_embedded(execution: str) -> bool:
    """True if the embedded engine ran it; `execution` is an ARN, or anything."""
    return execution.split(":")[4:5] == [EMBEDDED_ACCOUNT]


def source_of(invented: bool) -> Source:
    """The part of a store key that keeps invented data and a customer's apart, however these were read."""
    return "mock" if invented else "aws"


@dataclass(frozen=True)
class Period:
    """Whole UTC days, as Cost Explorer counts them; `end` is exclusive."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end

    def dates(self) -> list[date]:
        """Every day, oldest first."""
        return list(map(date.fromordinal, range(self.start.toordinal(), self.end.toordinal())))


def in_a_row(days: Iterable[date]) -> list[Period]:
    """The days as periods, each as long as days follow each other, oldest first."""
    ordered = sorted(days)
    if not ordered:
        return []
    breaks = [number for number in range(1, len(ordered)) if ordered[number] - ordered[number - 1] != _DAY]
    starts, ends = [0, *breaks], [*breaks, len(ordered)]
    return [
        Period(ordered[first], ordered[stop - 1] + _DAY) for first, stop in zip(starts, ends, strict=True)
    ]


@dataclass(frozen=True)
class Run:
    """What every step knows of the run. `history_start` is the first day fetched, `until` the end of all costs.

    `until` lies after the period's end where newer days are read that are not settled yet; None: it is that end. A day
    is settled `settle_hours` after its end, and what a report compares is on one `basis`. A run that `continues` is one
    of a row: its days are those after the last report's, and the next report begins after them.

    `run_id` names the report (its period and data source), not the execution: a second execution for the same period
    has the same id, so fetched costs are found again and a card is posted once. A report that is posted again on
    purpose has a `revision` above 1, and an id of its own with it: its costs are read again.
    """

    run_id: str
    report: ReportName
    scheduled_time: datetime
    period: Period
    previous_period: Period
    history_start: date
    time_zone: str
    language: Language
    cost_metric: MetricName
    data_source: DataSource
    execution: str
    until: date | None = None
    settle_hours: int = 24
    basis: Basis = "usage"
    continues: bool = True
    revision: int = 1

    def __post_init__(self) -> None:
        """Raises ValueError for days that no run has: what goes through them would not come to an end."""
        for what, days in (
            ("period", self.period),
            ("previous_period", self.previous_period),
            ("days read", self.window),
        ):
            if not 0 < days.days <= LONGEST_RUN:
                raise ValueError(f"its {what} are {days.days} days, not 1 to {LONGEST_RUN}")

    @property
    def looks_back(self) -> bool:
        """True for a monthly report: it is about days that others told, and takes them as they are held."""
        return self.report == "monthly"

    @property
    def first_id(self) -> str:
        """The id that the report had before it was revised."""
        return self.run_id.replace(f"-r{self.revision}", "", 1) if self.revision > 1 else self.run_id

    @property
    def source(self) -> Source:
        """The part of its store keys that `source_of` says."""
        return source_of(self.data_source == "mock")

    @property
    def window(self) -> Period:
        """All days fetched: the history, the period, and what is newer."""
        return Period(self.history_start, self.until or self.period.end)


@dataclass(frozen=True)
class Account:
    """A linked account. `batch_id` is the batch that reads its costs, None where the history has all of its days.

    `ou` is the path of its organizational unit. `tags` are those that the settings name, None where they are not known,
    or nothing names any; `owner` is the value of the one that names owners.
    """

    id: str
    name: str
    state: str
    ou: str | None
    batch_id: str | None
    tags: Mapping[str, str] | None = None
    owner: str | None = None


ListSource = Literal["listed", "last_list", "own_account", "no_organization"]


@dataclass(frozen=True)
class AccountChanges:
    """What became of the account list since the last run; each account as `id name`, and what it was.

    `source`: the list was read; it was refused, and the last known list is used, or the own account alone; there is no
    Organization. `left` were billed in the window and are not listed.
    """

    source: ListSource
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Accounts that one Cost Explorer request reads together; `role_arn` (always with one account) is assumed first.

    `slices` are the days to read, each with a receipt of its own: what a slice cost is not paid again when a later one
    fails. `whole`: the accounts are all of the Organization, so the answer is not filtered by account; whoever else was
    billed is in it too. `regions`: usage by service and Region is read instead, of these accounts together, or of all
    that the Organization is billed where it names none; `accounts` are none then, so that nobody takes it for theirs.
    `young` are days that are read because AWS was still billing them: their usage is bought again only where charges
    are others now. In the Map's input a batch has its id alone, for ids of thousands of accounts do not fit into a
    payload; all of it is in the plan in the store (`Accounts.batches`).
    """

    id: str
    accounts: tuple[str, ...] = ()
    role_arn: str | None = None
    slices: tuple[Period, ...] = ()
    whole: bool = False
    regions: tuple[str, ...] | None = None
    young: tuple[Period, ...] = ()

    @property
    def by_region(self) -> bool:
        """True if it is usage by service and Region that it reads."""
        return self.regions is not None

    @property
    def held_as(self) -> tuple[str, ...]:
        """Under which ids the history holds what it reads: its accounts', or one of all Regions together.

        That one is another for other accounts, unless they are all: the sum of others is another.
        """
        if self.regions is None:
            return self.accounts
        if not self.regions:
            return (REGIONS,)
        return (f"{REGIONS}-{hashlib.sha256(' '.join(self.regions).encode()).hexdigest()[:8]}",)


@dataclass(frozen=True)
class Accounts:
    """The account list as ResolveAccounts stores it, and what else AggregateCosts must know of the plan.

    `outside` are read through roles of their own and are on no bill of the Organization. `reading` counts the readings
    of this report that were refused before; `requests` are Cost Explorer's that the plan took. None of its costs were
    asked for before `asked`; None: that is not known. `whole`: all that the Organization is billed is read, `billed`
    is what that is by day, `billed_asked` what it was when `asked`; None where Cost Explorer did not say. `unasked`:
    who was billed was not asked for, as the batches show it. `read_now`: the days of each account that the batches
    read; all others are in the objects of the history that `held` names. `question` is its part of their keys; None: no
    history is kept. `batches` are those of the plan, and those of the same reading planned before, which an execution
    may still have to read; empty in a plan of an earlier release, whose payload has them. `aws_budgets` and
    `second_opinion` are None where nobody asked for them. `regions`: each id under which usage by Region is held
    (`Batch.held_as`), with the batch that reads it, None where the history has all of its days; empty: it is not read.
    """

    accounts: tuple[Account, ...]
    outside: tuple[str, ...] = ()
    reading: int = 0
    requests: int = 0
    changes: AccountChanges | None = None
    asked: datetime | None = None
    whole: bool = False
    billed: Mapping[date, Decimal] | None = None
    billed_asked: Mapping[date, Decimal] | None = None
    unasked: bool = False
    read_now: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    held: tuple[str, ...] = ()
    question: str | None = None
    batches: tuple[Batch, ...] = ()
    aws_budgets: AwsBudgets | None = None
    second_opinion: SecondOpinion | None = None
    regions: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownAccount:
    """An account as it was listed; `ou` is the path of its organizational unit."""

    id: str
    name: str
    state: str
    ou: str | None


@dataclass(frozen=True)
class KnownTags:
    """An account's tags, of the keys that were asked for, as they were `read` then."""

    read: datetime
    values: Mapping[str, str]


@dataclass(frozen=True)
class AccountList:
    """The last known list of the Organization's accounts. `before` is what the run that wrote it compared it with.

    `left` are billed and not listed; None: that is not known. `tags` by account have all of `tag_keys` that it has;
    `owner=team` is the key `team`, of whose values the hosts of e-mail addresses are left out.
    """

    run_id: str
    accounts: tuple[KnownAccount, ...]
    before: tuple[KnownAccount, ...] | None = None
    left: tuple[KnownAccount, ...] | None = None
    tag_keys: tuple[str, ...] = ()
    tags: Mapping[str, KnownTags] = field(default_factory=dict)


# The state of an account that is billed and not listed.
LEFT = "LEFT"
