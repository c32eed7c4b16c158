"""Whether costs can be read, how new they are and what a first report takes, by one or two requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from finopsguard.aws.athena import Athena
from finopsguard.aws.export import ExportBucket
from finopsguard.aws.workgroup import enabled
from finopsguard.config import CostSettings, PlanSettings
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from finopsguard.costs.sources.data_export.manifest import Place, read_manifest
from finopsguard.doctor.around import Around
from finopsguard.doctor.check import failing, passed, skipped, warned
from finopsguard.models.checkup import Finding

# Cost Explorer refreshes at least once every 24 hours, so after midnight yesterday may not be there yet (documented).
_LATE_DAYS = 2
# AWS delivers an export at least once a day (documented); two are missing.
_LATE_HOURS = 48
_HOUR = 3600


def _not_asked(around: Around) -> str | None:
    """Why Cost Explorer is not asked; None where it is."""
    settings: CostSettings = around.wiring.get(CostSettings)
    if settings.use_mock_data:
        return "invented"
    return "costs_of_export" if settings.cost_source == "data_export" else None


def cost_explorer(around: Around) -> Sequence[Finding]:
    """Cost Explorer answers, and what that cost."""
    reason = _not_asked(around)
    if reason:
        return skipped(reason)
    answered = around.asked()
    return passed(
        "cost_explorer",
        start=answered.days.start,
        end=answered.days.end - timedelta(days=1),
        n=around.paid,
        usd=around.paid * PRICE_OF_A_REQUEST,
    )


def freshness(around: Around) -> Sequence[Finding]:
    """The newest day that has costs."""
    reason = _not_asked(around)
    if reason:
        return skipped(reason)
    newest = around.asked().newest
    if newest is None:
        return warned("freshness_none")
    days = (around.clock().date() - newest).days
    return (passed if days <= _LATE_DAYS else warned)(
        "freshness" if days <= _LATE_DAYS else "freshness_late", day=newest, n=days
    )


def page_size(around: Around) -> Sequence[Finding]:
    """Groups of a page as it came, and what a first report takes by them."""
    reason = _not_asked(around)
    if reason:
        return skipped(reason)
    answered = around.asked()
    plan: PlanSettings = around.wiring.get(PlanSettings)
    requests = answered.requests_of_a_report
    usd: Decimal = requests * PRICE_OF_A_REQUEST
    if requests > plan.max_requests or usd > plan.max_usd_month:
        return warned("page_size_limit", groups=answered.groups, requests=requests, usd=usd)
    said = "page_size_full" if answered.more else "page_size_all"
    shown = answered.whole_days if answered.more else answered.days.days
    return passed(
        said,
        groups=answered.groups,
        days=shown,
        accounts=answered.accounts,
        history=answered.days.days,
        requests=requests,
        usd=usd,
    )


def billing_view(around: Around) -> Sequence[Finding]:
    """Cost Explorer was asked through the view, where one is set, so it answered for it."""
    settings: CostSettings = around.wiring.get(CostSettings)
    reason = _not_asked(around)
    if reason:
        return skipped(reason)
    if not settings.billing_view_arn:
        return skipped("billing_view_none")
    around.asked()
    return passed("billing_view", view=settings.billing_view_arn)


def export(around: Around) -> Sequence[Finding]:
    """The export's manifest of the current month, how old it is, and Athena's table where Athena reads it."""
    settings: CostSettings = around.wiring.get(CostSettings)
    if settings.use_mock_data:
        return skipped("invented")
    if settings.cost_source != "data_export":
        return skipped("export_none")
    bucket, name = settings.export_bucket, settings.export_name
    if not bucket or not name:
        return failing("export_unnamed")
    place = Place(bucket, settings.export_prefix, name)
    now = around.clock()
    month = now.date().replace(day=1)
    found = ExportBucket(around.clients.s3(), bucket).find(place.manifest(month))
    if found is None:
        return _missing(around, place)
    manifest = read_manifest(found, place, month)
    hours = int((now - manifest.modified).total_seconds()) // _HOUR
    late = hours >= _LATE_HOURS
    said = (warned if late else passed)(
        "export_late" if late else "export",
        month=f"{month:%Y-%m}",
        files=len(manifest.keys),
        hours=hours,
    )
    return [*said, *_athena(around, settings)]


def _missing(around: Around, place: Place) -> Sequence[Finding]:
    """Nothing is delivered for this month: new where the month is, and wrong where it is not."""
    today = around.clock().date()
    month = f"{today:%Y-%m}"
    said = warned if today.day <= _LATE_DAYS else failing
    return said("export_missing", month=month, key=place.manifest(today.replace(day=1)))


def _athena(around: Around, settings: CostSettings) -> Sequence[Finding]:
    if not settings.reads_by_athena:
        return []
    workgroup, database, table = settings.export_workgroup, settings.export_database, settings.export_table
    if not workgroup or not database or not table:
        return failing("athena_unnamed")
    clients = around.clients
    if not enabled(clients, workgroup):
        return failing("athena_disabled", workgroup=workgroup)
    found = Athena(clients.athena, clients.glue, workgroup=workgroup, database=database, table=table).table()
    return passed("athena", workgroup=workgroup, table=f"{database}.{table}", columns=len(found.columns))
