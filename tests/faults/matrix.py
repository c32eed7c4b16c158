"""A run for each cell, and what is seen: the report against the world, the channel, and a run without the fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

from finopsguard import errors
from finopsguard.engine.execution import Execution
from finopsguard.models.report import Report
from tests.faults import world
from tests.faults.arrange import arranged
from tests.faults.run import BEFORE, Place, place
from tests.faults.table import EXPLAINING, LIMITS, TRAIL, Cell, Expected
from tests.faults.verdicts import expected
from tests.standins import Costs
from tests.standins.budgets import monthly

# Faults that end by a time-out of the client.
_ENDED_BY_US = ("time-out", "slow drip")
_EMPTY_UNIT = "ou-st01-empty001"
_TRAIL_ROLE = "FinOpsGuardTrail"
_ROLE = f"arn:aws:iam::{world.ACCOUNTS[0].id}:role/reader"
_STRUCTURE = (
    "ListAccountsForParent",
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "DescribeOrganizationalUnit",
)


@dataclass(frozen=True)
class Seen:
    """What was seen in a cell; the first three as in `table.Expected`."""

    report: str
    told: str
    again: str
    reason: str = ""
    unbounded: str = ""

    @property
    def line(self) -> str:
        """All of it but the operator's message."""
        more = f"; {self.unbounded}" if self.unbounded else ""
        return f"{self.report}; {self.told}; {self.again}{more}"


def objections(seen: Seen, wanted: Expected) -> list[str]:
    """Where a cell is not as expected."""
    found = []
    own = seen.report.removeprefix("refused ")
    any_of_ours = "refused *" in wanted.report and seen.report != own and hasattr(errors, own)
    if seen.report not in wanted.report and not any_of_ours:
        found.append(f"report: {seen.report}, not {' or '.join(wanted.report)}")
    if seen.told not in _told(seen, wanted):
        found.append(f"told: {seen.told}, not {' or '.join(wanted.told)}")
    if seen.again not in wanted.again:
        found.append(f"again: {seen.again}, not {' or '.join(wanted.again)}")
    if seen.report.startswith("refused") and wanted.words not in seen.reason.lower():
        found.append(f"the message does not say {wanted.words!r}: {seen.reason}")
    if seen.unbounded:
        found.append(f"no bound: {seen.unbounded}")
    return found


def _told(seen: Seen, wanted: Expected) -> tuple[str, ...]:
    """A report that is right or says what is missing is in the channel, whatever a refusal might be told by."""
    if len(wanted.told) > 1 and not seen.report.startswith("refused"):
        return tuple(each for each in wanted.told if "card" in each)
    return wanted.told


# ---- worlds ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variant:
    """How the Organization is read: with what settings, which accounts a whole report has, and what they cost."""

    env: Mapping[str, str]
    accounts: frozenset[str]
    prepare: Callable[[Place], None]
    costs: Costs = world.COSTS


def _units(at: Place) -> None:
    at.border.organizations.send_paths = False
    at.border.organizations.add_unit(_EMPTY_UNIT)


def _alone(at: Place) -> None:
    at.border.organizations.in_use = False


def _role(at: Place) -> None:
    at.border.sts.roles.add(_ROLE)


def _role_and_units(at: Place) -> None:
    _role(at)
    _units(at)


def _incidents(at: Place) -> None:
    at.border.cost_explorer.costs = world.WITH_INCIDENTS


def _looked_up(at: Place) -> None:
    """Who acted is asked in the accounts with incidents."""
    _incidents(at)
    at.border.sts.roles |= {f"arn:aws:iam::{each.id}:role/{_TRAIL_ROLE}" for each in world.ACCOUNTS}


def _limits(at: Place) -> None:
    at.border.budgets.budgets[at.border.sts.own_account] = [monthly("Everything", "5000")]


def _as_it_is(at: Place) -> None:
    pass


_ALL = frozenset(world.NAMES)
_IN_UNIT = frozenset(each.id for each in world.ACCOUNTS if each.units)
_LIMITS = {"FINOPSGUARD_BUDGETS": '{"tag:team=shop": "100"}', "FINOPSGUARD_AWS_BUDGETS": "true",
           "FINOPSGUARD_SECOND_OPINION": "true"}  # fmt: skip
_UNITS = {"FINOPSGUARD_INCLUDE_OUS": f"{world.UNIT},{_EMPTY_UNIT}"}
VARIANTS: Mapping[str, Variant] = {
    "plain": Variant({}, _ALL, _as_it_is),
    "units": Variant(_UNITS, _IN_UNIT, _units),
    "role": Variant({"FINOPSGUARD_ORGANIZATION_ROLE_ARN": _ROLE}, _ALL, _role),
    "role and units": Variant(
        {"FINOPSGUARD_ORGANIZATION_ROLE_ARN": _ROLE, **_UNITS}, _IN_UNIT, _role_and_units
    ),
    **dict.fromkeys(
        ("incidents", "incidents and plain"),
        Variant({"FINOPSGUARD_RESOURCES": "true"}, _ALL, _incidents, world.WITH_INCIDENTS),
    ),
    "looked up": Variant(
        {"FINOPSGUARD_TRAIL": "true", "FINOPSGUARD_TRAIL_ROLE": _TRAIL_ROLE},
        _ALL,
        _looked_up,
        world.WITH_INCIDENTS,
    ),
    "limits": Variant(_LIMITS, _ALL, _limits),
    "alone": Variant({}, frozenset({world.ACCOUNTS[0].id}), _alone),
}


def variant_of(cell: Cell) -> str:
    """The world in which a cell's operation is asked for."""
    if cell.operation in EXPLAINING:
        return "incidents"
    if cell.operation == TRAIL:
        return "looked up"
    if cell.operation in LIMITS:
        return "limits"
    operation = cell.operation.partition(":")[2]
    if operation in _STRUCTURE:
        return "units"
    return {"AssumeRole": "role", "GetCallerIdentity": "alone"}.get(operation, "plain")


# The same accounts, read by another way.
_SAME = {
    "role": "plain",
    "role and units": "units",
    # The week before had none.
    "incidents": "plain",
    "incidents and plain": "plain",
    "looked up": "plain",
    # The week before knew of no tags.
    "limits": "plain",
}


@cache
def before(name: str) -> Mapping[str, bytes]:
    """What the store holds after the report of the week before, which went well."""
    if name in _SAME:
        return before(_SAME[name])
    variant = VARIANTS[name]
    with place(variant.env) as at:
        variant.prepare(at)
        execution = at.run(BEFORE)
        assert execution.status == "SUCCEEDED", execution.reason
        return dict(at.border.s3.objects)


# ---- a cell ----------------------------------------------------------------------------------------------------------


def run_cell(*cells: Cell, twice: bool = True) -> Seen:
    """Runs the report with the fault, or several at once, and once more without, an hour later.

    Without the second run what it does is not looked at, and taken for what is expected.
    """
    name = " and ".join(sorted({variant_of(cell) for cell in cells}))
    variant = VARIANTS[name]
    with place(variant.env, before(name)) as at:
        variant.prepare(at)
        with ExitStack() as stack:
            happened = {cell.name: stack.enter_context(arranged(cell, at)) for cell in cells}
            first = _first(cells, at)
            silent = [each for each, did in happened.items() if not did()]
            assert not silent, f"did not happen: {silent}"
        border = at.border
        unbounded = sorted({*border.unbounded, *(["followed a redirect"] if border.followed else [])})
        report, told = _report_of(first, at, variant), in_channel(at)
        posted = len(border.workflows.posts)
        if not twice:
            return Seen(report, told, expected(cells[0]).again[0], first.reason, ", ".join(unbounded))
        at.later(1)
        again = _again(at.run(), at, variant, posted)
    return Seen(report, told, again, first.reason, ", ".join(unbounded))


def _first(cells: Sequence[Cell], at: Place) -> Execution:
    area = cells[0].area
    hasty = (
        ("Teams" if area == "Teams" else "AWS") if any(cell.fault in _ENDED_BY_US for cell in cells) else ""
    )
    if area != "Teams":
        return at.run(hasty=hasty)
    # All before the post is what it always is.
    made = ready()
    at.border.s3.objects.update(made.objects)
    at.border.s3.puts += made.puts
    return at.run(made.given, hasty=hasty, start_at="PostToTeams")


@dataclass(frozen=True)
class Ready:
    """A run before its post: what PostToTeams is given, and what is stored."""

    given: Mapping[str, Any]
    objects: Mapping[str, bytes]
    puts: Sequence[tuple[str, bytes]]


@cache
def ready() -> Ready:
    """The report up to its post."""

    def ends_here(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise type("EndsHere", (errors.Permanent,), {})

    with place(VARIANTS["plain"].env, before("plain")) as at:
        at.run(functions={"post_to_teams": ends_here, "notify_failure": ends_here})
        entered = [
            each for each in at.events if each.type.endswith("Entered") and each.state == "PostToTeams"
        ]
        s3 = at.border.s3
        return Ready(json.loads(entered[0].payload or ""), dict(s3.objects), list(s3.puts))


def _report_of(execution: Execution, at: Place, variant: Variant) -> str:
    if execution.status != "SUCCEEDED":
        return f"refused {execution.error}"
    report = at.report()
    assert report is not None
    return judged(report, variant.accounts, variant.costs)


def judged(
    report: Report,
    accounts: frozenset[str],
    costs: Costs = world.COSTS,
    known: frozenset[str] = frozenset(world.NAMES),
) -> str:
    """`right`, `says` or what is wrong; `accounts` are those of a whole report, `known` all of the world's `costs`."""
    missing = {each.id for each in report.coverage.missing}
    silent = accounts - missing - {each.id for each in report.accounts}
    doubts = [check.name for check in report.coverage.checks if check.status != "ok"]
    alone = report.comparison is None or report.comparison.previous is None
    opinion = report.second_opinion
    unread = report.aws_budgets is not None and report.aws_budgets.state != "read"
    unread = unread or (opinion is not None and (opinion.state != "read" or opinion.more))
    notes = set(report.notes) - {"organizations_not_in_use"}
    said = bool(missing or doubts or alone or notes or unread)
    foreign = [
        each.reason for each in report.coverage.missing if not hasattr(errors, each.reason.partition(":")[0])
    ]
    wrong = [f"a foreign error for a reason ({foreign[0]})"] if foreign else []
    wrong += world.differences(report, known - accounts | missing | silent, costs, known)
    if silent and not said:
        wrong.append(f"{sorted(silent)} are neither reported nor missing")
    return f"wrong: {wrong[0]}" if wrong else "says" if said else "right"


def in_channel(at: Place, first: int = 0) -> str:
    """What the channel was shown from the nth post on: `card`, `alert and card`, `2 alerts`, `nobody`."""
    cards = at.messages()
    posts = at.border.workflows.posts[first:]
    shown = sum(body in cards for body in posts)
    counted = {"alert": len(posts) - shown, "card": shown}
    named = [name if number == 1 else f"{number} {name}s" for name, number in counted.items() if number]
    return " and ".join(named) or "nobody"


def _again(execution: Execution, at: Place, variant: Variant, posted: int) -> str:  # noqa: PLR0911 - a word each
    """What the second run did."""
    if execution.error == "DeliveryUncertain":
        return "asks"
    if execution.status != "SUCCEEDED":
        return f"refused {execution.error}"
    if "card" not in in_channel(at):
        return "no card"
    if in_channel(at).endswith("cards"):
        return "the card twice"
    report = at.report()
    assert report is not None
    found = judged(report, variant.accounts, variant.costs)
    if in_channel(at, posted) == "card":
        return "delivers" if found == "right" else f"delivers and {found}"
    if len(at.border.workflows.posts) > posted:
        return f"tells {in_channel(at, posted)}"
    return found if found.startswith("wrong") else "same"
