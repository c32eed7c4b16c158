"""BuildCard: completes the report and renders it: report.json, the report page, and a message for each channel."""

from __future__ import annotations

from datetime import timedelta

from finopsguard import contracts
from finopsguard.channels import routes
from finopsguard.channels.teams import card
from finopsguard.models.messages import AnomalyReport, BuiltReport, Message
from finopsguard.report.page import render
from finopsguard.store import keys
from finopsguard.wiring import Adapters


def run(judged: AnomalyReport, adapters: Adapters) -> BuiltReport:
    """Writes report, page and messages to the store. Raises ObjectMissing, CardTooLarge and what ports.Store raises."""
    store, run_id = adapters.store, judged.run.run_id
    report = keys.read_report(store, judged.report_key)
    report_key = keys.report_key(run_id)
    keys.write_report(store, report_key, report)
    store.write(keys.page_key(run_id), render.page(report).encode())
    hours = adapters.settings.page_link_hours
    page_url = store.page_link(keys.page_key(run_id), timedelta(hours=hours)) if hours else None
    messages = []
    for channel in routes.channels(report, adapters.settings.channel_name):
        body = contracts.encode(card.message(report, page_url=page_url))
        message = Message(channel, keys.message_key(run_id, channel), len(body))
        store.write(message.key, body)
        messages.append(message)
    return BuiltReport(judged.run, report_key, tuple(messages))
