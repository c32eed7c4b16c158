"""BuildCard: completes the report and renders it: report.json, the page, a message for each channel, corrections."""

from __future__ import annotations

from dataclasses import replace

from finopsguard import contracts, errors, telemetry
from finopsguard.channels import page_link, routes
from finopsguard.channels.links import on_card
from finopsguard.channels.teams import card, correction_card
from finopsguard.config import CardSettings
from finopsguard.incidents import explaining
from finopsguard.models.messages import BuiltReport, ExplainedReport
from finopsguard.models.report import Report
from finopsguard.ports import Clock, Store, VerdictKeys, raises
from finopsguard.report.page import render
from finopsguard.store import documents, files, keys


@raises(errors.CardTooLarge, errors.InvalidInput)
def run(
    judged: ExplainedReport,
    *,
    store: Store,
    verdict_keys: VerdictKeys | None,
    clock: Clock,
    settings: CardSettings,
) -> BuiltReport:
    """Writes report, page and messages to the store: the report's own first, then those that correct earlier ones."""
    run_id, execution = judged.run.run_id, keys.execution_name(judged.run.execution)
    report = explaining.with_causes(documents.read(store, judged.report_key, Report), judged, store)
    try:
        signer = on_card.signer(settings.verdict_url, verdict_keys)
    except errors.FinOpsGuardError as error:
        telemetry.log_without("verdict links", error)
        signer, report = None, replace(report, notes=(*report.notes, "verdict_links_unsigned"))
    report_key, page_key = keys.REPORT.key(run_id=run_id), keys.PAGE.key(run_id=run_id)
    documents.write(store, report_key, report)
    store.write(page_key, render.page(report).encode())
    page = page_link.to_page(store, page_key, settings)
    messages = []
    for channel in routes.channels(report, settings.channel_name):
        replies = signer.links(report, channel, clock()) if signer else {}
        body = contracts.encode(card.message(report, page=page, replies=replies))
        key = keys.MESSAGE.key(run_id=run_id, execution=execution, channel=channel)
        message = files.message_of(channel, key, body)
        store.write(message.key, body)
        messages.append(message)
    for wrong in report.corrections:
        body = contracts.encode(correction_card.message(report, wrong, page=page))
        for channel in wrong.channels:
            key = keys.CORRECTION.key(
                run_id=run_id, execution=execution, corrected=wrong.run_id, channel=channel
            )
            store.write(key, body)
            messages.append(files.message_of(channel, key, body, wrong.run_id))
    return BuiltReport(judged.run, report_key, tuple(messages))
