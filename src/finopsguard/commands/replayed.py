"""What daily runs would have told of a series of costs: `backtest` and `trial` work it out and print it alike."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finopsguard.commands import costs_file
from finopsguard.commands.costs_file import shown, usd
from finopsguard.costs.series import DailySeries
from finopsguard.detection import DetectionConfig
from finopsguard.detection.calibration import MORE_NOISE, Calibration, calibrate
from finopsguard.incidents import gates
from finopsguard.incidents.expectation import ENOUGH_DAYS
from finopsguard.incidents.gates import Gate, Gates, Told
from finopsguard.incidents.replay import mornings
from finopsguard.incidents.told import Line
from finopsguard.variables import VARIABLES

CALIBRATED_DAYS = 60
"""What is proposed is learned from so many days, or from as many as have enough history before them."""
_CURVE = ("Sensitivity", "Messages a week", "Alerts", "Noise", "Noise / 1000 series-days")
_GATES = ("Least excess a day", "Messages", "A week", "Above", "Below")
_HEADERS = ("Told on", "Account", "Services", "Kind", "Since", "A day", "So far", "Why now")


@dataclass(frozen=True)
class Replayed:
    """What the newest `days` days would have told, and what follows for the settings.

    `calibration`: None where no day has enough history before it. `gates`: None where no number of messages is wanted.
    """

    series: DailySeries
    days: int
    runs: Told
    calibration: Calibration | None
    gates: Gates | None

    @property
    def messages(self) -> list[tuple[date, Line]]:
        """What was told as new or grown, by the day of its report."""
        return [(run.day, each) for run in self.runs.runs for each in run.lines if each.notify]


def add_wanted(parser: argparse.ArgumentParser, usual: float | None = None) -> None:
    """The option `--messages-a-week N`."""
    parser.add_argument(
        "--messages-a-week",
        type=costs_file.positive,
        metavar="N",
        default=usual,
        help="suggest the least excess a day with which no more messages are told, and show what others would tell"
        + ("" if usual is None else " (default: %(default)g)"),
    )


def replay_days(
    series: DailySeries,
    days: int,
    config: DetectionConfig,
    *,
    history_days: int,
    messages_a_week: float | None,
) -> Replayed:
    """Replays the newest `days` days, or all if there are fewer, as daily runs that read `history_days` days.

    Raises InvalidInput for costs that cannot be judged.
    """
    days = min(days, series.days)
    each_morning = mornings(series, days, history_days=history_days)
    runs = gates.told(each_morning, config)
    tried = None
    if messages_a_week is not None:
        tried = gates.tried(each_morning, config, wanted=messages_a_week, known=runs)
    return Replayed(series, days, runs, _calibration(series, config), tried)


def data(found: Replayed) -> dict[str, object]:
    """As JSON has it."""
    return {
        "days": found.days,
        "messages": [_incident_data(day, incident) for day, incident in found.messages],
        "calibration": _calibration_data(found.calibration),
        "gates": _gates_data(found.gates),
    }


def print_text(found: Replayed, currency: str = "USD") -> None:
    """As people read it."""
    series, days, told = found.series, found.days, found.messages
    print(  # noqa: T201
        f"{len(series.costs)} series, {days} days replayed up to {series.last_day}: "
        f"{len(told)} messages, {7 * len(told) / days:.1f} a week. Costs are those known now: what came late is not"
        " replayed, but a fall waits for the day after, as in a run."
    )
    costs_file.print_table(_HEADERS, [_incident_cells(day, incident, currency) for day, incident in told])
    _print_calibration(found.calibration, currency)
    if found.gates is not None:
        _print_gates(found.gates, currency)


def _calibration(series: DailySeries, config: DetectionConfig) -> Calibration | None:
    days = min(CALIBRATED_DAYS, series.days - ENOUGH_DAYS)
    if days < 1:
        return None
    return calibrate(
        series.costs,
        series.first_day,
        accounts=series.accounts,
        services=series.services,
        config=config,
        days=days,
    )


def _print_calibration(found: Calibration | None, currency: str) -> None:
    """The curve, and what follows from it."""
    if found is None:
        print(f"\nNo sensitivity is proposed: there is no day after the first {ENOUGH_DAYS}.")  # noqa: T201
        return
    print(  # noqa: T201
        f"\nHow sensitive: the newest {found.days} days judged anew, {found.series_days} series-days. Noise: one day,"
        f" back on the next, and small. {currency}: told beyond the default, or not told."
    )
    costs_file.print_table((*_CURVE, currency), _curve(found, currency))
    why = {
        "measured": f"the largest that adds at most {MORE_NOISE} alerts of noise per 1000 series-days",
        "too_few": f"too few series-days to measure {MORE_NOISE} alerts per 1000",
    }
    name = VARIABLES["sensitivity"].name
    print(f"Proposed: {name}={found.sensitivity:g} ({why[found.reason]}).")  # noqa: T201


def _print_gates(found: Gates, currency: str) -> None:
    """What other least excesses a day would have told, and which is suggested."""
    print(f"\nHow much: {found.days} days replayed anew with each least excess a day.")  # noqa: T201
    rows = [
        [
            shown(gate.usd, currency),
            str(gate.messages),
            f"{found.a_week(gate):.1f}",
            _signed(gate.above, currency),
            _signed(gate.below, currency),
        ]
        for gate in found.tried
    ]
    costs_file.print_table(_GATES, rows)
    name = VARIABLES["anomaly_min_impact"].name
    if found.suggested is None:
        print(f"No amount up to {found.tried[-1].usd:f} tells at most {found.wanted:g} a week.")  # noqa: T201
        return
    print(f"For at most {found.wanted:g} a week: {name}={found.suggested:f}.")  # noqa: T201


def _gates_data(found: Gates | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "wanted_a_week": found.wanted,
        "tried": [_gate_data(found, gate) for gate in found.tried],
        "suggested_usd": None if found.suggested is None else usd(found.suggested),
    }


def _gate_data(found: Gates, gate: Gate) -> dict[str, object]:
    return {
        "usd": usd(gate.usd),
        "messages": gate.messages,
        "messages_a_week": round(found.a_week(gate), 2),
        "above": usd(gate.above),
        "below": usd(gate.below),
    }


def _curve(found: Calibration, currency: str) -> list[list[str]]:
    return [
        [
            f"{step.sensitivity:g}",
            f"{found.a_week(step.messages):.1f}",
            str(step.alerts),
            str(step.noise),
            f"{found.per_1000(step.noise):.3f}",
            _signed(step.usd, currency),
        ]
        for step in found.steps
    ]


def _calibration_data(found: Calibration | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "days": found.days,
        "series_days": found.series_days,
        "steps": [
            {
                "sensitivity": step.sensitivity,
                "messages": step.messages,
                "messages_a_week": round(found.a_week(step.messages), 2),
                "alerts": step.alerts,
                "noise": step.noise,
                "noise_per_1000_series_days": round(found.per_1000(step.noise), 4),
                "usd": usd(step.usd),
            }
            for step in found.steps
        ],
        "proposed": {
            "sensitivity": found.sensitivity,
            "reason": found.reason,
        },
    }


def _incident_data(told_on: date, incident: Line) -> dict[str, object]:
    return {
        "told_on": str(told_on),
        "id": incident.id,
        "status": incident.status,
        "scope": incident.scope,
        "account_id": incident.account_id,
        "services": {service: round(share, 4) for service, share in incident.shares.items()},
        "kind": incident.kind,
        "start": str(incident.start),
        "direction": incident.direction,
        "run_rate": usd(incident.run_rate),
        "impact": usd(incident.impact),
    }


def _incident_cells(told_on: date, incident: Line, currency: str) -> list[str]:
    return [
        str(told_on),
        incident.account_id or f"({incident.scope})",
        ", ".join(filter(None, incident.shares)) or "(all)",
        incident.kind,
        str(incident.start),
        _signed(incident.run_rate, currency),
        _signed(incident.impact, currency),
        incident.status,
    ]


def _signed(amount: float | Decimal, currency: str) -> str:
    return shown(amount, currency, signed=True)
