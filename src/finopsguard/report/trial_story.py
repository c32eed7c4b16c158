"""What a trial found, in words and tables: its page and its Markdown show these same ones.

Everything returned is plain text; what came from outside (names, services) went through `untrusted.plain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from finopsguard.models.report import Report
from finopsguard.models.run import Language, Period
from finopsguard.models.trial import Trial, TrialEvent, TrialGate
from finopsguard.report import checks
from finopsguard.report.markup import escaped, table
from finopsguard.report.messages import catalogue
from finopsguard.report.numbers import Numbers
from finopsguard.report.services import short_name
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME, Words

_SERVICES = 3


@dataclass(frozen=True)
class Table:
    """A table: what it shows, its heads, its rows; the columns from `numbers` on are numbers."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: int


class TrialStory:
    """The sentences and tables of one trial."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.t = catalogue(trial.language)
        self.n = Numbers(trial.language, trial.currency)

    @property
    def title(self) -> str:
        """What this is."""
        return self.t("trial.title")

    @property
    def period(self) -> str:
        """The days of the reports."""
        return self.n.period(self.trial.reports)

    @property
    def headline(self) -> str:
        """How often something would have been told."""
        found = self.trial
        return self.t("trial.messages", n=found.messages, count=self.n.count(found.messages))

    @property
    def rhythm(self) -> str:
        """`1.4 a week, in 60 daily reports`."""
        days = self.trial.reports.days
        return self.t(
            "trial.rhythm", a_week=self.n.decimal(self.trial.a_week), n=days, count=self.n.count(days)
        )

    @property
    def tiles(self) -> list[tuple[str, str]]:
        """(label, amount) of what was found and of what was spent."""
        found = self.trial
        return [
            (self.t("trial.above"), self.n.money(found.above, signed=True)),
            (self.t("trial.below"), self.n.money(found.below, signed=True)),
            (self.t("trial.stories"), self.n.count(found.stories)),
            (self.t("trial.usage"), self.n.money(found.usage)),
        ]

    @property
    def suggestion(self) -> str:
        """The gate that is suggested, by its setting; or that none is."""
        wanted = self.n.decimal(self.trial.wanted)
        for gate in self.trial.gates:
            if gate.suggested:
                return self.t(
                    "trial.suggested",
                    wanted=wanted,
                    setting=self.trial.setting,
                    usd=f"{gate.usd:f}",
                    a_week=self.n.decimal(gate.a_week),
                    above=self.n.money(gate.above, signed=True),
                )
        return self.t("trial.not_suggested", wanted=wanted)

    @property
    def notes(self) -> list[str]:
        """What of the days is not sure, and what a replay cannot know."""
        known = [self.t("trial.known_now"), self.t("trial.first_days")]
        if paid := self.trial.price:
            requests, price = self.n.count(paid.requests), f"{paid.usd:.2f} USD"
            known.append(self.t("trial.price", n=paid.requests, count=requests, price=price))
        return [*(self.trial.doubts or (self.t("trial.no_doubts"),)), *known]

    @property
    def events(self) -> Table:
        """What each report would have said of each story, the newest first."""
        heads = (
            "trial.head.report",
            "trial.head.account",
            "trial.head.services",
            "trial.head.said",
            "trial.head.kind",
            "trial.head.since",
            "trial.head.impact",
        )
        rows = [self._event(each) for each in reversed(self.trial.events)]
        return Table(self.t("trial.events"), [self.t(each) for each in heads], rows, 6)

    @property
    def weeks(self) -> Table:
        """Messages by week, the oldest first."""
        rows = [(self.n.period(each.days), self.n.count(each.messages)) for each in self.trial.weeks]
        return Table(
            self.t("trial.weeks"), [self.t("trial.head.week"), self.t("trial.head.messages")], rows, 1
        )

    @property
    def gates(self) -> Table:
        """What each gate would have told."""
        heads = (
            "trial.head.gate",
            "trial.head.messages",
            "trial.head.a_week",
            "trial.head.above",
            "trial.head.below",
        )
        rows = [self._gate(each) for each in self.trial.gates]
        return Table(self.t("trial.gates"), [self.t(each) for each in heads], rows, 1)

    def _event(self, each: TrialEvent) -> Sequence[str]:
        days = Period(each.first, each.last + timedelta(days=1))
        services = [plain(short_name(name), NAME) for name in each.services]
        more = len(services) - _SERVICES
        named = ", ".join(services[:_SERVICES])
        if more > 0:
            named = self.t("notice.more_names", names=named, count=self.n.count(more))
        account = plain(each.account_name, NAME) if each.account_id else self.t("rollup.several_accounts")
        return (
            self.n.period(days),
            account
            if account in ("", each.account_id) or not each.account_id
            else f"{account} ({each.account_id})",
            named or self.t("rollup.several_services"),
            self._said(each),
            self.t(f"kind.{each.kind}"),
            self.n.day(each.start),
            self.n.money(each.impact, signed=True),
        )

    def _said(self, each: TrialEvent) -> str:
        if each.status != "resolved":
            return self.t(f"status.{each.status}")
        if each.ended == "new_level":
            return self.t("status.new_level")
        return self.t("status.resolved", day=self.n.weekday(each.last_day + timedelta(days=1)))

    def _gate(self, gate: TrialGate) -> Sequence[str]:
        marks = [
            self.t(key)
            for is_so, key in ((gate.present, "trial.present"), (gate.suggested, "trial.chosen"))
            if is_so
        ]
        shown = self.n.money(gate.usd)
        return (
            f"{shown} ({', '.join(marks)})" if marks else shown,
            self.n.count(gate.messages),
            self.n.decimal(gate.a_week),
            self.n.money(gate.above, signed=True),
            self.n.money(gate.below, signed=True),
        )


def doubts_of(report: Report) -> list[str]:
    """What of the costs is not known, and what could not be proven, in the report's language."""
    words = Words(report)
    said = [
        words.t(
            "trial.account_missing",
            name=f"{plain(each.id)} {plain(each.name)}",
            reason=plain(each.reason, 300),
        )
        for each in report.coverage.missing
    ]
    said += [words.t(f"note.{note}") for note in report.notes if words.t.has(f"note.{note}")]
    return said + [checks.sentence(words, each) for each in report.coverage.checks if each.status != "ok"]


def unknown_doubt(language: Language, amounts: int) -> list[str]:
    """That so many amounts are not known; nothing where all are."""
    if not amounts:
        return []
    t = catalogue(language)
    return [t("trial.days_unknown", n=amounts, count=Numbers(language).count(amounts))]


def card_title(language: Language, day: date, *, newest: bool) -> str:
    """Of which report a card is: the newest, or the one that told the largest incident."""
    t, shown = catalogue(language), Numbers(language).weekday(day)
    return t("trial.card_newest", day=shown) if newest else t("trial.card_largest", day=shown)


def markdown(trial: Trial) -> str:
    """The trial as Markdown: what came from outside is text there, never markup."""
    story = TrialStory(trial)
    parts = [
        f"# FinOps Guard: {escaped(story.title)}",
        f"**{escaped(story.headline)}**, {escaped(story.rhythm)} ({escaped(story.period)}).",
        "\n".join(f"- {escaped(label)}: {escaped(amount)}" for label, amount in story.tiles),
        _captioned(story.weeks),
        _captioned(story.events) if trial.events else story.t("trial.nothing"),
    ]
    if trial.gates:
        parts += [_captioned(story.gates), f"**{escaped(story.suggestion)}**"]
    parts += [f"## {story.t('trial.notes')}", "\n".join(f"- {escaped(note)}" for note in story.notes)]
    return "\n\n".join(parts) + "\n"


def _captioned(found: Table) -> str:
    return f"## {escaped(found.caption)}\n\n{table(found.heads, found.rows, numbers=found.numbers)}"
