"""`finopsguard heartbeat`: ends with 1 where a report does not come; for a container, which has no CheckHeartbeat."""

from __future__ import annotations

import argparse
import json
import os
from typing import get_args

from finopsguard import contracts
from finopsguard.commands.costs_file import whole_number
from finopsguard.commands.place import add_state, choose_store
from finopsguard.config import HeartbeatSettings
from finopsguard.costs.paid import usd_in_month
from finopsguard.errors import ReportMissing
from finopsguard.models.messages import Heartbeat
from finopsguard.models.run import ReportName, source_of
from finopsguard.ports import Clock, Store
from finopsguard.store import covered
from finopsguard.wiring import wiring_for

_SINCE = "hours after a delivered {} report from which the next one is missing (default: not looked at)"


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers `heartbeat`."""
    parser = subparsers.add_parser(
        "heartbeat", help="whether the reports come: how long ago each was delivered", description=__doc__
    )
    for report in get_args(ReportName):
        parser.add_argument(
            f"--{report}-hours", type=whole_number, metavar="HOURS", help=_SINCE.format(report)
        )
    add_state(parser, "where runs keep their state")
    parser.set_defaults(command=check)


def check(options: argparse.Namespace) -> int:
    """Prints the ages as JSON; raises ReportMissing where one is too old, and what ports.Store raises."""
    choose_store(os.environ, options.state)
    wiring = wiring_for(os.environ)
    store, now = wiring.get(Store), wiring.get(Clock)()
    source = source_of(wiring.get(HeartbeatSettings).use_mock_data)
    found = {report: covered.hours_since(store, source, report, now) for report in get_args(ReportName)}
    ages = Heartbeat(found["daily"], found["weekly"], usd_in_month(store, source, now), found["monthly"])
    print(json.dumps(contracts.to_json(ages)))  # noqa: T201 - the command's result
    limits = {
        "daily": (ages.daily_hours, options.daily_hours),
        "weekly": (ages.weekly_hours, options.weekly_hours),
    }
    # The first one of a month may be weeks away: until it came, none is missing.
    if ages.monthly_hours is not None:
        limits["monthly"] = (ages.monthly_hours, options.monthly_hours)
    late = [
        f"the {report} report " + ("was never delivered" if age is None else f"was delivered {age} hours ago")
        for report, (age, most) in limits.items()
        if most is not None and (age is None or age >= most)
    ]
    if late:
        raise ReportMissing(
            f"{' and '.join(late).capitalize()}. See whether its schedule is on and what its last task logged, and"
            " start it by hand (docs/runbook.md)."
        )
    return 0
