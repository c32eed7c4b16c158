"""How the text of a setting is read: each of these gives the value, or raises ValueError with what to use instead.

`Variable` is a setting: its name, which of these reads it, and its default.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, get_args
from zoneinfo import ZoneInfo

from finopsguard.errors import InvalidConfiguration
from finopsguard.models.budget import ORGANIZATION, tag_of
from finopsguard.models.severity import SEVERITIES, Mention

_SIGNATURE = re.compile(r"sig=[^&\s'\"]+")
# Documented by AWS (STS: AssumeRole).
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_SERVICE_LENGTH = 200
LARGEST_BUDGET = Decimal(10**12)
LONGEST_REASON = 300
# A webhook's signature or an e-mail address would stay in the store for as long as what it is the reason of.
NOT_TO_BE_KEPT = re.compile(r"sig=|://|\S@\S", re.IGNORECASE)
_SCOPE = re.compile(
    rf"{ORGANIZATION}|\d{{12}}|ou-[0-9a-z]{{4,32}}-[a-z0-9]{{8,32}}|r-[0-9a-z]{{4,32}}", re.ASCII
)
# Documented by AWS (Organizations: TagResource); a key with a = could not be told from its value.
_TAG_KEY = re.compile(r"[\w .:/+@-]{1,128}")
_TAG_VALUE = re.compile(r"[\w .:/=+@-]{1,256}")
_EXAMPLE = '{"organization": "120000", "ou-ab12-cdef3456": "30000", "123456789012": "5000"}'


@dataclass(frozen=True)
class Variable:
    """An environment variable: its name, how its text is read, its default. `also` counts where it is unset."""

    name: str
    parse: Callable[[str], Any]
    default: Any
    also: str = ""

    def read(self, env: Mapping[str, str]) -> Any:
        """The value. An unset or empty variable is its default: `.env` files and templates cannot leave one out."""
        value = env.get(self.name, "").strip() or (env.get(self.also, "").strip() if self.also else "")
        if not value:
            return self.default
        try:
            return self.parse(value)
        except ValueError as error:
            # A webhook's URL, pasted into the wrong setting, is a secret still.
            said = _SIGNATURE.sub("sig=...", str(error))
            raise InvalidConfiguration(
                f"{self.name} {said}. Correct the setting (see .env.example)."
            ) from None


def text(value: str) -> str:
    """As it is."""
    return value


def secret(value: str) -> str:
    """The ARN of a secret, and not the secret itself."""
    if "://" in value:
        raise ValueError("holds a URL; give the ARN of the secret that holds it, or set TEAMS_WEBHOOK_URL")
    return value


def webhooks(value: str) -> dict[str, str]:
    """Webhooks by the name of their channel: `payments=https://... data=https://...`; none is repeated in an error."""
    found = dict(each.partition("=")[::2] for each in value.split())
    if not all(_CHANNEL.fullmatch(name) and "://" in url for name, url in found.items()):
        raise ValueError("is not of this form: payments=https://... data=https://..., separated by blanks")
    return found


def reason(value: str) -> str:
    """Why somebody decided something, in one line that is kept."""
    line = " ".join(value.split())
    if not line.isprintable() or not 1 <= len(line) <= LONGEST_REASON:
        raise ValueError(f"is empty or longer than {LONGEST_REASON} characters. Say it in one line.")
    if NOT_TO_BE_KEPT.search(line):
        raise ValueError("holds a URL or an e-mail address, which is not kept. Say it without.")
    return line


def listed(value: str) -> tuple[str, ...]:
    """Words, each once, separated by commas or blanks."""
    return tuple(dict.fromkeys(word for word in re.split(r"[\s,]+", value) if word))


def boolean(value: str) -> bool:
    """`true` or `false`, and what else means them."""
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if value.lower() not in words:
        raise ValueError(f"is {value!r}; use true or false")
    return words[value.lower()]


def one_of(words: object) -> Callable[[str], str]:
    """Parses one word of a Literal."""

    def parse(value: str) -> str:
        if value not in get_args(words):
            *others, last = get_args(words)
            raise ValueError(f"is {value!r}; use {', '.join(others)} or {last}")
        return value

    return parse


def time_zone(value: str) -> str:
    """A name of the IANA's."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"is {value!r}; use an IANA name such as Europe/Madrid") from None
    return value


def of_form(form: re.Pattern[str], use: str) -> Callable[[str], str]:
    """Parses a text of that form; `use` says what to use instead."""

    def parse(value: str) -> str:
        if not form.fullmatch(value):
            raise ValueError(f"is {value!r}; use {use}")
        return value

    return parse


def external_id(value: str) -> str:
    """What a role's trust policy may ask for; it is not repeated in an error."""
    if not _EXTERNAL_ID.fullmatch(value):
        raise ValueError("is no external ID; use 2 to 1,224 letters, digits and +=,.@:/-_")
    return value


def whole(low: int, high: int) -> Callable[[str], int]:
    """Parses a whole number between the two."""

    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f"is {value!r}; use a whole number from {low} to {high}")
        return int(value)

    return parse


def amount(low: int | Decimal, high: int) -> Callable[[str], Decimal]:
    """Parses a number between the two."""

    def parse(value: str) -> Decimal:
        try:
            number = Decimal(value)
            fits = low <= number <= high
        except InvalidOperation:
            fits = False
        if not fits:
            raise ValueError(f"is {value!r}; use a number from {low} to {high}")
        return number

    return parse


def services(value: str) -> tuple[str, ...]:
    """Names of services, separated by commas."""
    names = tuple(
        dict.fromkeys(name for each in re.split(r"[,\n]", value) if (name := " ".join(each.split())))
    )
    for name in names:
        if len(name) > _SERVICE_LENGTH or not name.isprintable():
            raise ValueError(
                f"holds {name[:40]!r}; use names of services as Cost Explorer writes them, separated by commas"
            )
    return names


def list_of(form: re.Pattern[str], what: str) -> Callable[[str], tuple[str, ...]]:
    """Parses words of that form; `what` says what they are."""

    def parse(value: str) -> tuple[str, ...]:
        words = listed(value)
        for word in words:
            if not form.fullmatch(word):
                raise ValueError(f"holds {word!r}; use {what}, separated by commas")
        return words

    return parse


def budgets(value: str) -> dict[str, Decimal]:
    """Amounts a month by scope, from a JSON object; raises ValueError that names the wrong one.

    `{"organization": "120000", "ou-ab12-cdef3456": "30000", "123456789012": "5000"}`: all accounts of the report
    together, a unit or a root with all that is below it, an account; `tag:team=payments` is the accounts with that tag.
    Amounts are in the report's currency.
    """
    try:
        found = json.loads(value, parse_float=str, parse_int=str, object_pairs_hook=_once)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"is no JSON ({error}); use an object such as {_EXAMPLE}") from None
    if not isinstance(found, dict):
        raise ValueError(f"is no JSON object; use one such as {_EXAMPLE}")
    return {_scope(name): _budget(name, amount) for name, amount in found.items()}


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"has {name[:40]!r} twice; give each budget once")
    return dict(pairs)


def _scope(name: str) -> str:
    tag = tag_of(name)
    fits = _TAG_KEY.fullmatch(tag[0]) and _TAG_VALUE.fullmatch(tag[1]) if tag else _SCOPE.fullmatch(name)
    if not fits:
        raise ValueError(
            f"has a budget for {name[:40]!r}; use {ORGANIZATION}, a unit's id such as ou-ab12-cdef3456,"
            " an account's 12 digits, or accounts by their tag as in tag:team=payments"
        )
    return name


def tag_key(value: str) -> str:
    """The key of a tag."""
    if not _TAG_KEY.fullmatch(value):
        raise ValueError(f"is {value[:40]!r}; use the key of a tag such as team")
    return value


def _budget(name: str, value: Any) -> Decimal:
    try:
        found = Decimal(value if isinstance(value, str) else "")
        fits = 0 < found <= LARGEST_BUDGET and value.isascii()
    except InvalidOperation:
        fits = False
    if not fits:
        raise ValueError(
            f'has {str(value)[:40]!r} for {name}; use an amount above 0 such as 5000 or "5000.50"'
        )
    return found


# ---- how grave an anomaly is -----------------------------------------------------------------------------------------

_MOST_A_MONTH = Decimal(10**9)
# Letters, digits and what stands between them: they are shown in a card, where other signs could be markup.
_LEVEL = re.compile(r"[^\W_](?:[^\W_]|[ .-]){0,23}")
_SHOWN = re.compile(r"[^\W_](?:[^\W_]|[ .'-]){0,47}")
# A user by the object id of Microsoft Entra: documented by Microsoft, as is the address of an e-mail, which stays out
# of cards. A tag by the id that Microsoft Graph gives it, in Base64.
_WHO = {
    "user": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII),
    "tag": re.compile(r"[\w+/-]{8,400}={0,2}", re.ASCII),
}


def severity_limits(value: str) -> tuple[Decimal, Decimal]:
    """Where medium and where high begin."""
    try:
        found = [Decimal(word) for word in listed(value)]
        fits = len(found) == len(SEVERITIES) - 1 and 0 < found[0] < found[1] <= _MOST_A_MONTH
    except InvalidOperation:
        fits = False
    if not fits:
        raise ValueError(f"is {value!r}; use two amounts, the smaller first, such as 1000,10000")
    return found[0], found[1]


def severity_words(value: str) -> tuple[str, ...]:
    """The words for the levels, the lowest first."""
    words = tuple(word.strip() for word in value.split(","))
    if (
        len(set(words)) != len(SEVERITIES)
        or len(words) != len(SEVERITIES)
        or not all(map(_LEVEL.fullmatch, words))
    ):
        raise ValueError(
            f"is {value[:80]!r}; use three different words, the lowest level first, such as P3,P2,P1:"
            " each up to 24 letters, digits, blanks, . and -"
        )
    return words


def mention(value: str) -> Mention:
    """A user or a tag of Teams, and the name that is shown."""
    kind, _, rest = value.partition(":")
    found, _, name = (part.strip() for part in rest.partition(":"))
    if kind not in _WHO or not _WHO[kind].fullmatch(found) or not _SHOWN.fullmatch(name):
        raise ValueError(
            "is no mention; use user:, the object id of Microsoft Entra, : and the name that is shown, such as"
            " user:49c4641c-ab91-4248-aebb-6a7de286397b:FinOps on call; or tag: with the id of a tag"
        )
    return Mention("user" if kind == "user" else "tag", found, name)


# ---- what names and ids of AWS may be --------------------------------------------------------------------------------

_ACCOUNT = re.compile(r"\d{12}")
UNIT = re.compile(r"(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})")
_CHANNEL = re.compile(r"[a-z0-9-]{1,32}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
# Documented by AWS (IAM: CreateRole), with a path before it.
_ROLE_NAME = re.compile(r"(?:[\w+=,.@-]+/)*[\w+=,.@-]{1,64}", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[\w!.*'()-]+(/[\w!.*'()-]+)*", re.ASCII)
# Documented by AWS (Data Exports: CreateExport).
_EXPORT_NAME = re.compile(r"[\w-]{1,128}", re.ASCII)
# Documented by AWS (Athena: CreateWorkGroup; and what a name in Athena's SQL may have).
_WORKGROUP = re.compile(r"[\w.-]{1,128}", re.ASCII)
_NAME_IN_GLUE = re.compile(r"[a-z0-9_]{1,255}")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}", re.ASCII)

_BUS = re.compile(r"arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[\w.-]{1,256}", re.ASCII)

account_ids = list_of(_ACCOUNT, "12-digit account ids")
unit_ids = list_of(UNIT, "ids such as ou-ab12-cdef3456")
role_arn = of_form(_ROLE, "an IAM role ARN")
role_arns = list_of(_ROLE, "IAM role ARNs")
role_name = of_form(_ROLE_NAME, "a role's name, not its ARN")
bucket_name = of_form(_BUCKET, "a bucket's name")
prefix = of_form(_PREFIX, "a prefix such as cur/all")
export_name = of_form(_EXPORT_NAME, "the name of the export")
workgroup = of_form(_WORKGROUP, "the name of a workgroup of Athena")
name_in_glue = of_form(_NAME_IN_GLUE, "a name of Glue's: lower-case letters, digits and _")
event_bus = of_form(_BUS, "the ARN of an event bus")
topic_arn = of_form(_TOPIC, "the ARN of an SNS topic")
channel_name = of_form(_CHANNEL, "up to 32 of a-z, 0-9 and -")
