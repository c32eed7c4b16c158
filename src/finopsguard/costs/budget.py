"""What reading costs, said before the first page, and refused where it is more than the customer allows.

AWS documents no page size, and whether it billed more of a day since is seen when that is read. So a reading takes
between the fewest and the most pages; a limit is held to the most, for a bill that is lower surprises nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from finopsguard.config import ExplainSettings, PlanSettings
from finopsguard.costs.batches import GROUPS_OF_A_PAGE, pages
from finopsguard.costs.paid import PRICE_OF_A_REQUEST
from finopsguard.errors import BudgetExceeded
from finopsguard.models.run import Batch, DataSource


def estimate(planned: Sequence[Batch], source: DataSource = "cost_explorer") -> tuple[int, int]:
    """(fewest, most) pages of the batches' queries, each account taken to use SERVICES_OF_AN_ACCOUNT services.

    The fewest are those where a page is large and days that are young have changed no more, the most where it is small
    and all of them did.

    An answer with a gap is read again, and large charges take a page for their names: these are not in it. Another
    source than Cost Explorer takes none.
    """
    if source != "cost_explorer":
        return 0, 0
    large, small = GROUPS_OF_A_PAGE
    return pages(planned, large, unchanged=True), pages(planned, small)


def price(few: int, many: int) -> str:
    """`3 to 17 requests of Cost Explorer ($0.03 to $0.17)`."""
    return f"{few} to {many} requests of Cost Explorer (${_usd(few)} to ${_usd(many)})"


def refuse(
    planned: Sequence[Batch],
    source: DataSource,
    settings: PlanSettings,
    taken: int,
    spent: Decimal,
    *,
    anew: bool,
) -> None:
    """Raises BudgetExceeded where the report, or all reports of its month, would cost more than the settings allow.

    `taken` are the pages that the report took already, `spent` the dollars of its month with those. What was taken is
    found again, unless everything is read `anew`.
    """
    few, many = estimate(planned, source)
    ahead = many if anew else max(0, many - taken)
    if not ahead:
        return
    said = f"Reading these costs takes {price(few, many)}"
    if taken + ahead > settings.max_requests:
        made = f" ({taken} were made already)" if taken else ""
        raise BudgetExceeded(
            f"{said}, and a report may take {settings.max_requests}{made}. No costs were read. If that price is"
            f" right, set FINOPSGUARD_MAX_CE_REQUESTS to {taken + ahead}: the first report reads the whole history,"
            " later ones only what is new."
        )
    if spent + ahead * PRICE_OF_A_REQUEST > settings.max_usd_month:
        raise BudgetExceeded(
            f"{said}, this month's reports cost ${spent:.2f} so far, and ${settings.max_usd_month:.2f} is the limit. No"
            " costs were read. If that price is right, raise FINOPSGUARD_MAX_CE_USD_MONTH."
        )


def left(settings: ExplainSettings | PlanSettings, taken: int, spent: Decimal) -> int:
    """The pages that a report which took so many, and its month which cost so much, may still take."""
    of_month = int((settings.max_usd_month - spent) / PRICE_OF_A_REQUEST)
    return max(0, min(settings.max_requests - taken, of_month))


def _usd(requests: int) -> str:
    return f"{requests * PRICE_OF_A_REQUEST:.2f}"
