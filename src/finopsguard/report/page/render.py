"""The report page: one HTML file that needs nothing else, safe to open from a mail or a bucket.

No request leaves it: style, script and charts are inside, and its content security policy allows these alone, by hash.
Text from outside is escaped by Jinja2. It is stored next to report.json and linked from the card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from markupsafe import Markup

from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.metrics import COST_METRICS
from finopsguard.models.report import AccountCost, ChargeKind, DayCost, Report, ServiceCost
from finopsguard.models.run import LEFT
from finopsguard.report import (
    anomaly_text,
    cause_facts,
    charges,
    facts,
    ordinary,
    resource_text,
    said_text,
    who_text,
)
from finopsguard.report.anomaly_text import AnomalyText, CauseText
from finopsguard.report.page import cause_table, chart, html, month_end, retrospective
from finopsguard.report.resource_text import ResourceRow
from finopsguard.report.services import short_name
from finopsguard.report.story import Story
from finopsguard.report.untrusted import plain

_ASSETS = Path(__file__).parent / "assets"
# The largest are shown at once, some more can be unfolded; report.json has all.
_AT_ONCE, _ANOMALIES = 12, 200
_PARTS = 5
_LONG = 200  # characters of a name; the page has room for what the card must cut


@dataclass(frozen=True)
class Row:
    """An account or service in a table; `before`, `change` and `percent` are None without a previous period."""

    name: str
    note: str
    unit: str
    cost: Decimal
    before: Decimal | None
    change: Decimal | None
    percent: Decimal | None
    link: str | None


@dataclass(frozen=True)
class Entry:
    """An anomaly with its own chart and causes; `missing` where it should have causes and has none."""

    words: AnomalyText
    line: AnomalyLine
    kind: str
    parts: list[str]
    causes: list[CauseText]
    table: cause_table.CauseTable | None
    resources: Sequence[ResourceRow]
    who: list[str]
    missing: bool
    picture: Markup | None


def page(report: Report) -> str:
    """The page's HTML."""
    if report.retrospective:
        return retrospective.page(report, report.retrospective)
    story = Story(report)
    days = facts.recent_days(report, len(report.daily))
    columns = [chart.column(day, report, _tooltip(story, day)) for day in days]
    top = chart.ceiling(columns)
    marked: dict[int, list[str]] = {}
    found, grouped = facts.open_anomalies(report), charges.groups(report)
    for line in found:
        for index, day in enumerate(days):
            if day.date == line.day:
                marked.setdefault(index, []).append(anomaly_text.describe(story, line).title)
    return html.fill(
        _ASSETS,
        "page",
        more_style=f".days {{ grid-template-columns: repeat({max(len(days), 1)}, 1fr); }}\n",
        story=story,
        report=report,
        t=story.t,
        n=story.n,
        days=days,
        marked=marked,
        scale=[story.n.money(top * part / 4, compact=True) for part in (4, 3, 2, 1)] + ["0"],
        picture=chart.svg(columns, top, story.trend_alt),
        anomalies=[_entry(story, line) for line in found[:_AT_ONCE]],
        folded=[_entry(story, line) for line in found[_AT_ONCE:_ANOMALIES]],
        explained=any(cause_facts.explaining(line) for line in found),
        graded=any(line.who for line in found),
        named=any(line.resources for line in found),
        more=anomaly_text.more(story, found[_AT_ONCE:]),
        more_to_check=anomaly_text.more_to_check(story, found[_AT_ONCE:]),
        resolved=[_entry(story, line) for line in facts.resolved_anomalies(report)[:_ANOMALIES]],
        accounts=[_account(story, account) for account in sorted(report.accounts, key=_by_cost)],
        services=[_service(story, service) for service in sorted(report.services, key=_by_cost)],
        charges=_charges(story),
        judged_with=_judged_with(story),
        charge_findings=[charges.describe(story, group) for group in grouped[:_ANOMALIES]],
        charges_more=charges.more(story, grouped[_ANOMALIES:]),
        untold=ordinary.listed(story),
        verdicts=said_text.listed(story),
        units=facts.units(report),
        month_end=month_end.section(story),
        missing=[
            (story.account_name(item.id, item.name, _LONG), item.id, plain(item.reason, 300))
            for item in report.coverage.missing
        ],
        plain=plain,
    )


def _tooltip(story: Story, found: DayCost) -> str:
    words = [f"{story.n.weekday(found.date)}: {story.n.money(found.usage, exact=True)}"]
    if found.expected is not None:
        words.append(f"{story.t('trend.expected')} {story.n.money(found.expected, exact=True)}")
    if facts.is_unfinished(story.report, found):
        words.append(story.t("trend.provisional"))
    return ", ".join(words)


def _entry(story: Story, line: AnomalyLine) -> Entry:
    columns = [
        chart.Column(
            day.amount,
            "over" if day.unusual else "before",
            f"{story.n.weekday(day.date)}: {story.n.money(day.amount, exact=True)}",
            day.expected,
        )
        for day in facts.anomaly_days(line, story.report)
    ]
    text = anomaly_text.describe(story, line)
    picture = chart.svg(columns, chart.highest(columns), text.sentence) if columns else None
    return Entry(
        words=text,
        line=line,
        kind=anomaly_text.kind(story, line),
        parts=anomaly_text.parts(story, line, _PARTS),
        causes=anomaly_text.told_causes(story, line),
        table=cause_table.table(story, line),
        resources=resource_text.rows(line),
        who=who_text.sentences(story, line),
        missing=cause_facts.are_missing(line, story.report),
        picture=picture,
    )


def _account(story: Story, account: AccountCost) -> Row:
    state = story.t("account.left") if account.state == LEFT else plain(account.state, 24)
    note = account.id if account.state == "ACTIVE" else f"{account.id} · {state}"
    name, unit = story.account_name(account.id, account.name, _LONG), plain(account.ou or "", _LONG)
    return _row(account, name, note, unit, story.account_link(account))


def _service(story: Story, service: ServiceCost) -> Row:
    name = plain(short_name(service.name), _LONG)
    full = plain(service.name, _LONG)
    return _row(service, name, full if full != name else "", "", story.service_link(service.name))


def _row(item: AccountCost | ServiceCost, name: str, note: str, unit: str, link: str | None) -> Row:
    """On the comparison's days, so that a table adds up to the headline."""
    cost, before = facts.cost(item), item.compared_previous
    change = None if before is None else cost - before
    percent = None if before is None or change is None else facts.percent_of(change, before)
    return Row(name, note, unit, cost, before, change, percent, link)


def _charges(story: Story) -> list[Row]:
    """A row for each kind of charge, and the sum of all: what is billed."""
    found = facts.charges(story.report)
    rows = [
        (story.charge_name(item.kind), _types(story, item.kind), item.amount, item.previous) for item in found
    ]
    rows.append((story.t("column.total"), "", *facts.billed(story.report)))
    return [
        Row(name, note, "", now, then, None if then is None else now - then, None, None)
        for name, note, now, then in rows
    ]


def _judged_with(story: Story) -> list[str]:
    """What of the policy is not the default, and so limits or widens what anomalies are; the cost that was judged."""
    known, said = story.report.judged_with, []
    if facts.judged_metric(story.report) != story.report.cost_metric:
        metric = story.t(COST_METRICS[story.report.cost_metric].words)
        said.append(story.t("method.amortized", metric=metric))
    if known and known.sensitivity != 1:
        said.append(story.t("method.sensitivity", value=story.n.decimal(known.sensitivity)))
    if known and known.unjudged_services:
        names = ", ".join(plain(name, _LONG) for name in known.unjudged_services)
        said.append(story.t("method.unjudged", services=names))
    return said


def _types(story: Story, kind: ChargeKind) -> str:
    """What AWS calls the charges of a kind, where that says more than the kind: `Savings Plan recurring fee`."""
    names = facts.record_types(story.report, kind)
    return "" if len(names) < 2 and kind not in ("fee", "discount") else plain(", ".join(names), _LONG)


def _by_cost(item: AccountCost | ServiceCost) -> tuple[Decimal, str]:
    return -facts.cost(item), item.name
