"""One loopback HTTP server that answers as AWS and a Teams workflow do; see README.md in this folder."""

from tests.standins.cost_explorer import CostExplorerStandIn
from tests.standins.costs import Charge, Costs, sample_accounts, sample_costs
from tests.standins.organizations import AccountRecord, OrganizationsStandIn
from tests.standins.secrets_manager import SecretsManagerStandIn
from tests.standins.standins import StandIns
from tests.standins.sts import StsStandIn
from tests.standins.workflows import WorkflowsStandIn

__all__ = [
    "AccountRecord",
    "Charge",
    "CostExplorerStandIn",
    "Costs",
    "OrganizationsStandIn",
    "SecretsManagerStandIn",
    "StandIns",
    "StsStandIn",
    "WorkflowsStandIn",
    "sample_accounts",
    "sample_costs",
]
