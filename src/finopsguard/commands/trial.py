"""`finopsguard trial`: what daily runs would have told of your own costs, with nothing deployed and nothing kept.

It needs credentials that may read, says what reading will cost and asks, reads the history once, and replays the newest
days as `finopsguard backtest` does with a file. It has no store and no channel.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from finopsguard.commands import backtest, costs_file, replayed
from finopsguard.commands.costs_file import shown, usd
from finopsguard.config import AggregateSettings, DetectSettings, PlanSettings
from finopsguard.costs import once
from finopsguard.costs.batches import SERVICES_OF_AN_ACCOUNT
from finopsguard.costs.once import Asked, Counted, Reading
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from finopsguard.errors import CostsIncomplete, InvalidInput
from finopsguard.incidents import follow
from finopsguard.models.report import MissingAccount
from finopsguard.ports import Clock, CostSource, Organization, Sleep
from finopsguard.report import checks
from finopsguard.report.untrusted import plain
from finopsguard.report.words import Words
from finopsguard.wiring import wiring_for

_NAMED = 20


def add_parsers(subparsers: Any) -> None:
    """Registers `trial`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "trial", help="read your own costs once: what would have been told, and when; nothing is deployed"
    )
    parser.add_argument(
        "--days",
        type=costs_file.whole_number,
        default=60,
        help="replay the newest N days (default: %(default)s)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    replayed.add_wanted(parser)
    costs_file.add_from(parser)
    parser.add_argument("--yes", action="store_true", help="pay what reading costs without being asked")
    parser.set_defaults(command=trial)


def trial(options: argparse.Namespace) -> int:
    """Prints what daily runs would have told; 1 where the price is declined. Raises what reading costs raises."""
    wiring = wiring_for(os.environ)
    settings = replace(wiring.get(PlanSettings), language="en")
    config, _ = follow.judged_with(wiring.get(DetectSettings))
    if options.files:
        return backtest.replay_files(options, config, settings.history_days)
    asked = once.ask(wiring.get(Organization), settings, wiring.get(Clock)())
    if not _agreed(asked, yes=options.yes):
        _say("Nothing was read, and nothing is charged.")
        return 1
    costs = Counted(wiring.get(CostSource))
    try:
        allowed = wiring.get(AggregateSettings).max_missing_percent
        reading = once.read(asked, costs, allowed, wiring.get(Sleep))
    finally:
        _say(f"Read: {_took(costs)}.")
    if not reading.series.labels:
        raise CostsIncomplete(
            f"No account has any usage in {asked.run.window.days} days: there is nothing to replay. See that Cost"
            " Explorer is open, and that the credentials are of the account that pays."
        )
    found = replayed.replay_days(
        reading.series,
        options.days,
        config,
        history_days=settings.history_days,
        messages_a_week=options.messages_a_week,
    )
    if options.format == "json":
        costs_file.print_json(
            costs_file.series_data(reading.series), _data(reading, costs), replayed.data(found)
        )
        return 0
    _print_doubts(reading)
    replayed.print_text(found, Words(reading.report).n.currency)
    return 0


def _agreed(asked: Asked, *, yes: bool) -> bool:
    """Says the price and asks. Raises InvalidInput where nobody can answer."""
    price = _price(asked)
    if yes or asked.requests == (0, 0):
        _say(price)
        return True
    if not sys.stdin.isatty():
        raise InvalidInput(f"{price} Say --yes: there is no terminal to ask.")
    _say(f"{price} Read? [y/N]", end=" ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _price(asked: Asked) -> str:
    what = f"{asked.run.window.days} days of {_accounts(asked.accounts)}"
    few, many = asked.requests
    if not many:
        why = "the data are invented" if asked.run.data_source == "mock" else "they are in your data export"
        return f"Reading {what} costs nothing: {why}."
    low, high = (shown(PRICE_OF_A_REQUEST * requests) for requests in (few, many))
    return (
        f"Reading {what} costs about {low} to {high} ({few} to {many} requests of Cost Explorer, with about"
        f" {SERVICES_OF_AN_ACCOUNT} services an account; AWS documents no page size, and what comes with a gap is read"
        " again)."
    )


def _took(costs: Counted) -> str:
    """What reading really cost."""
    least = "at least " if costs.at_least else ""
    return f"{least}{costs.requests} requests of Cost Explorer, {least}{shown(costs.usd)}"


def _data(reading: Reading, costs: Counted) -> dict[str, object]:
    report = reading.report
    return {
        "currency": report.currency,
        "accounts": report.coverage.accounts_expected,
        "not_read": [{"id": each.id, "reason": each.reason} for each in report.coverage.missing],
        "checks": [
            {"name": each.name, "status": each.status, "detail": each.detail}
            for each in report.coverage.checks
        ],
        "notes": list(report.notes),
        "cost_explorer": {"requests": costs.requests, "usd": usd(costs.usd), "at_least": costs.at_least},
    }


def _print_doubts(reading: Reading) -> None:
    """What of the costs is not known, and what could not be proven."""
    report = reading.report
    words = Words(report)
    _print_not_read(report.coverage.missing, report.coverage.accounts_expected)
    for note in report.notes:
        _say(words.t(f"note.{note}"))
    for check in report.coverage.checks:
        if check.status != "ok":
            _say(checks.sentence(words, check))


def _print_not_read(missing: Sequence[MissingAccount], expected: int) -> None:
    if not missing:
        return
    _say(f"{len(missing)} of {_accounts(expected)} could not be read, and what they cost is not known:")
    for each in missing[:_NAMED]:
        _say(f"  {plain(each.id)} {plain(each.name)}: {plain(each.reason, 300)}")
    if len(missing) > _NAMED:
        _say(f"  and {len(missing) - _NAMED} more")


def _accounts(count: int) -> str:
    return f"{count} account{'' if count == 1 else 's'}"


def _say(text: str, end: str = "\n") -> None:
    """On standard error: what is printed there is no result."""
    print(text, end=end, file=sys.stderr, flush=True)  # noqa: T201
