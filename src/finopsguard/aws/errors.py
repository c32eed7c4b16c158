"""What botocore raises, as our errors: one table, read by `translated` and written nowhere else.

Codes are those of each operation's reference page and of AWS's common errors. Messages say what to do next. They
quote AWS's own words in brackets, without the names of people, and none about credentials: a signature error repeats
the session token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import walk_tb
from typing import Any, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    ConnectionError,  # noqa: A004 - botocore's own name; not a subclass of the built-in one
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    PaginationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from finopsguard import errors
from finopsguard.aws import words
from finopsguard.aws.codes import (
    CLOCK_CODES,
    CLOCK_WORDS,
    CREDENTIAL_CODES,
    DAMAGED_CODES,
    DENIED_CODES,
    IAM_ACTIONS,
    NO_SUCH_PART,
    SERVER_CODES,
    SIGNATURE_CODES,
    THROTTLING_CODES,
)
from finopsguard.errors import (
    CredentialsMissing,
    FinOpsGuardError,
    InvalidConfiguration,
    Permanent,
    Transient,
)

T = TypeVar("T", bound=Mapping[str, Any])

_CREDENTIAL_ERRORS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    NoAuthTokenError,
    SSOError,
    LoginError,
    ProfileNotFound,
    ConfigNotFound,
    ConfigParseError,
)
_CONNECTION_ERRORS = (
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    PaginationError,
    ResponseParserError,
    # What botocore lets pass where a refusal breaks off whose operation answers with a stream (GetObject).
    HTTPError,
)


@dataclass(frozen=True)
class Rule:
    """An error and the operator's next step; `says` narrows the rule to answers that hold these words."""

    error: type[FinOpsGuardError]
    message: str
    says: str = ""


@dataclass(frozen=True)
class Service:
    """How one AWS service fails.

    `rules` (by AWS's code) come before the codes that all services share; `rejected` takes every other refusal. The
    codes in `passed` are answers rather than errors, and pass as botocore raised them. S3 alone `redirects`: to the
    bucket's region.
    """

    name: str
    iam: str
    unavailable: type[Transient]
    denied: type[Permanent]
    rejected: Rule
    denied_hint: str = ""
    throttled: type[Transient] | None = None
    redirects: bool = False
    passed: frozenset[str] = frozenset()
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)


_NOT_ENABLED = (
    "Cost Explorer has no data. Open it once in the management account's console, then wait 24 hours."
)
_PAGES_CHANGED = Rule(
    errors.CostExplorerPagesChanged,
    "Cost Explorer changed its pages while they were read. Run again in some minutes.",
)
_OBJECT_MISSING = Rule(
    errors.ObjectMissing, "{about} is not in the bucket. Run the report again from its first step."
)

COST_EXPLORER = Service(
    name="Cost Explorer",
    iam="ce",
    unavailable=errors.CostExplorerUnavailable,
    throttled=errors.CostExplorerThrottled,
    denied=errors.CostExplorerAccessDenied,
    denied_hint="; for a member account, turn on linked account access in the management account",
    rejected=Rule(
        errors.CostExplorerRejected,
        "Cost Explorer refused the request. Check FINOPSGUARD_HISTORY_DAYS and FINOPSGUARD_COST_METRIC.",
    ),
    rules={
        "DataUnavailableException": (Rule(errors.CostExplorerNotEnabled, _NOT_ENABLED),),
        # Where Cost Explorer was never opened, AWS answers with the code of a missing permission.
        "AccessDeniedException": (
            Rule(errors.CostExplorerNotEnabled, _NOT_ENABLED, says="not enabled for cost explorer"),
        ),
        "InvalidNextTokenException": (_PAGES_CHANGED,),
        "RequestChangedException": (_PAGES_CHANGED,),
        "BillExpirationException": (
            Rule(
                errors.CostExplorerRejected,
                "Cost Explorer no longer has the first days asked for. Set FINOPSGUARD_HISTORY_DAYS lower.",
            ),
        ),
        "ValidationException": (
            Rule(
                errors.CostExplorerRejected,
                "Cost Explorer's history is shorter than asked for. Set FINOPSGUARD_HISTORY_DAYS lower.",
                says="months",
            ),
        ),
        "ResourceNotFoundException": (
            Rule(
                errors.CostExplorerRejected,
                "The billing view does not exist. Correct FINOPSGUARD_BILLING_VIEW_ARN or share the view.",
            ),
        ),
        "BillingViewHealthStatusException": (
            Rule(
                errors.CostExplorerUnavailable,
                "The billing view is not healthy for now. Look at it in the Billing console and run again.",
            ),
        ),
    },
)

ORGANIZATIONS = Service(
    name="Organizations",
    iam="organizations",
    unavailable=errors.OrganizationsUnavailable,
    denied=errors.OrganizationsAccessDenied,
    denied_hint=", and run in the management account or a delegated administrator's, "
    "or set FINOPSGUARD_ORGANIZATION_ROLE_ARN",
    rejected=Rule(
        errors.OrganizationsAccessDenied,
        "Organizations refused the request. Run in the management account or a delegated administrator's, and check "
        "AWS_ENDPOINT_URL.",
    ),
    passed=NO_SUCH_PART,
)

# Asked only for the own account, while the accounts are listed.
STS = Service(
    name="STS",
    iam="sts",
    unavailable=errors.OrganizationsUnavailable,
    denied=errors.OrganizationsAccessDenied,
    rejected=Rule(
        errors.OrganizationsAccessDenied, "STS refused the request. Check AWS_REGION and AWS_ENDPOINT_URL."
    ),
)

SECRETS_MANAGER = Service(
    name="Secrets Manager",
    iam="secretsmanager",
    unavailable=errors.SecretUnavailable,
    denied=errors.SecretAccessDenied,
    denied_hint=", and kms:Decrypt if the secret has a key of its own",
    rejected=Rule(
        InvalidConfiguration, "TEAMS_WEBHOOK_SECRET_ARN is not the ARN of a secret. Correct the setting."
    ),
    rules={
        "ResourceNotFoundException": (
            Rule(
                errors.SecretNotFound,
                "The webhook's secret does not exist. Create it or correct TEAMS_WEBHOOK_SECRET_ARN.",
            ),
        ),
        "InvalidRequestException": (
            Rule(
                errors.SecretNotFound,
                "The webhook's secret is marked for deletion. Restore it: aws secretsmanager restore-secret.",
            ),
        ),
        "DecryptionFailure": (
            Rule(
                errors.SecretAccessDenied,
                "The webhook's secret cannot be decrypted. Enable its key and allow kms:Decrypt on it.",
            ),
        ),
    },
)

S3 = Service(
    name="S3",
    iam="s3",
    unavailable=errors.StoreUnavailable,
    denied=errors.StoreAccessDenied,
    denied_hint=", s3:ListBucket on the bucket, and the use of its key",
    rejected=Rule(
        InvalidConfiguration,
        "S3 refused the request. Check that FINOPSGUARD_BUCKET is in the region AWS_REGION.",
    ),
    redirects=True,
    rules={
        "NoSuchKey": (_OBJECT_MISSING,),
        "404": (_OBJECT_MISSING,),
        "NoSuchBucket": (
            Rule(
                InvalidConfiguration,
                "The bucket does not exist. Set FINOPSGUARD_BUCKET to the bucket that the stack created.",
            ),
        ),
        "KMS.DisabledException": (
            Rule(errors.StoreAccessDenied, "The bucket's key is disabled. Enable it in KMS."),
        ),
    },
)


@contextmanager
def translated(service: Service, about: str = "") -> Iterator[None]:
    """Raises our error for what botocore raises inside the block; `about` names what was asked for."""
    try:
        yield
    except _CREDENTIAL_ERRORS as error:
        raise _credentials_missing(type(error).__name__) from None
    except ClientError as error:
        if _code_of(error) in service.passed:
            raise
        # What is left out of AWS's own words is in no traceback either; about credentials they may repeat the token.
        secret = _code_of(error) in CREDENTIAL_CODES or words.name_a_person(str(error))
        raise _refusal(service, error, about) from (None if secret else error)
    except _CONNECTION_ERRORS as error:
        raise service.unavailable(
            f"{service.name} could not be reached ({type(error).__name__}). "
            "Check the network, the proxy and AWS_ENDPOINT_URL, and run again."
        ) from error
    except FlexibleChecksumError as error:
        raise service.unavailable(_damaged(service)) from error
    except BotoCoreError as error:
        raise service.rejected.error(f"{service.rejected.message} ({words.one_line(str(error))})") from error
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if not _of_botocore(error):
            raise
        # Its parser, given another form than the service's model has: a list, a text, brackets or a year without end.
        raise service.unavailable(
            f"{service.name}'s answer is not of the documented form ({type(error).__name__}). "
            "Check the proxy and AWS_ENDPOINT_URL, and run again."
        ) from error


def complete(answer: T, key: str) -> T:
    """The answer, which has `key` whenever it is AWS's; for use inside `translated`.

    botocore takes a proxy's HTML page with HTTP 200 for an answer without fields, which would pass for one without
    costs or accounts.
    """
    if not answer or key not in answer:
        raise incomplete(f"no {key} in the answer")
    return answer


def texts(entry: T, *names: str) -> T:
    """The entry, whose fields of these names are texts where they are there: botocore passes on what comes of any type.

    For use inside `translated`.
    """
    for name in names:
        if not isinstance(entry.get(name, ""), str):
            raise incomplete(f"{name} is no text")
    return entry


def incomplete(wrong: str) -> ResponseParserError:
    """What to raise inside `translated` for an answer that is none of AWS's."""
    return ResponseParserError(wrong)


def _refusal(service: Service, error: ClientError, about: str) -> FinOpsGuardError:
    code, said = _code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in CLOCK_CODES or (
        code in CREDENTIAL_CODES and any(each in said.lower() for each in CLOCK_WORDS)
    ):
        return _clock_wrong(code)
    if code in CREDENTIAL_CODES:
        return _credentials_missing(code)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    rule = _rule(service, error.operation_name, code, said, status)
    # A role is assumed inside a call that is about something else, and then AWS's own words name it.
    named = about if error.operation_name != "AssumeRole" or ":role/" in about else "that this needs"
    return rule.error(f"{rule.message.format(about=named)} ({code}: {words.one_line(said)})")


def _code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _rule(service: Service, operation: str, code: str, said: str, status: int) -> Rule:
    """The first rule that fits an answer. A role is assumed inside the call that needs it, whatever the service."""
    passing = _passing(service, code, status)
    if passing:
        return passing
    if operation == "AssumeRole":
        return Rule(
            errors.RoleNotAssumable,
            "The role {about} cannot be assumed. Allow sts:AssumeRole on it, and trust this account in it,"
            " with FINOPSGUARD_EXTERNAL_ID where it asks for an external ID.",
        )
    fitting = [rule for rule in service.rules.get(code, ()) if rule.says in said.lower()]
    if not fitting and code in DENIED_CODES:
        action = f"{service.iam}:{IAM_ACTIONS.get(operation, operation)}"
        return Rule(
            service.denied, f"{service.name} denies access. Allow {action} to the role{service.denied_hint}."
        )
    return fitting[0] if fitting else service.rejected


def _passing(service: Service, code: str, status: int) -> Rule | None:
    """The rule of what may be answered otherwise the next time; None for a refusal."""
    if code in THROTTLING_CODES or status == 429:
        return Rule(
            service.throttled or service.unavailable,
            f"{service.name} got too many requests. Run again in some minutes.",
        )
    if code in SERVER_CODES or status >= 500:
        return Rule(service.unavailable, f"{service.name} has a server error. Run again in some minutes.")
    if code in DAMAGED_CODES:
        return Rule(service.unavailable, _damaged(service))
    if 300 <= status < 400 and not service.redirects:
        return Rule(
            service.unavailable,
            f"{service.name}'s answer leads elsewhere, which AWS's does not. "
            "Check the network, the proxy and AWS_ENDPOINT_URL, and run again.",
        )
    return None


def _credentials_missing(name: str) -> CredentialsMissing:
    more = " If they are right, a proxy changes the requests." if name in SIGNATURE_CODES else ""
    return CredentialsMissing(
        f"No valid AWS credentials ({name}). Sign in (aws sso login, aws configure) or set AWS_PROFILE, then run again."
        + more
    )


def _clock_wrong(code: str) -> InvalidConfiguration:
    return InvalidConfiguration(
        f"This machine's clock is more than 15 minutes wrong, so AWS takes no request of it ({code})."
        " Set the clock (timedatectl set-ntp true) and run again."
    )


def _damaged(service: Service) -> str:
    return (
        f"What {service.name} sent or got was damaged on its way: its checksum is wrong. Run again; if it goes on,"
        " check the proxy that stands between."
    )


def _of_botocore(error: BaseException) -> bool:
    """True for an exception that was raised below botocore, not by our own code around its calls."""
    names = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    return any(name.startswith("botocore.") for name in names)
