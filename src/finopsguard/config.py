"""Settings: one typed model of every environment variable, checked when it is read.

Handlers read it from Lambda's environment, the command line from the shell and `.env`. `.env.example` explains each
variable; a test keeps that file, this module and template.yaml in step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from zoneinfo import ZoneInfo

from finopsguard.errors import InvalidConfiguration
from finopsguard.models.run import Language

T = TypeVar("T")

# Microsoft's hosts for Teams Workflows webhooks; the second is the older form (docs/reference.md).
WORKFLOWS_HOSTS = ("*.environment.api.powerplatform.com", "*.logic.azure.com")
COST_METRICS = ("UnblendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost", "BlendedCost")
# What a run reads, unless it is set otherwise, and a backtest shows to each day that it replays.
HISTORY_DAYS = 98

_ACCOUNT = re.compile(r"\d{12}")
_OU = re.compile(r"(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")


@dataclass(frozen=True)
class Settings:
    """Everything that can be set. Money in USD, shares in percent."""

    region: str
    use_mock_data: bool
    language: Language
    time_zone: str
    cost_metric: str
    history_days: int
    accounts_per_fetch: int
    max_concurrency: int
    max_missing_percent: Decimal
    include_accounts: tuple[str, ...]
    exclude_accounts: tuple[str, ...]
    include_ous: tuple[str, ...]
    exclude_ous: tuple[str, ...]
    account_role_arns: tuple[str, ...]
    organization_role_arn: str | None
    billing_view_arn: str | None
    anomaly_min_impact: Decimal
    anomaly_min_percent: Decimal
    page_link_hours: int
    webhook_secret_arn: str | None
    webhook_url: str | None
    webhook_allowed_hosts: tuple[str, ...]
    bucket: str | None
    state_dir: str | None
    state_machine_arn: str | None

    def __repr__(self) -> str:
        """Never shows the webhook URL, whatever logs or tracebacks print."""
        return f"Settings(use_mock_data={self.use_mock_data}, region={self.region!r})"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Reads and checks all variables; raises InvalidConfiguration naming the first wrong one."""
        read = _Reader(env)
        return cls(
            region=read("AWS_REGION", _text, read("AWS_DEFAULT_REGION", _text, "us-east-1")),
            use_mock_data=read("FINOPSGUARD_USE_MOCK_DATA", _boolean, False),
            language=read("FINOPSGUARD_LANGUAGE", _language, "es"),
            time_zone=read("FINOPSGUARD_TIMEZONE", _time_zone, "UTC"),
            cost_metric=read("FINOPSGUARD_COST_METRIC", _cost_metric, "UnblendedCost"),
            history_days=read("FINOPSGUARD_HISTORY_DAYS", _whole(45, 365), HISTORY_DAYS),
            accounts_per_fetch=read("FINOPSGUARD_ACCOUNTS_PER_FETCH", _whole(1, 100), 50),
            max_concurrency=read("FINOPSGUARD_MAX_CONCURRENCY", _whole(1, 5), 3),
            max_missing_percent=read("FINOPSGUARD_MAX_MISSING_PERCENT", _amount(0, 100), Decimal(10)),
            include_accounts=read(
                "FINOPSGUARD_INCLUDE_ACCOUNTS", _list_of(_ACCOUNT, "12-digit account ids"), ()
            ),
            exclude_accounts=read(
                "FINOPSGUARD_EXCLUDE_ACCOUNTS", _list_of(_ACCOUNT, "12-digit account ids"), ()
            ),
            include_ous=read("FINOPSGUARD_INCLUDE_OUS", _list_of(_OU, "ids such as ou-ab12-cdef3456"), ()),
            exclude_ous=read("FINOPSGUARD_EXCLUDE_OUS", _list_of(_OU, "ids such as ou-ab12-cdef3456"), ()),
            account_role_arns=read("FINOPSGUARD_ACCOUNT_ROLE_ARNS", _list_of(_ROLE, "IAM role ARNs"), ()),
            organization_role_arn=read("FINOPSGUARD_ORGANIZATION_ROLE_ARN", _role, None),
            billing_view_arn=read("FINOPSGUARD_BILLING_VIEW_ARN", _text, None),
            anomaly_min_impact=read("FINOPSGUARD_ANOMALY_MIN_IMPACT", _amount(0, 1_000_000), Decimal(10)),
            anomaly_min_percent=read("FINOPSGUARD_ANOMALY_MIN_PERCENT", _amount(0, 1_000), Decimal(20)),
            page_link_hours=read("FINOPSGUARD_PAGE_LINK_HOURS", _whole(0, 168), 12),
            webhook_secret_arn=read("TEAMS_WEBHOOK_SECRET_ARN", _text, None),
            webhook_url=read("TEAMS_WEBHOOK_URL", _text, None),
            webhook_allowed_hosts=read("FINOPSGUARD_WEBHOOK_ALLOWED_HOSTS", _words, WORKFLOWS_HOSTS),
            bucket=read("FINOPSGUARD_BUCKET", _text, None),
            state_dir=read("FINOPSGUARD_STATE_DIR", _text, None),
            state_machine_arn=read("FINOPSGUARD_STATE_MACHINE_ARN", _text, None),
        )


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def __call__(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """An unset or empty variable is its default: `.env` files and templates cannot leave one out."""
        value = self._env.get(name, "").strip()
        if not value:
            return default
        try:
            return parse(value)
        except ValueError as error:
            raise InvalidConfiguration(f"{name} {error}. Correct the setting (see .env.example).") from None


def _text(value: str) -> str:
    return value


def _words(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in re.split(r"[\s,]+", value) if word))


def _boolean(value: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if value.lower() not in words:
        raise ValueError(f"is {value!r}; use true or false")
    return words[value.lower()]


def _language(value: str) -> Language:
    if value == "es":
        return "es"
    if value == "en":
        return "en"
    raise ValueError(f"is {value!r}; use es or en")


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"is {value!r}; use an IANA name such as Europe/Madrid") from None
    return value


def _cost_metric(value: str) -> str:
    if value not in COST_METRICS:
        raise ValueError(f"is {value!r}; use one of {', '.join(COST_METRICS)}")
    return value


def _role(value: str) -> str:
    if not _ROLE.fullmatch(value):
        raise ValueError(f"is {value!r}; use an IAM role ARN")
    return value


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f"is {value!r}; use a whole number from {low} to {high}")
        return int(value)

    return parse


def _amount(low: int, high: int) -> Callable[[str], Decimal]:
    def parse(value: str) -> Decimal:
        try:
            amount = Decimal(value)
            fits = low <= amount <= high
        except InvalidOperation:
            fits = False
        if not fits:
            raise ValueError(f"is {value!r}; use a number from {low} to {high}")
        return amount

    return parse


def _list_of(form: re.Pattern[str], what: str) -> Callable[[str], tuple[str, ...]]:
    def parse(value: str) -> tuple[str, ...]:
        words = _words(value)
        for word in words:
            if not form.fullmatch(word):
                raise ValueError(f"holds {word!r}; use {what}, separated by commas")
        return words

    return parse
