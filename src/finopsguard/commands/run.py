"""`finopsguard run`: runs the state machine, here or deployed, prints the report and writes what it made to `--out`.

Standard output has the report and nothing else; how the run goes is on standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from finopsguard import contracts, errors, telemetry
from finopsguard.channels.teams.address import check_url, whole
from finopsguard.commands import files
from finopsguard.commands.place import add_language, add_state, choose_language, choose_store
from finopsguard.config import Settings
from finopsguard.errors import BadInput, InvalidConfiguration
from finopsguard.failures import plain_cause
from finopsguard.models.messages import Deliveries, DeliveryStatus, RunRequest
from finopsguard.models.report import ChannelDelivery, DeliveryNote, Report
from finopsguard.models.run import ReportName
from finopsguard.ports import Clock, Store
from finopsguard.store import documents, keys
from finopsguard.wiring import wiring_for

if TYPE_CHECKING:
    from finopsguard.engine.execution import AlertNote, Execution

DEFAULT_OUT = "out"
_WIDTH = 100
"""Of the report's lines where standard output is no terminal, which has its own."""
_SUMMARY = "GITHUB_STEP_SUMMARY"
"""Names the file whose Markdown a job of GitHub Actions shows (documented by GitHub)."""
_RUN_AGAIN = "The run has ended all the same. Run it again with another --out: nothing is posted twice."

_OUTCOMES: dict[DeliveryStatus, str] = {
    "delivered": "The card was posted to Teams.",
    "already_delivered": "This report is in the channel already; it was not posted again.",
    "not_configured": "No webhook is configured (TEAMS_WEBHOOK_URL), so no card was posted; card.json holds it.",
}


# For the log, where a status is looked for by its name.
_STATUSES: dict[DeliveryStatus, str] = {status: status for status in get_args(DeliveryStatus)}


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Registers the subcommand."""
    parser = subparsers.add_parser("run", help="make a report and post its card", description=__doc__)
    parser.add_argument("--report", choices=get_args(ReportName), required=True)
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that `finopsguard run` and scripts/run_*.py share."""
    parser.add_argument(
        "--scheduled-time",
        metavar="ISO",
        help="when the schedule was due, such as 2026-11-23T08:00:00Z: the report follows the last one of its kind"
        " (default: now, by hand: the last regular period)",
    )
    parser.add_argument(
        "--engine",
        choices=("embedded", "aws"),
        default="embedded",
        help="in this process, or the deployed state machine",
    )
    parser.add_argument(
        "--out", metavar="DIR", default=DEFAULT_OUT, help="where files go (default: %(default)s)"
    )
    add_state(parser, "the embedded engine's store")
    add_language(parser, "the report")
    parser.add_argument(
        "--format",
        choices=("text", "md", "json", "none"),
        default="text",
        help=f"what is printed; md also goes to the file that {_SUMMARY} names; none: for a log without costs"
        " (default: %(default)s)",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="read the costs again and post a report that was delivered already once more, marked as corrected",
    )
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="read all days again, at their price, also those that are held",
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Runs the report; see `cli` for the exit codes. Raises BadInput for what can be seen before the run."""
    _prepare(os.environ, options)
    with telemetry.log_to(sys.stderr):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    settings = Settings.from_env(os.environ)
    request = _request(options)
    if settings.webhook_url and not settings.webhook_secret_arn:
        check_url(whole(settings.webhook_url), settings.webhook_allowed_hosts)
    out = files.folder(Path(options.out))
    execution = _run_embedded(request) if options.engine == "embedded" else _run_deployed(request, settings)
    # Told before it is written: a failure is known even where `out` fails too.
    failed = 0 if execution.status == "SUCCEEDED" else tell_failure(execution)
    _write(out / "execution.json", contracts.encode(execution.to_json()))
    if failed:
        return failed
    deliveries = contracts.from_json(Deliveries, execution.output)
    report = _collect(deliveries, execution.arn, wiring_for(os.environ).get(Store), out)
    _print(report, options.format)
    _tell_success(report, out)
    return 0


def _prepare(environ: MutableMapping[str, str], options: argparse.Namespace) -> None:
    """Sets what the handlers read from their environment; in AWS the template does this."""
    if options.engine == "aws" and (options.lang or options.state):
        raise InvalidConfiguration(
            "--lang and --state belong to the embedded engine. Set the stack's Language parameter instead."
        )
    choose_language(environ, options.lang)
    if options.engine == "embedded":
        choose_store(environ, options.state)
    defaults = {
        "POWERTOOLS_METRICS_DISABLED": "true",
        "POWERTOOLS_TRACE_DISABLED": "true",
        # A terminal shows the engine's progress instead of the handlers' JSON lines.
        "POWERTOOLS_LOG_LEVEL": "CRITICAL" if sys.stderr.isatty() else "INFO",
    }
    for name, value in defaults.items():
        environ[name] = environ.get(name) or value


def _request(options: argparse.Namespace) -> dict[str, Any]:
    scheduled_time = options.scheduled_time or wiring_for(os.environ).get(Clock)().isoformat(
        timespec="seconds"
    )
    # Made by hand, a report is not one of the row that covers each day once: the schedule's own is still to come.
    request = {
        "report": options.report,
        "scheduled_time": scheduled_time,
        "continues": bool(options.scheduled_time),
        "force": options.force,
        "refresh": options.refresh,
    }
    return contracts.to_json(contracts.from_json(RunRequest, request))


def _run_embedded(request: dict[str, Any]) -> Execution:
    from finopsguard.engine.embedded import run_embedded
    from finopsguard.engine.progress import Progress

    with Progress.for_terminal_or_log() as progress:
        return run_embedded(request, wait_scale=_wait_scale(), on_event=progress)


def _run_deployed(request: dict[str, Any], settings: Settings) -> Execution:
    from finopsguard.aws.clients import Clients
    from finopsguard.engine.aws import run_deployed
    from finopsguard.engine.progress import Progress

    if not settings.state_machine_arn or not settings.bucket:
        raise InvalidConfiguration(
            "--engine aws needs FINOPSGUARD_STATE_MACHINE_ARN and FINOPSGUARD_BUCKET. Set them to the stack's outputs."
        )
    client = Clients(settings.region).step_functions()
    with Progress.for_terminal_or_log() as progress:
        return run_deployed(request, settings.state_machine_arn, client, on_event=progress)


def _wait_scale() -> float:
    value = os.environ.get("FINOPSGUARD_WAIT_SCALE", "").strip() or "1"
    try:
        scale = float(value)
    except ValueError:
        scale = -1.0
    if not 0 <= scale <= 1:
        raise InvalidConfiguration(f"FINOPSGUARD_WAIT_SCALE is {value!r}; use a number from 0 to 1.")
    return scale


def _collect(made: Deliveries, execution: str, store: Store, out: Path) -> Report:
    """Copies what the execution left in the store to `out`; the report there also says what became of its cards."""
    of_report = [each for each in made.deliveries if each.run_id in (None, made.run_id)]
    first = of_report[0]
    report = replace(
        documents.read(store, keys.REPORT.key(run_id=made.run_id), Report),
        delivery=DeliveryNote(first.status, first.bytes),
        deliveries=tuple(ChannelDelivery(each.channel, each.status, each.bytes) for each in of_report),
    )
    _write(out / "report.json", contracts.encode(contracts.to_json(report)))
    name = keys.execution_name(execution)
    card = keys.MESSAGE.key(run_id=made.run_id, execution=name, channel=first.channel)
    _write(out / "card.json", store.read(card))
    _write(out / "report.html", store.read(keys.PAGE.key(run_id=made.run_id)))
    return report


def _print(report: Report, form: str) -> None:
    """The report, as it was asked for."""
    if form == "none":
        return
    from rich.console import Console

    from finopsguard.report import markdown, terminal

    if form == "text":
        terminal.render(report, Console(width=None if sys.stdout.isatty() else _WIDTH))
        return
    text = markdown.render(report) if form == "md" else contracts.encode(contracts.to_json(report)).decode()
    if form == "md" and os.environ.get(_SUMMARY):
        files.append(Path(os.environ[_SUMMARY]), text.encode(), f"Set {_SUMMARY} to a file. {_RUN_AGAIN}")
    print(text.rstrip("\n"))  # noqa: T201 - the command's result


def _tell_success(report: Report, out: Path) -> None:
    """What became of the card in each channel: a sentence for a terminal, a JSON line elsewhere."""
    if sys.stderr.isatty():
        from rich.console import Console

        console = Console(stderr=True)
        console.print(f"{outcome(report.deliveries, _OUTCOMES)} Files: {out}/", markup=False)
        return
    telemetry.logger().info(
        "report made",
        run_id=report.run_id,
        delivery=outcome(report.deliveries, _STATUSES),
        out=str(out),
        anomalies=len(report.anomalies),
    )


def outcome(deliveries: Sequence[ChannelDelivery], words: Mapping[DeliveryStatus, str]) -> str:
    """What became of a report, in these words; with several channels each is named."""
    if len(deliveries) == 1:
        return words[deliveries[0].status]
    return " ".join(f"{each.channel}: {words[each.status]}" for each in deliveries)


def told_of_failure(alert: AlertNote | None) -> str:
    """Where the alert of a failed run is, or that nobody was told; None: the run was ended before it could send one."""
    if alert is None:
        return "The execution itself sent no alert; of a deployed one the stack's event rule does."
    if alert.place == "none" and alert.why is None:
        return "Neither a webhook nor an alert topic is configured, so no alert was sent."
    if alert.place == "none":
        return f"No alert could be sent. {alert.why}"
    sent = "was sent" if alert.status == "delivered" else "was sent before"
    if alert.place == "teams":
        return f"The alert {sent} to Teams."
    return f"The alert {sent} to the alert topic. {alert.why or 'No webhook is configured.'}"


def tell_failure(execution: Execution) -> int:
    """One line with the remedy on standard error; the exit code tells bad settings from a failed run."""
    error = execution.error or execution.status
    kind = getattr(errors, error, None)
    code = 2 if isinstance(kind, type) and issubclass(kind, BadInput) else 1
    line = f"finopsguard: {error}: {plain_cause(execution.cause or '')} ({told_of_failure(execution.alert)})"
    print(line, file=sys.stderr)  # noqa: T201 - this is the command's voice
    return code


def _write(path: Path, data: bytes) -> None:
    files.write(path, data, _RUN_AGAIN)
