"""`finopsguard doctor`: whether FinOps Guard can work here, before and after it is delivered."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys

from finopsguard import contracts
from finopsguard.commands.place import add_language, add_state, choose_language, choose_store
from finopsguard.config import AlertSettings
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from finopsguard.doctor.around import Around, Options
from finopsguard.doctor.check import run_all
from finopsguard.doctor.checks import CHECKS
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.checkup import CheckResult, Checkup
from finopsguard.models.run import Language
from finopsguard.report.checkup import Words
from finopsguard.variables import VARIABLES
from finopsguard.version import VERSION

# Documented by AWS (CloudFormation: CreateStack).
_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers the subcommand."""
    parser = subparsers.add_parser(
        "doctor",
        help="whether it can work here: rights, costs, webhook, what is deployed",
        description=__doc__,
    )
    parser.add_argument(
        "--stack",
        type=_stack_name,
        metavar="NAME",
        help="a deployed stack: its settings are looked at instead of this machine's, and its schedules,"
        " executions, alarms and mails",
    )
    parser.add_argument("--format", choices=("text", "md", "json"), default="text")
    parser.add_argument("--post", action="store_true", help="post a test card to the channel")
    add_state(parser, "where runs keep their state, without --stack")
    add_language(parser)
    parser.set_defaults(command=examine)


def examine(options: argparse.Namespace) -> int:
    """Prints what was found; 1 where a check failed. One or two requests of Cost Explorer, USD 0.01 each."""
    choose_store(os.environ, options.state)
    choose_language(os.environ, options.lang)
    around = Around(dict(os.environ), Options(VERSION, options.stack, options.post))
    words = _words(around, options.lang)
    if around.asks_cost_explorer:
        print(words.before(PRICE_OF_A_REQUEST), file=sys.stderr)  # noqa: T201 - said before it is paid
    results = tuple(words.result(name, finding) for name, finding in run_all(CHECKS, around))
    checkup = _checkup(around, results)
    if options.format == "json":
        data = contracts.to_json(checkup)
        print(json.dumps(data, indent=2, ensure_ascii=False))  # noqa: T201 - the command's result
    else:
        said = words.text if options.format == "text" else words.markdown
        print(said(checkup, PRICE_OF_A_REQUEST))  # noqa: T201
    return 1 if checkup.failed else 0


def _words(around: Around, language: Language | None) -> Words:
    """In the language that was asked for, or that is set; a setting that cannot work is a check's to say."""
    try:
        settings: AlertSettings = around.wiring.get(AlertSettings)
    except FinOpsGuardError:
        return Words(language or VARIABLES["language"].default, VARIABLES["time_zone"].default)
    return Words(language or settings.language, settings.time_zone)


def _checkup(around: Around, results: tuple[CheckResult, ...]) -> Checkup:
    return Checkup(
        version=around.options.version,
        at=around.clock(),
        stack=around.options.stack,
        requests=around.paid,
        failed=sum(each.state == "fail" for each in results),
        warned=sum(each.state == "warn" for each in results),
        checks=results,
    )


def _stack_name(text: str) -> str:
    if not _STACK.fullmatch(text):
        raise argparse.ArgumentTypeError("a stack's name has letters, digits and hyphens")
    return text
