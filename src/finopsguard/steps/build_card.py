"""BuildCard: completes the report and renders it: report.json, the page, a message for each channel, corrections."""

from __future__ import annotations

from finopsguard import contracts, errors, telemetry
from finopsguard.channels import page_link, routes
from finopsguard.channels.links import on_card
from finopsguard.channels.teams import card, correction_card
from finopsguard.config import CardSettings, RouteSettings, SeveritySettings
from finopsguard.incidents import explaining
from finopsguard.models.messages import BuiltReport, ExplainedReport
from finopsguard.models.report import Report
from finopsguard.owners import told
from finopsguard.ports import Clock, Store, VerdictKeys, raises
from finopsguard.report import severity
from finopsguard.report.page import render
from finopsguard.store import documents, files, keys, ledger


@raises(errors.CardTooLarge, errors.InvalidInput)
def run(
    judged: ExplainedReport,
    *,
    store: Store,
    verdict_keys: VerdictKeys | None,
    clock: Clock,
    settings: CardSettings,
    grades: SeveritySettings,
    owners: RouteSettings,
) -> BuiltReport:
    """Writes report, pages and messages to the store: the report's own first, then those that correct earlier ones."""
    run_id = judged.run.run_id
    where = {"run_id": run_id, "execution": keys.execution_name(judged.run.execution)}
    explained = explaining.read(judged, store)
    report = explaining.with_causes(documents.read(store, judged.report_key, Report), explained)
    report = severity.graded(report, grades.severity_limits, grades.severity_words)
    links, trouble = on_card.links(settings.verdict_url, verdict_keys, clock)
    if trouble:
        telemetry.log_without("verdict links", trouble)
        report = on_card.unsigned(report)
    report_key, page_key = keys.REPORT.key(run_id=run_id), keys.PAGE.key(run_id=run_id)
    documents.write(store, report_key, report)
    told_apart = told.parts(store, explained, report, grades) if owners.routes else told.NO_PARTS
    store.write(page_key, render.page(report).encode())
    messages = []
    for each in routes.cards(report, settings.channel_name, *told_apart):
        if each.routed:
            store.write(each.page_key, render.page(each.report).encode())
        page = page_link.to_page(store, each.page_key, settings)
        mention, replies = None if each.routed else grades.mention, links(each.report, each.channel, report)
        body = contracts.encode(card.message(each.report, page=page, mention=mention, replies=replies))
        key = keys.MESSAGE.key(**where, channel=each.channel)
        messages.append(files.write_message(store, each.channel, key, body, routed=each.routed))
        ledger.leave(store, judged.run, each.report, each.channel)
    page = page_link.to_page(store, page_key, settings) if report.corrections else None
    for wrong, channel, body in correction_card.messages(report, page):
        key = keys.CORRECTION.key(**where, corrected=wrong, channel=channel)
        messages.append(files.write_message(store, channel, key, body, wrong))
    return BuiltReport(judged.run, report_key, tuple(messages))
