"""BuildCard: completes the report and renders it: the card to post, the report page, and report.json."""

from __future__ import annotations

from datetime import timedelta

from finopsguard import contracts, errors
from finopsguard.channels.teams import card
from finopsguard.config import CardSettings
from finopsguard.models.messages import AnomalyReport, TeamsMessage
from finopsguard.models.report import Report
from finopsguard.ports import Store, raises
from finopsguard.report.page import render
from finopsguard.store import documents, keys


@raises(errors.CardTooLarge)
def run(judged: AnomalyReport, *, store: Store, settings: CardSettings) -> TeamsMessage:
    """Writes report, page and card to the store."""
    run_id = judged.run.run_id
    report = documents.read(store, judged.report_key, Report)
    report_key = keys.REPORT.key(run_id=run_id)
    documents.write(store, report_key, report)
    store.write(keys.PAGE.key(run_id=run_id), render.page(report).encode())
    hours = settings.page_link_hours
    page_url = store.page_link(keys.PAGE.key(run_id=run_id), timedelta(hours=hours)) if hours else None
    message = card.message(report, page_url=page_url)
    body = contracts.encode(message)
    store.write(keys.CARD.key(run_id=run_id), body)
    return TeamsMessage(run=judged.run, report_key=report_key, message=message, bytes=len(body))
