"""ExplainAnomalies: says why one incident costs what it costs; the Map calls it.

A caught Map is entered anew and all its iterations run again, so causes that were told are found in the store, and cost
nothing more. They are stored before anything is asked beside them: what fails then leaves them standing.
"""

from __future__ import annotations

from finopsguard import errors
from finopsguard.config import ExplainSettings
from finopsguard.costs import asking
from finopsguard.incidents import explaining, who
from finopsguard.models.cause import Explained
from finopsguard.models.messages import Explanation, IncidentToExplain
from finopsguard.models.report import Report
from finopsguard.ports import Store, Trail, UsageSource, raises
from finopsguard.store import documents, keys
from finopsguard.telemetry import log_without


@raises(errors.BudgetExceeded, errors.InvalidInput, errors.UsageIncomplete)
def run(
    asked: IncidentToExplain,
    *,
    usage: UsageSource,
    trail: Trail | None,
    store: Store,
    settings: ExplainSettings,
) -> Explanation:
    """Reads the incident's usage within its pages, and stores the causes; InvalidInput: the report cannot be read."""
    report = documents.read(store, asked.report_key, Report)
    line = explaining.line_of(report, asked)
    of_region = line.scope == "service_region"
    question = explaining.where(line, report) if of_region else explaining.question(line, report, settings)
    key = keys.EXPLANATION.key(run_id=asked.run.run_id, question=question.mark)
    known = documents.find_whole(store, key, Explained)
    if known:
        return explaining.told(known, key, cached=True)
    if isinstance(question, asking.Where):
        used = asking.ask_accounts(question, asked.run, usage=usage, store=store, settings=settings)
        explained = explaining.explained_where(line, report, used)
        documents.write(store, key, explained)
        return explaining.told(explained, key)
    found = asking.ask(question, asked.run, usage=usage, store=store, settings=settings)
    explained = explaining.explained(line, found, explaining.beside(settings))
    documents.write(store, key, explained)
    if settings.resources:
        try:
            read = asking.ask_resources(question, asked.run, usage=usage, store=store, settings=settings)
            explained = explaining.with_resources(explained, line, read)
        except asking.DONE_WITHOUT as error:
            explained = explaining.without(explained, "resources", log_without("resources", error))
        documents.write(store, key, explained)
    if trail:
        try:
            explained = who.asked(line, explained, asked.run, trail)
        except errors.FinOpsGuardError as error:
            explained = explaining.without(explained, "trail", log_without("trail", error))
        documents.write(store, key, explained)
    return explaining.told(explained, key)
