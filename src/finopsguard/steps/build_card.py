"""BuildCard: completes the report and renders it: the card to post, the report page, and report.json."""

from __future__ import annotations

from datetime import timedelta

from finopsguard import contracts
from finopsguard.channels.teams import card
from finopsguard.models.messages import AnomalyReport, TeamsMessage
from finopsguard.report.page import render
from finopsguard.store import keys
from finopsguard.wiring import Adapters


def run(judged: AnomalyReport, adapters: Adapters) -> TeamsMessage:
    """Writes report, page and card to the store. Raises ObjectMissing, CardTooLarge and what ports.Store raises."""
    store, run_id = adapters.store, judged.run.run_id
    report = keys.read_report(store, judged.report_key)
    report_key = keys.report_key(run_id)
    keys.write_report(store, report_key, report)
    store.write(keys.page_key(run_id), render.page(report).encode())
    hours = adapters.settings.page_link_hours
    page_url = store.page_link(keys.page_key(run_id), timedelta(hours=hours)) if hours else None
    message = card.message(report, page_url=page_url)
    body = contracts.encode(message)
    store.write(keys.card_key(run_id), body)
    return TeamsMessage(run=judged.run, report_key=report_key, message=message, bytes=len(body))
