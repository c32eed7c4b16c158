"""Names and keys of a run in the store: written once, so that every step finds what another one left."""

from __future__ import annotations

import re
from datetime import date

from finopsguard import contracts
from finopsguard.models.report import Report
from finopsguard.models.run import DataSource
from finopsguard.ports import Store


def accounts_key(run_id: str) -> str:
    """The account list, written by ResolveAccounts."""
    return f"runs/{run_id}/accounts.json"


def batch_key(run_id: str, batch_id: str) -> str:
    """One batch's costs, written by FetchCosts."""
    return f"runs/{run_id}/costs/{batch_id}.parquet"


def receipt_key(run_id: str, batch_id: str) -> str:
    """What FetchCosts returned for a batch; it is written last, so its costs are complete when it is there."""
    return f"runs/{run_id}/costs/{batch_id}.json"


def costs_key(run_id: str) -> str:
    """All costs of the run, written by AggregateCosts."""
    return f"runs/{run_id}/costs.parquet"


def report_key(run_id: str, stage: str = "") -> str:
    """The report; each step writes its own stage, so that a re-run finds its input unchanged."""
    return f"runs/{run_id}/report{'.' + stage if stage else ''}.json"


def card_key(run_id: str) -> str:
    """The exact body that is posted, written by BuildCard."""
    return f"runs/{run_id}/card.json"


def page_key(run_id: str) -> str:
    """The report page, written by BuildCard."""
    return f"runs/{run_id}/report.html"


def read_report(store: Store, key: str) -> Report:
    """The report at one of its stages."""
    return contracts.decode(Report, store.read(key))


def write_report(store: Store, key: str, report: Report) -> None:
    """Stores the report after checking it against its contract."""
    store.write(key, contracts.encode(contracts.to_json(report)))


_INCIDENTS = "incidents"
_INCIDENT_KEY = re.compile(rf"{_INCIDENTS}/(?:aws|mock)/(\d{{4}}-\d\d-\d\d)/(\d{{3,}})\.json")


def incidents_prefix(data_source: DataSource) -> str:
    """Below it lie all looks at the incidents; invented ones never mix with a customer's."""
    return f"{_INCIDENTS}/{'mock' if data_source == 'mock' else 'aws'}/"


def incident_key(data_source: DataSource, end: date, number: int) -> str:
    """The n-th look of the reports whose period ends on that day, written by DetectAnomalies."""
    return f"{incidents_prefix(data_source)}{end}/{number:03d}.json"


def incident_place(key: str) -> tuple[date, int] | None:
    """(end, n) of an incident key; None for what is none."""
    found = _INCIDENT_KEY.fullmatch(key)
    try:
        return (date.fromisoformat(found[1]), int(found[2])) if found else None
    except ValueError:
        return None
