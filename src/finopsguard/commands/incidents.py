"""`finopsguard incidents`: the ledger of incidents, those that go on and those that are over."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from finopsguard import contracts
from finopsguard.commands.place import add_language, add_state, choose_language, choose_store
from finopsguard.config import AlertSettings, HeartbeatSettings
from finopsguard.errors import InvalidInput
from finopsguard.incidents import ledger as looks
from finopsguard.incidents.records import records
from finopsguard.models.run import source_of
from finopsguard.models.telling import IncidentRecord
from finopsguard.ports import Store
from finopsguard.report.incident_list import IncidentList
from finopsguard.store import ledger, verdicts
from finopsguard.wiring import wiring_for


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers `incidents`."""
    parser = subparsers.add_parser(
        "incidents",
        help="the ledger of incidents: when each was told, and how it stands",
        description=__doc__,
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--open", action="store_true", help="those that go on, muted and planned ones too")
    chosen.add_argument("--closed", action="store_true", help="those that are over")
    chosen.add_argument("--id", metavar="ID", help="one of them, with all that is known of it")
    parser.add_argument("--format", choices=("text", "md", "json"), default="text")
    add_state(parser, "where runs keep their state")
    add_language(parser)
    parser.set_defaults(command=show)


def show(options: argparse.Namespace) -> int:
    """Prints the incidents; raises InvalidInput for an id that is none's, and what ports.Store raises."""
    choose_store(os.environ, options.state)
    choose_language(os.environ, options.lang)
    wiring = wiring_for(os.environ)
    store, source = wiring.get(Store), source_of(wiring.get(HeartbeatSettings).use_mock_data)
    told, given = ledger.told(store, source), verdicts.given(store, source)
    _, life = looks.newest(store, source)
    found = [each for each in records(told.told, life.incidents, given.verdicts) if _is_wanted(each, options)]
    if options.id and not found:
        raise InvalidInput(f"There is no incident {options.id!a}. `finopsguard incidents` shows all of them.")
    unreadable = (*told.unreadable, *given.unreadable)
    if options.format == "json":
        data = {"incidents": [_data(each) for each in found], "unreadable": list(unreadable)}
        print(json.dumps(data, indent=2, ensure_ascii=False))  # noqa: T201 - the command's result
        return 0
    settings = wiring.get(AlertSettings)
    words = IncidentList(settings.language, settings.time_zone)
    print(words.one(found[0], options.format) if options.id else words.all(found, options.format))  # noqa: T201
    if unreadable:
        print(words.unreadable(unreadable))  # noqa: T201
    return 0


def _is_wanted(record: IncidentRecord, options: argparse.Namespace) -> bool:
    if options.id:
        return options.id in (record.id, *record.incidents)
    return not (options.open and record.state == "closed") and not (
        options.closed and record.state != "closed"
    )


def _data(record: IncidentRecord) -> dict[str, Any]:
    data: dict[str, Any] = contracts.converter().unstructure(record)
    return data
