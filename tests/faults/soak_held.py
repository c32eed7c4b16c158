"""What a soak is held to: reports, days, numbers, alerts and the bucket, by what the stand-ins got.

Which report a post is, is known from the body that was written before it, to the byte. What a number has to be is the
company's bill as it stood on the morning when it was read.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from finopsguard import contracts
from finopsguard.failures import attempt_in
from finopsguard.models.notes import missing_days
from finopsguard.models.report import Report
from finopsguard.store import keys
from tests.faults.soak_bucket import bounded
from tests.faults.soak_numbers import Card, judged
from tests.faults.soak_run import REPORTS, Soak
from tests.faults.soak_world import FIRST
from tests.truth.days import DAY
from tests.unit.channels.teams.cards import content, texts

_CENT = Decimal("0.01")
_YOUNG = 25 * DAY
_LATE = Decimal("0.8")
"""A day of which less is billed must be seen to be late: the company is steady."""


@dataclass
class Outcome:
    """What came of a soak. `wrong` is empty, or the soak failed."""

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class _Record:
    """What the stand-ins got, read in order."""

    cards: list[Card] = field(default_factory=list)
    corrections: list[str] = field(default_factory=list)
    alerts: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By the execution's number: the words of its alerts, in Teams and by the topic."""


def held(soak: Soak) -> Outcome:
    """Everything that is not as it has to be, and the counts."""
    record, found = _record(soak), Outcome()
    for check in (_once, _days, _numbers, _told, _incidents):
        found.wrong.extend(check(soak, record, found.counts))
    found.wrong.extend(bounded(soak, found.counts))
    found.counts["cards"] = len(record.cards)
    found.counts["corrections"] = len(record.corrections)
    return found


def _record(soak: Soak) -> _Record:
    """Walks through what was written and posted."""
    border, record = soak.at.border, _Record()
    reports: dict[str, Report] = {}
    read: dict[str, set[date]] = defaultdict(set)
    bodies: dict[bytes, Card | str] = {}
    for number, ran in enumerate(soak.ran):
        for key, data in (border.s3.puts[each] for each in ran.writes):
            if parts := keys.REPORT.parts(key):
                reports[parts["run_id"]] = contracts.decode(Report, data)
            elif parts := keys.ACCOUNTS.parts(key) or keys.BATCH_COSTS.parts(key):
                # With the plan it is known which held days are billed otherwise now, and these are read again.
                read[parts["run_id"]].add(ran.morning)
            elif parts := keys.MESSAGE.parts(key):
                shown = texts(content(json.loads(data)))[0]
                bodies[data] = Card(reports[parts["run_id"]], ran, frozenset(read[parts["run_id"]]), shown)
            elif parts := keys.CORRECTION.parts(key):
                bodies[data] = parts["corrected"]
        for body in (border.workflows.posts[each] for each in ran.posts):
            posted = bodies.get(body)
            if isinstance(posted, Card):
                record.cards.append(replace(posted, by=ran))
            elif posted:
                record.corrections.append(posted)
            else:
                record.alerts[number].append(
                    json.dumps(json.loads(body), ensure_ascii=False)
                    .replace("\u200b", "")
                    .replace("\u2060", "")
                )
        record.alerts[number] += [border.sns.published[each][1] for each in ran.published]
    return record


# ---- once ------------------------------------------------------------------------------------------------------------


def _once(soak: Soak, record: _Record, counts: Counter[str]) -> Iterator[str]:
    """No card, and no correction, is in the channel twice; but for those whose record the store lost."""
    lost = {parts["run_id"] for key in soak.chance.lost if (parts := keys.DELIVERY.parts(key))}
    for run_id, number in Counter(card.report.run_id for card in record.cards).items():
        if number > 1 and run_id not in lost:
            yield f"{run_id} is in the channel {number} times"
        counts["twice, for the store lost a record"] += number > 1 and run_id in lost
    for run_id, number in Counter(record.corrections).items():
        if number > 1 and f"{run_id}-correction" not in lost:
            yield f"the correction of {run_id} is in the channel {number} times"


# ---- days ------------------------------------------------------------------------------------------------------------


def _days(soak: Soak, record: _Record, counts: Counter[str]) -> Iterator[str]:
    """Each day is in one report of a kind, or named as in none; each report that was due came, now or with another."""
    for report in REPORTS:
        cards = {card.report.run_id: card for card in record.cards if card.report.report == report}
        delivered = sorted(cards.values(), key=lambda card: card.report.period.start)
        on = Counter(day for card in delivered for day in card.report.period.dates())
        missing = {day for card in delivered for day in _named_missing(card.report)}
        lost = _days_of_lost_records(soak, report)
        for day, number in sorted(on.items()):
            if number > 1 and day not in lost:
                yield f"{day} is in {number} {report} reports"
            counts["days twice, for the store lost a record"] += number > 1 and day in lost
        first, last = min(on), max(on)
        alerted = _days_of_alerts(soak, record, report)
        for day in (first + number * DAY for number in range((last - first).days)):
            # Where what failed could not be noted, its alert is all that tells of it (store/keys.py).
            counts["days told by an alert alone"] += not on[day] and day not in missing and day in alerted
            if not on[day] and day not in missing | alerted:
                yield f"{day} is in no {report} report, and named by none"
        yield from _due(soak, record, report, delivered, missing, counts)
        yield from _gaps_are_said(delivered, REPORTS[report].days)
        yield from _covered_is_true(soak, report, cards, lost)


def _days_of_alerts(soak: Soak, record: _Record, report: str) -> set[date]:
    """The days of the reports of which an alert said that they failed."""
    return {
        ran.scheduled.date() - REPORTS[report].newest - number * DAY
        for place, ran in enumerate(soak.ran)
        if ran.report == report and record.alerts[place]
        for number in range(REPORTS[report].days or 1)
    }


def _named_missing(report: Report) -> Iterator[date]:
    for note in report.notes:
        if period := missing_days(note):
            yield from period.dates()


def _days_of_lost_records(soak: Soak, report: str) -> set[date]:
    """The days that the product could not know as told: their record was lost, of the post or of the days."""
    found: set[date] = set()
    for key in soak.chance.lost:
        covered, delivery = keys.COVERED.parts(key), keys.DELIVERY.parts(key)
        if covered and covered["report"] == report:
            end = date.fromisoformat(covered["end"])
            found |= {end - number * DAY for number in range(1, 29)}
        elif delivery and delivery["run_id"].startswith(report):
            found.add(date.fromisoformat(delivery["run_id"].split("-", 1)[1][:10]))
    return found


def _due(
    soak: Soak,
    record: _Record,
    report: str,
    delivered: Sequence[Card],
    missing: set[date],
    counts: Counter[str],
) -> Iterator[str]:
    """What became of each report that was due."""
    for number, ran in enumerate(soak.ran):
        if ran.report != report or ran.how != "scheduled":
            continue
        day = ran.scheduled.date() - REPORTS[report].newest
        card = next((each for each in delivered if day in each.report.period), None)
        counts[f"{report} due"] += 1
        if card is None:
            counts["told as missing"] += day in missing
            if day not in missing and not record.alerts[number]:
                yield f"the {report} report of {day} did not come, and nobody was told"
        elif card.by is ran:
            counts["on time"] += 1
        elif card.report.period.end == day + DAY:
            counts["later the same report"] += 1
        else:
            counts["with a later report"] += 1


def _gaps_are_said(delivered: Sequence[Card], regular: int | None) -> Iterator[str]:
    """A report of more days than its own says so."""
    for card in delivered:
        report = card.report
        if regular and report.period.days > regular and not {"gap_covered", "gap_left"} & set(report.notes):
            yield f"{report.run_id} covers {report.period.days} days and does not say why"


def _covered_is_true(
    soak: Soak, report: str, cards: Mapping[str, Card], lost: Collection[date]
) -> Iterator[str]:
    """The store's own record of days is that of the channel."""
    found = filter(None, map(keys.COVERED.parts, soak.at.border.s3.objects))
    kept = {date.fromisoformat(parts["end"]) for parts in found if parts["report"] == report}
    ends = {card.report.period.end for card in cards.values()}
    yield from (f"covered/ has {end}, and no {report} report of the channel" for end in sorted(kept - ends))
    for card in cards.values():
        end = card.report.period.end
        # One that could not be written is known from the ledger, and its execution failed for it.
        unrecorded = card.by.failed
        young = FIRST + soak.days * DAY - end < _YOUNG
        if young and end not in kept and end - DAY not in lost and not unrecorded:
            yield f"{card.report.run_id} is in the channel and not in covered/"


# ---- numbers ---------------------------------------------------------------------------------------------------------


def _numbers(soak: Soak, record: _Record, counts: Counter[str]) -> Iterator[str]:
    """Each number is the bill's, to the cent, as it stood when it was read; late days are in no comparison."""
    for card in record.cards:
        report = card.report
        said = judged(soak, card)
        counts["right" if said == "right" else "says what is missing"] += 1
        if said.startswith("wrong"):
            yield f"{report.run_id} ({card.by.how}) is {said}; {_circumstances(card)}"
        assert report.comparison is not None
        current = report.comparison.current
        if current is not None and abs(_amount(card.shown) - current) > (
            Decimal("0.5") if current >= 1000 else _CENT
        ):
            yield f"the card of {report.run_id} shows {card.shown}, and its report has {current}"
        for day in report.comparison.days:
            shares = [soak.company.share(day, (morning - day).days) for morning in card.mornings]
            if max(shares) < _LATE:
                yield f"{report.run_id} compares {day}, of which {max(shares)} was billed"


def _circumstances(card: Card) -> str:
    """What a wrong number may come from."""
    coverage = card.report.coverage
    total = [check.detail for check in coverage.checks if check.name == "control_total"]
    missing = [each.id for each in coverage.missing]
    return f"total of all {total}, missing {missing}, read on {sorted(map(str, card.mornings))}"


def _amount(shown: str) -> Decimal:
    """`−$6,380` as a number."""
    return Decimal(shown.replace("$", "").replace(",", "").replace("\u2212", "-"))


# ---- alerts ----------------------------------------------------------------------------------------------------------


def _told(soak: Soak, record: _Record, counts: Counter[str]) -> Iterator[str]:
    """Each failure told somebody, or says that it told nobody; none told twice what was received."""
    asked: set[str] = set()
    for number, ran in enumerate(soak.ran):
        alerts = record.alerts[number]
        counts["alerts"] += len(alerts)
        counts["alerts by the topic"] += len(ran.published)
        name = f"{ran.report} of {ran.scheduled.date()}, {ran.how}: {ran.execution.error}"
        if not ran.failed:
            if alerts:
                yield f"{name}: an alert under a report that is there"
            continue
        counts["failed"] += 1
        attempt = attempt_in(ran.execution.cause or "")
        note = ran.execution.alert
        if not alerts:
            if note is None or note.status == "delivered":
                yield f"{name}: it says that {note}, and nobody got it"
            elif note.status == "already_delivered" and attempt not in asked:
                yield f"{name}: it says that it was told before, and nobody got it"
            counts["nobody, and says so"] += note is not None and note.status == "failed"
            counts["asked before"] += note is not None and note.status == "already_delivered"
        if len(alerts) - ran.unseen > 1:
            yield f"{name}: told {len(alerts)} times"
        if attempt and alerts:
            forgotten = any(
                keys.ALERT.matches(key) for each in soak.ran[: number + 1] for key in each.at_store
            )
            if attempt in asked and not forgotten:
                yield f"{name}: asked about {attempt} again"
            asked.add(attempt)


# ---- incidents -------------------------------------------------------------------------------------------------------


def _incidents(soak: Soak, record: _Record, counts: Counter[str]) -> Iterator[str]:
    """What was planted is told by a report, or it says why not: a month after another it may be the month's.

    An account has one story at a time, which may be told under another of its services.
    """
    reports = [card.report for card in record.cards]
    for incident in soak.company.incidents:
        whose = (incident.account_id, incident.service)
        days = {incident.first + number * DAY for number in range(incident.days)}
        told = any(
            line.account_id == incident.account_id
            and line.start <= max(days)
            and (line.last_day or line.day) >= incident.first
            for report in reports
            for line in report.anomalies
        )
        said = any(
            (rise.account_id, rise.service) == whose and days.intersection(rise.days)
            for report in reports
            for rise in report.untold
        )
        counts["incidents told"] += told
        counts["incidents said to be none"] += said and not told
        if not told and not said and any(days.intersection(report.period.dates()) for report in reports):
            yield f"{incident} is in no report"
