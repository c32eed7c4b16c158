"""`finopsguard trial`: what daily runs would have told of your own costs, with nothing deployed.

It needs credentials that may read, says what reading will cost and asks, reads the history once, and replays the newest
days as `finopsguard backtest` does with a file. It posts nothing. With `--out DIR` it writes a page and its data there,
and the history as a run keeps it, so that neither another trial nor the first report buys these days again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from finopsguard.commands import costs_file, files, replayed
from finopsguard.commands.costs_file import shown as amount
from finopsguard.commands.costs_file import usd
from finopsguard.commands.place import add_language, choose_language
from finopsguard.commands.replayed import Replayed
from finopsguard.commands.trial_found import page_of, shown_data, trial_of
from finopsguard.config import AggregateSettings, CostSettings, DetectSettings, PlanSettings
from finopsguard.costs import once
from finopsguard.costs.batches import SERVICES_OF_AN_ACCOUNT
from finopsguard.costs.once import Asked, Reading
from finopsguard.costs.paid import PRICE_OF_A_REQUEST, pages
from finopsguard.costs.series import DailySeries
from finopsguard.errors import CostsIncomplete, InvalidInput
from finopsguard.incidents import follow
from finopsguard.incidents.gates import MESSAGES_A_WEEK
from finopsguard.models.report import MissingAccount
from finopsguard.models.trial import Trial
from finopsguard.ports import Clock, CostSource, Organization, Sleep
from finopsguard.report import checks
from finopsguard.report.trial_story import doubts_of, markdown, unknown_doubt
from finopsguard.report.untrusted import plain
from finopsguard.report.words import Words
from finopsguard.store import keys
from finopsguard.store.directory import DirectoryStore
from finopsguard.store.memory import MemoryStore
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
    parser.add_argument("--format", choices=("text", "md", "json"), default="text")
    parser.add_argument(
        "--out", metavar="DIR", help="write trial.html, trial.md, trial.json and the history there"
    )
    add_language(parser, "page and md")
    replayed.add_wanted(parser, MESSAGES_A_WEEK)
    costs_file.add_from(parser)
    parser.add_argument("--yes", action="store_true", help="pay what reading costs without being asked")
    parser.set_defaults(command=trial)


def trial(options: argparse.Namespace) -> int:
    """Prints what daily runs would have told; 1 where the price is declined. Raises what reading costs raises."""
    choose_language(os.environ, options.lang)
    wiring = wiring_for(os.environ)
    settings, policy = wiring.get(PlanSettings), wiring.get(DetectSettings)
    out = files.folder(Path(options.out)) if options.out else None
    if options.files:
        return _of_files(options, settings, policy, out)
    if wiring.get(CostSettings).reads_by_athena:
        raise InvalidInput(
            "A trial keeps nothing in AWS, and Athena writes to a bucket and is paid by what it scans. Set"
            " FINOPSGUARD_EXPORT_ENGINE to duckdb, or FINOPSGUARD_COST_SOURCE to cost_explorer, for the trial."
        )
    store = MemoryStore()
    if out:
        once.copy_history(DirectoryStore(out), store)
    asked = once.ask(wiring.get(Organization), settings, wiring.get(Clock)(), store)
    if not _agreed(asked, yes=options.yes):
        _say("Nothing was read, and nothing is charged.")
        return 1
    try:
        allowed = wiring.get(AggregateSettings).max_missing_percent
        reading = once.read(asked, wiring.get(CostSource), allowed, wiring.get(Sleep), store)
    finally:
        _say(f"Read: {_took(pages(store, asked.run))}.")
    if out:
        kept = once.copy_history(store, DirectoryStore(out))
        _say(
            f"Kept: {kept} new files of {out / keys.HISTORY.prefix}, which the first report need not buy again."
        )
    if not reading.series.labels:
        raise CostsIncomplete(
            f"No account has any usage in {asked.run.window.days} days: there is nothing to replay. See that Cost"
            " Explorer is open, and that the credentials are of the account that pays."
        )
    found = _replayed(options, reading.series, policy, settings.history_days)
    shown = trial_of(
        found,
        language=settings.language,
        currency=reading.report.currency,
        names={account.id: account.name for account in reading.plan.accounts},
        present=policy.anomaly_min_impact,
        price=reading.report.cost_explorer,
        doubts=doubts_of(reading.report),
    )
    _print_doubts(reading)
    parts = costs_file.series_data(reading.series), _data(reading), replayed.data(found)
    _tell(options, shown, found, parts)
    if out:
        _write(out, shown, page_of(shown, found, reading, settings, policy), parts)
    return 0


def _of_files(
    options: argparse.Namespace, settings: PlanSettings, policy: DetectSettings, out: Path | None
) -> int:
    """The same of files: no price, no card, no history."""
    export = costs_file.read_files(options)
    found = _replayed(options, export.series, policy, settings.history_days)
    unknown = costs_file.unknown_amounts(export.series.newest(found.days))
    shown = trial_of(
        found,
        language=settings.language,
        currency=costs_file.currency_of(export),
        names={},
        present=policy.anomaly_min_impact,
        price=None,
        doubts=unknown_doubt(settings.language, unknown),
    )
    parts = costs_file.export_data(export, found.days), replayed.data(found)
    _tell(options, shown, found, parts)
    if options.format == "text":
        costs_file.print_not_judged(export, found.days)
    if out:
        _write(out, shown, page_of(shown, found, None, settings, policy), parts)
    return 0


def _replayed(
    options: argparse.Namespace, series: DailySeries, policy: DetectSettings, history_days: int
) -> Replayed:
    config, _ = follow.judged_with(policy)
    return replayed.replay_days(
        series, options.days, config, history_days=history_days, messages_a_week=options.messages_a_week
    )


def _tell(
    options: argparse.Namespace, shown: Trial, found: Replayed, parts: Sequence[Mapping[str, object]]
) -> None:
    """Prints the result in the form that is asked for."""
    if options.format == "json":
        costs_file.print_json(*parts, shown_data(shown))
    elif options.format == "md":
        print(markdown(shown), end="")  # noqa: T201
    else:
        replayed.print_text(found, shown.currency)


def _write(out: Path, shown: Trial, page: str, parts: Sequence[Mapping[str, object]]) -> None:
    files.write(out / "trial.html", page.encode())
    files.write(out / "trial.md", markdown(shown).encode())
    files.write(out / "trial.json", costs_file.json_text(*parts, shown_data(shown)).encode())
    _say(f"Page: {out / 'trial.html'}")


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
    low, high = (amount(PRICE_OF_A_REQUEST * requests) for requests in (few, many))
    return (
        f"Reading {what} costs about {low} to {high} ({few} to {many} requests of Cost Explorer, with about"
        f" {SERVICES_OF_AN_ACCOUNT} services an account; AWS documents no page size, and what comes with a gap is read"
        " again)."
    )


def _took(requests: int) -> str:
    """What reading really cost."""
    return f"{requests} requests of Cost Explorer, {amount(PRICE_OF_A_REQUEST * requests)}"


def _data(reading: Reading) -> dict[str, object]:
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
        "cost_explorer": {"requests": report.cost_explorer.requests, "usd": usd(report.cost_explorer.usd)},
    }


def _print_doubts(reading: Reading) -> None:
    """What of the costs is not known, and what could not be proven."""
    report = replace(reading.report, language="en")
    words = Words(report)
    _print_not_read(report.coverage.missing, report.coverage.accounts_expected)
    for note in report.notes:
        # Of usage by Region, which a replay does not judge, there are no words.
        if words.t.has(f"note.{note}"):
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
