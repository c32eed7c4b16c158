"""Whether it can be asked who acted: the table over an Organization trail, where one is set. Nothing is scanned."""

from __future__ import annotations

from collections.abc import Sequence

from finopsguard.accounts.organization_trail import SERVICES
from finopsguard.accounts.trail_statement import trail_of
from finopsguard.aws.athena import Athena
from finopsguard.aws.workgroup import enabled
from finopsguard.config import TrailSettings
from finopsguard.doctor.around import Around
from finopsguard.doctor.check import failing, passed, skipped
from finopsguard.models.checkup import Finding


def trail(around: Around) -> Sequence[Finding]:
    """The workgroup is turned on, and the table is one of a trail by account, Region and day."""
    settings: TrailSettings = around.wiring.get(TrailSettings)
    if settings.use_mock_data:
        return skipped("invented")
    if not settings.trail:
        return skipped("trail_none")
    workgroup, database, table = settings.trail_workgroup, settings.trail_database, settings.trail_table
    if not table:
        return skipped("trail_history")
    if not workgroup or not database:
        return failing("trail_unnamed")
    clients = around.clients
    if not enabled(clients, workgroup):
        return failing("athena_disabled", workgroup=workgroup)
    asked = Athena(
        clients.athena, clients.glue, workgroup=workgroup, database=database, table=table, services=SERVICES
    )
    found = trail_of(asked.table(), database, table)
    return passed("trail", workgroup=workgroup, table=f"{database}.{table}", bucket=found.bucket)
