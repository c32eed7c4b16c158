"""What a monthly report says of its month: its incidents, how quickly they were told, and what came of them.

Card, page and terminal show these sentences. Everything returned is plain text; what came from outside (names, owners,
reasons) went through `untrusted.plain`. What each figure is stands in docs/retrospective.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from finopsguard.models.report import Report
from finopsguard.models.retrospective import (
    ForecastMade,
    LookedBack,
    MutedLine,
    OwnerPart,
    Retrospective,
    Spread,
)
from finopsguard.report.facts import percent_of
from finopsguard.report.numbers import Numbers
from finopsguard.report.story import Story
from finopsguard.report.tiles import Tile
from finopsguard.report.trial_story import Table
from finopsguard.report.untrusted import plain
from finopsguard.report.words import NAME, WORD

_REASON = 80
_HOURS_UNTIL = 72  # from here on a time is told in days
_ALL = 200  # incidents on the page; report.json has all


class RetrospectiveStory(Story):
    """The sentences of one monthly report; amount, change, coverage and charges are those of any report."""

    def __init__(self, report: Report, looked: Retrospective) -> None:
        super().__init__(report)
        self.looked = looked
        self.month = self.n.month(report.period.start)

    # ---- the first lines

    @property
    def sentence(self) -> str:
        """How many incidents, and their dollars; or that there was none, or that nobody knows."""
        it = self.looked
        if not self._known:
            return self.t("retro.none_known", month=self.month)
        if not it.incidents:
            return self.t("retro.none", month=self.month)
        new = self.t("retro.told", n=it.told, count=self.n.count(it.told)) if it.told else ""
        going = self.t("retro.going", n=it.going, count=self.n.count(it.going)) if it.going else ""
        what = self.t("retro.and", first=new, second=going) if new and going else new or going
        return self.t("retro.sentence", what=what, dollars=self._dollars, month=self.month)

    @property
    def _known(self) -> bool:
        """True if any day of the month has incidents on record: what nobody noted is not nothing."""
        return self.looked.since is not None and self.looked.since < self.report.period.end

    @property
    def _dollars(self) -> str:
        it = self.looked
        above, below = self.n.money(it.above), self.n.money(-it.below)
        if it.above and it.below:
            return self.t("retro.above_and_below", above=above, below=below)
        return self.t("retro.below", amount=below) if it.below else self.t("retro.above", amount=above)

    @property
    def ends(self) -> str:
        """What became of them; empty where there was none."""
        it = self.looked
        if not it.incidents:
            return ""
        if it.open:
            return self.t("retro.open", n=it.open, count=self.n.count(it.open))
        return self.t("retro.all_over")

    @property
    def partly(self) -> str:
        """That incidents are known from a later day on; empty where all of the month is."""
        since, period = self.looked.since, self.report.period
        if since is None or not period.start < since < period.end:
            return ""
        return self.t("retro.partly", day=self.n.day(since))

    @property
    def answers(self) -> str:
        """How many somebody answered, and how many of these were said to be none; empty where none was told."""
        it = self.looked
        if not it.told:
            return ""
        if not it.answered:
            return self.t("retro.nobody")
        share = self.n.share(percent_of(Decimal(it.false_alerts), Decimal(it.told)) or Decimal(0))
        return self.t(
            "retro.answers",
            answered=self.n.count(it.answered),
            told=self.n.count(it.told),
            false=self.n.count(it.false_alerts),
            share=share,
        )

    @property
    def summary(self) -> str:
        """One paragraph without any text from outside, for notifications and screen readers."""
        return " ".join(filter(None, (self.headline, self.sentence, self.ends, self.partly)))

    # ---- figures

    @property
    def figures(self) -> list[Tile]:
        """Two rows of three: how many, how much, what was avoided; how long until told, answered, back."""
        it = self.looked
        count = len(it.incidents)
        open_now = self.t("retro.tile_open", n=it.open, count=self.n.count(it.open)) if count else ""
        below = self.t("retro.tile_below", amount=self.n.money(it.below, compact=True)) if it.below else ""
        how_many, above = self.n.count(count), self.n.money(it.above, compact=True)
        return [
            Tile(self.t("retro.tile_incidents"), how_many if self._known else "–", open_now),
            Tile(self.t("retro.tile_above"), above if self._known else "–", below),
            Tile(self.t("retro.tile_avoided"), *self._avoided),
            Tile(self.t("retro.tile_detect"), *self._time(it.detect_hours, "hours")),
            Tile(self.t("retro.tile_answer"), *self._time(it.answer_hours, "hours")),
            Tile(self.t("retro.tile_resolve"), *self._time(it.resolve_days, "days")),
        ]

    @property
    def _avoided(self) -> tuple[str, str]:
        it = self.looked
        if not it.avoided_of:
            return "–", self.t("retro.avoided_none")
        return self.n.money(it.avoided, compact=True), self.t(
            "retro.avoided_of", n=it.avoided_of, count=self.n.count(it.avoided_of), days=it.horizon_days
        )

    def _time(self, spread: Spread | None, unit: str) -> tuple[str, str]:
        """(the middle one, the longest one and how many there are)."""
        if spread is None:
            return "–", ""
        middle, longest = (self._length(each, unit) for each in (spread.median, spread.longest))
        count = self.n.count(spread.count)
        return middle, self.t("retro.longest", longest=longest, n=spread.count, count=count)

    def _length(self, length: Decimal, unit: str) -> str:
        if unit == "hours" and length < _HOURS_UNTIL:
            return self.t("retro.hours", hours=self.n.decimal(length))
        days = length if unit == "days" else (length / 24).quantize(Decimal("0.1"))
        return self.t("retro.days", n=1 if days == 1 else 2, count=self.n.decimal(days))

    # ---- lists

    @property
    def ranked(self) -> Sequence[LookedBack]:
        """The incidents, the most dollars first."""
        return sorted(self.looked.incidents, key=lambda line: (-abs(line.impact), line.id))

    def name(self, line: LookedBack) -> str:
        """`AWS Lambda in payments-prod`."""
        service = self.service_name(line.services[0]) if line.services else self.t("rollup.several_services")
        account = (
            self.account_name(line.account_id, line.account_name, WORD)
            if line.account_id
            else self.t("rollup.several_accounts")
        )
        return self.t("anomaly.title", service=service, account=account)

    def amount_of(self, line: LookedBack | OwnerPart) -> str:
        """USD in the month, signed."""
        return self.n.money(line.impact, signed=True)

    def status(self, line: LookedBack) -> str:
        """`since 5 Oct, over since 9 Oct`, and what somebody said of it."""
        said = "" if line.verdict is None else self.t(f"retro.said_{line.verdict}")
        since = self.t("retro.since", day=self.n.day(line.start))
        return ", ".join(filter(None, (since, self._end(line), said)))

    def _end(self, line: LookedBack) -> str:
        if line.ended is None:
            return self.t("status.continuing")
        if line.ended == "back":
            return self.t("status.resolved", day=self.n.day(line.last_day + timedelta(days=1)))
        # That somebody called it so is said with the verdict.
        return self.t("status.new_level") if line.ended == "new_level" else ""

    def owner(self, part: OwnerPart) -> str:
        """`data: +$3,120, 4 incidents, most of it Amazon S3`."""
        owner = plain(part.owner, NAME) if part.owner else self.t("retro.no_owner")
        cause = self.service_name(part.causes[0].name) if part.causes else ""
        key = "retro.owner_cause" if cause else "retro.owner"
        return self.t(
            key,
            owner=owner,
            amount=self.amount_of(part),
            n=part.incidents,
            count=self.n.count(part.incidents),
            cause=cause,
        )

    def muted(self, line: MutedLine) -> str:
        """Until when, what, why, and what it held back."""
        about = [self.service_name(line.service)] if line.service else []
        about += [self.account_of(line.account_id)] if line.account_id else []
        known = next((each for each in self.looked.incidents if each.id == line.incident_id), None)
        about += [self.name(known)] if known and not about else []
        return self.t(
            f"retro.held_{line.verdict}",
            about=", ".join(about) or self.t("said.about_all"),
            since=self.n.day(line.since),
            until=self.n.day(line.until) if line.until else "–",
            amount=self.n.money(line.impact, signed=True),
            reason=plain(line.reason, _REASON),
        )

    @property
    def restated(self) -> str:
        """The days that cost another amount than was told first; empty where none does."""
        days = [
            self.t(
                "correction.part",
                name=self.n.weekday(each.date),
                amount=self.n.money(each.now - each.then, signed=True, exact=True),
            )
            for each in self.looked.restated
        ]
        if not days:
            return ""
        return self.t("retro.restated", n=len(days), count=self.n.count(len(days)), days=self.first_of(days))

    @property
    def owners(self) -> list[str]:
        """A line for each owner; none where no account has one."""
        parts = self.looked.owners
        return [self.owner(part) for part in parts] if any(part.owner for part in parts) else []

    @property
    def held(self) -> list[str]:
        """A line for each mute and plan of the month."""
        return [self.muted(line) for line in self.looked.muted]

    @property
    def forecasts(self) -> list[str]:
        """A line for each forecast that is held to the month's end."""
        return [self.forecast(made) for made in self.looked.forecasts]

    @property
    def also(self) -> list[str]:
        """Of the reports: what they forecast and told otherwise first, how often, beside AWS, and their price."""
        said = (self.restated, self.told_times, self.second_opinion, self.price_of_month)
        return [line for line in (*self.forecasts, *said) if line]

    @property
    def told_times(self) -> str:
        """How often an incident was told as new or grown; empty where none was."""
        times = self.looked.messages
        return self.t("retro.messages", n=times, count=self.n.count(times)) if times else ""

    @property
    def second_opinion(self) -> str:
        """How many AWS found too, and what each found alone; empty where nobody asked AWS."""
        score = self.looked.second_opinion
        if score is None:
            return ""
        both, us, aws = (self.n.count(each) for each in (score.both, score.only_us, score.only_aws))
        return self.t("retro.opinion", both=both, us=us, aws=aws)

    @property
    def unlisted(self) -> str:
        """The incidents that the page's table leaves out."""
        return self.more(self.ranked[_ALL:])

    def more(self, lines: Sequence[LookedBack]) -> str:
        """How many more there are, and their dollars; empty for none."""
        if not lines:
            return ""
        amount = self.n.money(sum((line.impact for line in lines), Decimal(0)), signed=True)
        return self.t("retro.more", n=len(lines), count=self.n.count(len(lines)), amount=amount)

    def forecast(self, made: ForecastMade) -> str:
        """What was forecast on a day, and how far off it was."""
        actual = self.report.totals.period
        within = "retro.within" if made.low <= actual <= made.high else "retro.outside"
        error = "–" if made.error_pct is None else self.n.percent(made.error_pct, signed=True)
        amount, band = self.n.money(made.month_end), (self.n.money(made.low), self.n.money(made.high))
        return self.t(
            "retro.forecast",
            day=self.n.day(made.day),
            amount=amount,
            error=error,
            band=self.t(within, low=band[0], high=band[1]),
        )

    @property
    def price_of_month(self) -> str:
        """What all reports of the month took of Cost Explorer, in USD whatever the report's currency is."""
        it = self.looked
        if not it.requests:
            return self.t("retro.price_none", month=self.month)
        amount = Numbers(self.report.language).money(it.usd)
        return self.t(
            "retro.price", n=it.requests, count=self.n.count(it.requests), amount=amount, month=self.month
        )

    @property
    def defined(self) -> list[str]:
        """What the figures are, in a sentence each."""
        return [
            self.t("retro.is_detect"),
            self.t("retro.is_answer"),
            self.t("retro.is_resolve"),
            self.t("retro.is_avoided", days=self.looked.horizon_days),
        ]

    @property
    def table(self) -> Table:
        """Every incident of the month."""
        heads = ("incident", "start", "told", "answered", "end", "owner", "impact", "avoided")
        captions = {head: self.t(f"retro.head_{head}") for head in heads}
        rows = [self._row(line) for line in self.ranked[:_ALL]]
        return Table(self.t("retro.incidents"), [captions[head] for head in heads], rows, 6)

    def _row(self, line: LookedBack) -> Sequence[str]:
        said = "" if line.verdict is None else self.t(f"retro.said_{line.verdict}")
        return (
            self.name(line),
            self.n.day(line.start),
            self.n.day(line.told_at.date()) if line.told_at else "–",
            self.n.day(line.answered_at.date()) if line.answered_at else "–",
            ", ".join(filter(None, (self._end(line), said))),
            plain(line.owner, NAME) if line.owner else "–",
            self.n.money(line.impact, signed=True),
            "–" if line.avoided is None else self.n.money(line.avoided),
        )
