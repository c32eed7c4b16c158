"""What AWS Cost Anomaly Detection would have found of the invented company: some of its incidents, and one more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from finopsguard.accounts.mock_company import BY_NAME
from finopsguard.models.opinion import AwsFinding, AwsFindings, AwsPlace
from finopsguard.models.run import Period
from finopsguard.ports import Meter, unmetered

# The account, the service, days since the first one until the window's newest, and the dollars.
_OF: tuple[tuple[str, str, int, str], ...] = (
    ("payments-prod", "AWS Lambda", 2, "598.10"),
    ("sandbox-ml", "Amazon SageMaker", 4, "571.33"),
    ("mobile-dev", "Amazon Relational Database Service", 3, "64.20"),
)


class MockOpinion:
    """Satisfies ports.OpinionSource."""

    def findings(self, days: Period, paid: Meter = unmetered) -> AwsFindings:  # noqa: ARG002 - invented data are free
        """Two that the report has too, and one that it does not; see ports.OpinionSource."""
        last = days.end - timedelta(days=1)
        return AwsFindings(
            tuple(
                AwsFinding(
                    f"mock-{number}",
                    max(days.start, last - timedelta(days=back)),
                    last,
                    Decimal(usd),
                    (AwsPlace(BY_NAME[name].id, service),),
                )
                for number, (name, service, back, usd) in enumerate(_OF, 1)
            )
        )
