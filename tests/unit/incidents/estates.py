"""An Organization of small accounts, its daily reports, and what happens to many of its series at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from finopsguard import contracts
from finopsguard.config import HISTORY_DAYS
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.incidents.follow import Known, follow
from finopsguard.incidents.lines import lines
from finopsguard.incidents.replay import mornings, replay
from finopsguard.models.anomaly import AnomalyLine
from finopsguard.models.incident import Incident
from finopsguard.models.messages import BatchCosts, FetchedCosts
from finopsguard.models.report import Report
from finopsguard.models.run import Account, Accounts, Period, ReportName
from finopsguard.ports import Store
from finopsguard.steps import aggregate_costs, detect_anomalies
from finopsguard.store import documents
from tests.truth.row_table import summed
from tests.unit.fakes import FakePorts, both_kinds, call
from tests.unit.incidents.reports import END, run_of

SERVICES = ("Amazon EC2", "Amazon S3", "Amazon RDS", "AWS Lambda")
DAYS = 115
Costs = NDArray[np.float64]


def account_id(number: int) -> str:
    """Of the account with that number, from 0."""
    return f"{number + 1:012d}"


@dataclass
class Estate:
    """Daily costs (accounts, services, days), which a test changes; the last day is the one before END."""

    costs: Costs

    @property
    def series(self) -> DailySeries:
        """As runs and backtests judge them."""
        accounts, services, days = self.costs.shape
        return DailySeries(
            [account_id(row // services) for row in range(accounts * services)],
            [SERVICES[row % services] for row in range(accounts * services)],
            END - timedelta(days=days),
            self.costs.reshape(accounts * services, days),
        )

    def followed(
        self, *, back: int, before: Sequence[Incident] = ()
    ) -> tuple[tuple[Incident, ...], tuple[Incident, ...]]:
        """What is known and told after the days until `back` days before END; its newest two may still grow."""
        series = self.series.until(END - timedelta(days=back))
        return follow(
            Known(before),
            series,
            Period(series.end - timedelta(days=1), series.end),
            judged_days=3,
            provisional_days=[series.end - timedelta(days=each) for each in (2, 1)],
            config=DetectionConfig(),
        )

    def report(self, store: Store, name: ReportName = "daily", *, back: int = 0) -> Report:
        """The report of the morning so many days before END, of the days before it, through the steps."""
        end = END - timedelta(days=back)
        run = run_of(name, end)
        accounts, services, days = self.costs.shape
        rows = [
            row
            for place in np.ndindex(accounts, services, min(run.window.days, days - back))
            for ago in [place[2] + 1]
            for row in both_kinds(
                end - timedelta(days=ago),
                account_id(place[0]),
                SERVICES[place[1]],
                f"{self.costs[place[0], place[1], days - back - ago]:.4f}",
            )
        ]
        ports = FakePorts({}, store=store)
        listed = Accounts(
            tuple(Account(account_id(each), f"team-{each}", "ACTIVE", None, "b") for each in range(accounts))
        )
        ports.store.write("accounts", contracts.encode(contracts.to_json(listed)))
        fetched = FetchedCosts(run, "accounts", (BatchCosts("b", "ok", key="costs"),))
        with summed() as written:
            ports.store.write("costs", written(rows))
            result = call(detect_anomalies.run, call(aggregate_costs.run, fetched, ports), ports)
        return documents.read(ports.store, result.report_key, Report)


def estate(
    seed: int,
    accounts: int = 8,
    usd: float = 60.0,
    *,
    noise: float = 0.02,
    services: Sequence[str] = SERVICES,
) -> Estate:
    """Services of about `usd` a day, lower on weekends."""
    rng = np.random.default_rng(seed)
    weekend = [(END - timedelta(days=DAYS - day)).weekday() >= 5 for day in range(DAYS)]
    level = usd * rng.uniform(0.8, 1.2, (accounts, len(services), 1))
    shape = np.where(weekend, 0.7, 1.0) * np.exp(noise * rng.normal(size=(accounts, len(services), DAYS)))
    return Estate(np.asarray(level * shape))


def told(made: Estate, days: int) -> list[tuple[AnomalyLine, ...]]:
    """The lines of the newest `days` daily reports, by the product's own replay."""
    return [
        lines(run.told, made.series.until(run.day), {}, _yesterday(run.day), run.life)
        for run in replay(mornings(made.series, days, history_days=HISTORY_DAYS), DetectionConfig())
    ]


def _yesterday(day: date) -> Period:
    return Period(day - timedelta(days=1), day)
