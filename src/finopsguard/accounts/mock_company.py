"""The invented company behind the mock data: "Marea", a travel marketplace with about 40 linked accounts.

Only tables: accounts, what they use, and the planted anomalies; `costs/mock.py` makes daily costs of them.
Days are counted back from the newest day of the run (0 is the newest), so every report tells the same story.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from finopsguard.models.anomaly import AnomalyKind
from finopsguard.models.run import Period

COMPUTE = "Amazon Elastic Compute Cloud - Compute"
EC2_OTHER = "EC2 - Other"
RDS = "Amazon Relational Database Service"
S3 = "Amazon Simple Storage Service"
LAMBDA = "AWS Lambda"
CLOUDWATCH = "AmazonCloudWatch"
DYNAMODB = "Amazon DynamoDB"
ELB = "Amazon Elastic Load Balancing"
CLOUDFRONT = "Amazon CloudFront"
REDSHIFT = "Amazon Redshift"
GUARDDUTY = "Amazon GuardDuty"
SAGEMAKER = "Amazon SageMaker"


@dataclass(frozen=True)
class Shape:
    """How the cost of a service moves; all fractions.

    `follows_people` is the share that falls and rises with the working week, `noise` the largest daily
    deviation, `growth` what was missing at the start of the history.
    """

    follows_people: float
    noise: float
    growth: float = 0.0


SERVICES: Mapping[str, Shape] = MappingProxyType(
    {
        COMPUTE: Shape(0.9, 0.10, 0.08),
        EC2_OTHER: Shape(0.3, 0.08),
        RDS: Shape(0.0, 0.04),
        S3: Shape(0.0, 0.05, 0.15),
        LAMBDA: Shape(1.0, 0.14),
        CLOUDWATCH: Shape(0.5, 0.10, 0.06),
        DYNAMODB: Shape(0.7, 0.10, 0.05),
        ELB: Shape(0.3, 0.06),
        CLOUDFRONT: Shape(-0.6, 0.12, 0.10),  # travellers browse at weekends
        REDSHIFT: Shape(0.0, 0.04),
        GUARDDUTY: Shape(0.4, 0.10, 0.04),
        SAGEMAKER: Shape(0.8, 0.12),
    }
)


@dataclass(frozen=True)
class MockAccount:
    """A linked account.

    `usage` is USD by service on a working day near the end of the history; 0 is a free tier. `weekend` is the
    share of people's demand that is left on Saturdays and Sundays. `late`: its newest day is not billed yet.
    """

    id: str
    name: str
    ou: str
    usage: Mapping[str, float]
    weekend: float = 0.8
    state: str = "ACTIVE"
    late: bool = False


@dataclass(frozen=True)
class Planted:
    """An anomaly in the usage of one account and service, from `first` to `last` days back (0: the newest day).

    On those days usage is multiplied by `factor` (a drift grows evenly to it) and `usd` is added. `alerts`
    says whether a good detector tells it; the others are there to be left alone.
    """

    kind: AnomalyKind
    account_id: str
    service: str
    first: int
    last: int
    story: str
    factor: float = 1.0
    usd: float = 0.0
    alerts: bool = True

    def period(self, end: date) -> Period:
        """The anomalous days of a run that reads until `end` (exclusive)."""
        return Period(end - timedelta(days=self.first + 1), end - timedelta(days=self.last))

    def effect(self, usd: float, back: int) -> float:
        """What an ordinary cost of `usd` becomes `back` days before the newest day."""
        if not self.last <= back <= self.first:
            return usd
        grown = (self.first - back + 1) / (self.first + 1) if self.kind == "drift" else 1.0
        return usd * (1 + (self.factor - 1) * grown) + self.usd


@dataclass(frozen=True)
class MockPlan:
    """A Savings Plan of one account, or of one of its services.

    Beside each dollar of usage on demand it covers usage of `covers` dollars at the list price, for `pays` of them. The
    last day that it covers is `last` days back; 0: it goes on.
    """

    account_id: str
    covers: float
    pays: float
    service: str | None = None
    last: int = 0


ROOT = "r-mr01"
_WORKLOADS = (ROOT, "ou-mr01-workload")
_UNITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "root": (ROOT,),
        "security": (ROOT, "ou-mr01-security"),
        "infrastructure": (ROOT, "ou-mr01-infrastr"),
        "workloads": _WORKLOADS,
        "prod": (*_WORKLOADS, "ou-mr01-wl0prod0"),
        "nonprod": (*_WORKLOADS, "ou-mr01-wlnonprd"),
        "sandbox": (ROOT, "ou-mr01-sandbox0"),
        "closing": (ROOT, "ou-mr01-closing0"),
        "policy tests": (ROOT, "ou-mr01-policies"),  # holds no account
    }
)
UNIT_IDS = frozenset(unit for path in _UNITS.values() for unit in path)


def _id(number: int) -> str:
    """Account ids that nobody can take for a customer's."""
    return f"99990000{number:04d}"


# The payer. Its id begins with zeros, as a few real ones do and spreadsheets forget.
MANAGEMENT = MockAccount("000099991234", "marea-management", "root", {CLOUDWATCH: 2.4, S3: 1.9, LAMBDA: 0})

# USD of EC2 on a working day in production; and a web product's other services for each dollar of EC2.
_TEAMS = {"payments": 72, "search": 126, "booking": 104, "web": 62}
_TEAMS |= {"mobile": 38, "media": 52, "data": 76, "ml": 34}
_PRODUCT = {COMPUTE: 1.0, EC2_OTHER: 0.24, RDS: 0.5, S3: 0.12}
_PRODUCT |= {LAMBDA: 0.05, CLOUDWATCH: 0.08, DYNAMODB: 0.08, ELB: 0.06}
# OU, size against production, weekend demand against working days.
_STAGES = {"prod": ("prod", 1.0, 0.8), "staging": ("nonprod", 0.2, 0.4), "dev": ("nonprod", 0.11, 0.3)}
_SPECIAL: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "payments-prod": {LAMBDA: 38.0, CLOUDWATCH: 44.0},
        "web-prod": {CLOUDFRONT: 54.0},
        "web-dev": {LAMBDA: 0.22},
        "media-prod": {S3: 54.0, CLOUDFRONT: 76.0},
        "data-prod": {REDSHIFT: 168.0, S3: 40.0},
        "ml-prod": {SAGEMAKER: 56.0},
        "ml-dev": {SAGEMAKER: 16.0},
    }
)
_LATE = ("mobile-staging", "media-dev")


def _team_accounts() -> Iterator[MockAccount]:
    for row, (team, compute) in enumerate(_TEAMS.items()):
        for column, (stage, (unit, size, weekend)) in enumerate(_STAGES.items()):
            name = f"{team}-{stage}"
            product = {service: compute * size * share for service, share in _PRODUCT.items()}
            usage = {**product, **_SPECIAL.get(name, {})}
            number = 1000 + 100 * row + column
            yield MockAccount(_id(number), name, unit, usage, weekend, late=name in _LATE)


_SHARED = (
    MockAccount(
        _id(2011),
        "shared-services",
        "infrastructure",
        {COMPUTE: 44, EC2_OTHER: 16, RDS: 14, S3: 6, CLOUDWATCH: 7, ELB: 5},
    ),
    MockAccount(_id(2027), "network", "infrastructure", {EC2_OTHER: 58, ELB: 9, CLOUDWATCH: 4}),
    MockAccount(
        _id(2032), "ci-cd", "infrastructure", {COMPUTE: 40, EC2_OTHER: 9, S3: 7, LAMBDA: 3}, weekend=0.25
    ),
    MockAccount(
        _id(2048), "observability", "infrastructure", {CLOUDWATCH: 50, S3: 14, COMPUTE: 20, LAMBDA: 4}
    ),
    MockAccount(_id(2053), "backup", "infrastructure", {S3: 19, EC2_OTHER: 22}, late=True),
    MockAccount(
        _id(2069), "corporate-it", "infrastructure", {COMPUTE: 15, RDS: 8, EC2_OTHER: 4, S3: 2}, weekend=0.5
    ),
    MockAccount(_id(2074), "disaster-recovery", "infrastructure", {}),
    MockAccount(_id(3018), "security-tooling", "security", {GUARDDUTY: 36, LAMBDA: 5, CLOUDWATCH: 6, S3: 3}),
    MockAccount(_id(3023), "log-archive", "security", {S3: 30, GUARDDUTY: 2}),
    MockAccount(
        _id(4016), "partners-demo", "workloads", {COMPUTE: 9, RDS: 4, LAMBDA: 0, S3: 0.6}, weekend=0.6
    ),
    MockAccount(_id(5012), "sandbox-lucía", "sandbox", {COMPUTE: 6, S3: 0.4, LAMBDA: 0}, weekend=0.2),
    MockAccount(
        _id(5029), "sandbox-iñaki", "sandbox", {COMPUTE: 4, EC2_OTHER: 1.2, LAMBDA: 0}, weekend=0.2, late=True
    ),
    MockAccount(
        _id(5034), "sandbox-ml", "sandbox", {COMPUTE: 8, S3: 2.6, CLOUDWATCH: 0.7, LAMBDA: 0}, weekend=0.3
    ),
    MockAccount(_id(9015), "legacy-erp", "closing", {EC2_OTHER: 3.1, S3: 1.1}, state="SUSPENDED"),
    MockAccount(_id(9022), "campaign-2024", "closing", {S3: 0.43}, state="CLOSED"),
)

MOCK_ACCOUNTS = (MANAGEMENT, *_team_accounts(), *_SHARED)
BY_NAME: Mapping[str, MockAccount] = MappingProxyType({account.name: account for account in MOCK_ACCOUNTS})
BY_ID: Mapping[str, MockAccount] = MappingProxyType({account.id: account for account in MOCK_ACCOUNTS})


def unit_path(account: MockAccount) -> tuple[str, ...]:
    """The ids of the account's root and organizational units, outermost first."""
    return _UNITS[account.ou]


def _of(name: str) -> str:
    return BY_NAME[name].id


PLANS: tuple[MockPlan, ...] = (
    MockPlan(_of("shared-services"), covers=0.6, pays=0.7),
    MockPlan(_of("booking-prod"), covers=1, pays=0.6, service=COMPUTE, last=5),
)
"""Covered usage is beside what an account's tables say; when a plan ends, what it covered is planted, on demand."""

PLANTED: tuple[Planted, ...] = (
    Planted("spike", _of("payments-prod"), LAMBDA, 0, 0, "a function that calls itself", usd=640),
    Planted("spike", _of("payments-prod"), CLOUDWATCH, 0, 0, "and writes a log line each time", usd=270),
    Planted("shift", _of("search-prod"), COMPUTE, 4, 0, "the minimum of a group was doubled", factor=2.1),
    Planted("new", _of("sandbox-ml"), SAGEMAKER, 2, 0, "a notebook on a GPU that nobody stopped", usd=210),
    Planted("drop", _of("data-prod"), REDSHIFT, 3, 0, "a paused cluster: reports are stale", factor=0.02),
    Planted("shift", _of("booking-prod"), COMPUTE, 4, 0, "nobody renewed its Savings Plan", factor=2),
    Planted("shift", _of("network"), EC2_OTHER, 3, 0, "backups to S3 go through a NAT gateway", usd=64),
    Planted("shift", _of("mobile-prod"), COMPUTE, 3, 0, "Spot was sold out: on demand instead", factor=1.6),
    Planted("drift", _of("media-prod"), S3, 20, 0, "old versions of objects pile up", factor=2.4),
    Planted("spike", _of("booking-staging"), COMPUTE, 5, 5, "a load test over one night", usd=260),
    Planted(
        "shift",
        _of("booking-prod"),
        RDS,
        27,
        0,
        "Multi-AZ since weeks: normal by now",
        factor=1.5,
        alerts=False,
    ),
    Planted(
        "spike", _of("web-dev"), LAMBDA, 1, 1, "eight times the usual, and below $2", usd=1.6, alerts=False
    ),
)
