"""A workgroup of Athena, as `finopsguard doctor` looks at it."""

from __future__ import annotations

from finopsguard.aws.athena import ATHENA
from finopsguard.aws.clients import Clients
from finopsguard.aws.errors import complete, texts, translated


def enabled(clients: Clients, workgroup: str) -> bool:
    """True if statements can be started in it; raises the errors of ATHENA."""
    with translated(ATHENA, about=workgroup):
        found = complete(clients.athena().get_work_group(WorkGroup=workgroup), "WorkGroup")["WorkGroup"]
        return bool(complete(texts(found, "State"), "State")["State"] == "ENABLED")
