"""The table of errors: every service's codes and botocore's exceptions end as one of ours, and keep secrets."""

from __future__ import annotations

import traceback

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    UnauthorizedSSOTokenError,
)

from finopsguard import errors
from finopsguard.aws.athena import ATHENA, GLUE
from finopsguard.aws.errors import (
    COST_EXPLORER,
    ORGANIZATIONS,
    S3,
    SECRETS_MANAGER,
    STS,
    Service,
    translated,
)
from finopsguard.aws.executions import STEP_FUNCTIONS
from finopsguard.aws.topic import SNS

SERVICES = [
    ATHENA,
    COST_EXPLORER,
    GLUE,
    ORGANIZATIONS,
    S3,
    SECRETS_MANAGER,
    SNS,
    STEP_FUNCTIONS,
    STS,
]


def answer(
    code: str, message: str = "", status: int = 400, operation: str = "GetCostAndUsage"
) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


def translation(service: Service, error: Exception, about: str = "") -> errors.FinOpsGuardError:
    with pytest.raises(errors.FinOpsGuardError) as caught, translated(service, about):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("service", "error", "expected", "says"),
    [
        (COST_EXPLORER, answer("LimitExceededException"), errors.CostExplorerThrottled, "Run again"),
        (COST_EXPLORER, answer("ThrottlingException"), errors.CostExplorerThrottled, "Run again"),
        (COST_EXPLORER, answer("Anything", status=429), errors.CostExplorerThrottled, "Run again"),
        (COST_EXPLORER, answer("InternalFailure", status=500), errors.CostExplorerUnavailable, "Run again"),
        (COST_EXPLORER, answer("503", status=503), errors.CostExplorerUnavailable, "Run again"),
        (
            COST_EXPLORER,
            answer("AccessDeniedException", "not authorized to perform: ce:GetCostAndUsage"),
            errors.CostExplorerAccessDenied,
            "Allow ce:GetCostAndUsage to the role",
        ),
        (
            COST_EXPLORER,
            answer("AccessDeniedException", "User not enabled for cost explorer access"),
            errors.CostExplorerNotEnabled,
            "Open it once",
        ),
        (COST_EXPLORER, answer("DataUnavailableException"), errors.CostExplorerNotEnabled, "wait 24 hours"),
        (COST_EXPLORER, answer("InvalidNextTokenException"), errors.CostExplorerPagesChanged, "Run again"),
        (COST_EXPLORER, answer("RequestChangedException"), errors.CostExplorerPagesChanged, "Run again"),
        (
            COST_EXPLORER,
            answer("BillExpirationException"),
            errors.CostExplorerRejected,
            "FINOPSGUARD_HISTORY_DAYS lower",
        ),
        (
            COST_EXPLORER,
            answer("ValidationException", "You haven't enabled historical data beyond 14 months"),
            errors.CostExplorerRejected,
            "FINOPSGUARD_HISTORY_DAYS lower",
        ),
        (
            COST_EXPLORER,
            answer("ValidationException", "Start date (and hour) should be before end date"),
            errors.CostExplorerRejected,
            "refused the request",
        ),
        (
            COST_EXPLORER,
            answer("ResourceNotFoundException"),
            errors.CostExplorerRejected,
            "FINOPSGUARD_BILLING_VIEW_ARN",
        ),
        (
            COST_EXPLORER,
            answer("BillingViewHealthStatusException"),
            errors.CostExplorerUnavailable,
            "not healthy",
        ),
        (
            COST_EXPLORER,
            answer("AccessDenied", status=403, operation="AssumeRole"),
            errors.RoleNotAssumable,
            "The role that this needs cannot be assumed",
        ),
        (
            COST_EXPLORER,
            answer("Throttling", operation="AssumeRole"),
            errors.CostExplorerThrottled,
            "Run again",
        ),
        (
            COST_EXPLORER,
            ParamValidationError(report="Invalid length for parameter BillingViewArn"),
            errors.CostExplorerRejected,
            "BillingViewArn",
        ),
        (
            ORGANIZATIONS,
            answer("AccessDeniedException", operation="ListAccounts"),
            errors.OrganizationsAccessDenied,
            "Allow organizations:ListAccounts",
        ),
        (ORGANIZATIONS, answer("TooManyRequestsException"), errors.OrganizationsUnavailable, "Run again"),
        (ORGANIZATIONS, answer("ServiceException", status=500), errors.OrganizationsUnavailable, "Run again"),
        (
            ORGANIZATIONS,
            answer("AccessDenied", operation="AssumeRole"),
            errors.RoleNotAssumable,
            "sts:AssumeRole",
        ),
        (STS, answer("Throttling"), errors.OrganizationsUnavailable, "Run again"),
        (
            SECRETS_MANAGER,
            answer("ResourceNotFoundException"),
            errors.SecretNotFound,
            "TEAMS_WEBHOOK_SECRET_ARN",
        ),
        (SECRETS_MANAGER, answer("InvalidRequestException"), errors.SecretNotFound, "restore-secret"),
        (SECRETS_MANAGER, answer("DecryptionFailure"), errors.SecretAccessDenied, "kms:Decrypt"),
        (
            SECRETS_MANAGER,
            answer("AccessDeniedException", operation="GetSecretValue"),
            errors.SecretAccessDenied,
            "secretsmanager:GetSecretValue",
        ),
        (SECRETS_MANAGER, answer("InternalServiceError", status=500), errors.SecretUnavailable, "Run again"),
        (SECRETS_MANAGER, answer("ThrottlingException"), errors.SecretUnavailable, "Run again"),
        (
            SECRETS_MANAGER,
            answer("ValidationException"),
            errors.InvalidConfiguration,
            "not the ARN of a secret",
        ),
        (S3, answer("NoSuchKey", status=404), errors.ObjectMissing, "arn:x is not in the bucket"),
        (S3, answer("404", status=404, operation="HeadObject"), errors.ObjectMissing, "is not in the bucket"),
        (S3, answer("NoSuchBucket", status=404), errors.InvalidConfiguration, "FINOPSGUARD_BUCKET"),
        (
            S3,
            answer("403", status=403, operation="HeadObject"),
            errors.StoreAccessDenied,
            "s3:GetObject to the role, s3:ListBucket",
        ),
        (
            S3,
            answer("AccessDenied", status=403, operation="PutObject"),
            errors.StoreAccessDenied,
            "s3:PutObject",
        ),
        (S3, answer("KMS.DisabledException"), errors.StoreAccessDenied, "Enable it in KMS"),
        (S3, answer("SlowDown", status=503), errors.StoreUnavailable, "Run again"),
        (S3, answer("PermanentRedirect", status=301), errors.InvalidConfiguration, "AWS_REGION"),
        (STEP_FUNCTIONS, answer("ExecutionDoesNotExist"), errors.InvalidInput, "arn:x does not exist"),
        (STEP_FUNCTIONS, answer("InvalidArn"), errors.InvalidInput, "not an execution's ARN"),
        (STEP_FUNCTIONS, answer("KmsAccessDeniedException"), errors.ExecutionAccessDenied, "kms:Decrypt"),
        (STEP_FUNCTIONS, answer("KmsThrottlingException"), errors.ExecutionUnavailable, "Run again"),
        (
            STEP_FUNCTIONS,
            answer("AccessDeniedException", operation="DescribeExecution"),
            errors.ExecutionAccessDenied,
            "states:DescribeExecution",
        ),
    ],
)
def test_each_code_becomes_one_error_with_a_remedy(
    service: Service, error: Exception, expected: type[errors.FinOpsGuardError], says: str
) -> None:
    raised = translation(service, error, about="arn:x")
    assert type(raised) is expected
    assert says in str(raised)
    assert "\n" not in str(raised)


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (
            "arn:aws:iam::111111111111:role/reader",
            "The role arn:aws:iam::111111111111:role/reader cannot be assumed.",
        ),
        ("exports/costs/", "The role that this needs cannot be assumed."),
        ("", "The role that this needs cannot be assumed."),
    ],
)
def test_a_role_is_named_where_the_call_is_about_it(about: str, says: str) -> None:
    """A role is assumed inside a call that is about a key, or about nothing."""
    raised = translation(S3, answer("AccessDenied", status=403, operation="AssumeRole"), about=about)
    assert str(raised).startswith(says)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://user:password@example.com"),
        ConnectTimeoutError(endpoint_url="https://user:password@example.com"),
        ReadTimeoutError(endpoint_url="https://user:password@example.com"),
        SSLError(endpoint_url="https://user:password@example.com", error=OSError("self-signed")),
        ProxyConnectionError(proxy_url="https://user:password@example.com"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_cannot_be_reached_is_transient_and_shows_no_url(service: Service, error: BotoCoreError) -> None:
    raised = translation(service, error)
    assert type(raised) is service.unavailable
    assert type(error).__name__ in str(raised)
    assert "password" not in str(raised)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "User: arn:aws:sts::1:assumed-role/Reader/ana may not",
            "User: arn:aws:sts::1:assumed-role/Reader/... may not",
        ),
        (
            "arn:aws:sts::1:assumed-role/Reader/ana.s3cret@example.com",
            "arn:aws:sts::1:assumed-role/Reader/...",
        ),
        ("The account <ana.s3cret@example.com>, of Ana", "The account <...>, of Ana"),
        ("arn:aws:iam::1:role/Reader is not allowed", "arn:aws:iam::1:role/Reader is not allowed"),
    ],
)
def test_words_of_aws_are_quoted_without_who_was_refused(said: str, told: str) -> None:
    raised = translation(S3, answer("AccessDenied", said, 403))
    assert str(raised).endswith(f"(AccessDenied: {told})")
    assert "ana" not in "".join(traceback.format_exception(raised))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
@pytest.mark.parametrize(
    "error",
    [
        NoCredentialsError(),
        UnauthorizedSSOTokenError(),
        answer("ExpiredTokenException", "token FwoGZXIvYXdzEBc"),
        answer("ExpiredToken", "token FwoGZXIvYXdzEBc"),
        answer("UnrecognizedClientException", "token FwoGZXIvYXdzEBc"),
        answer("InvalidClientTokenId", "token FwoGZXIvYXdzEBc", 403),
        answer("SignatureDoesNotMatch", "x-amz-security-token:FwoGZXIvYXdzEBc", 403),
    ],
    ids=lambda error: type(error).__name__ + getattr(error, "response", {}).get("Error", {}).get("Code", ""),
)
def test_missing_credentials_are_the_same_everywhere_and_show_no_token(
    service: Service, error: Exception
) -> None:
    raised = translation(service, error)
    assert type(raised) is errors.CredentialsMissing
    assert "Sign in" in str(raised)
    assert "FwoGZ" not in str(raised)
    shown_by_a_traceback = raised.__cause__ or (None if raised.__suppress_context__ else raised.__context__)
    assert shown_by_a_traceback is None, "AWS's words may repeat the token"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_the_table_does_not_know_is_never_dressed_up_as_something_else(service: Service) -> None:
    raised = translation(service, answer("SomethingNew", "by AWS", operation="ListAccounts"))
    assert type(raised) is service.rejected.error
    assert "refused the request" in str(raised) or "is not the ARN" in str(raised)
    assert "(SomethingNew: by AWS)" in str(raised)


def test_an_answer_in_the_form_of_an_error_passes_to_whoever_asked() -> None:
    for code in ("AWSOrganizationsNotInUseException", "OrganizationalUnitNotFoundException"):
        told = answer(code)
        with pytest.raises(ClientError) as caught, translated(ORGANIZATIONS):
            raise told
        assert caught.value is told


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        (
            "InvalidSignatureException",
            "Signature expired: 20261128T100000Z is now earlier than 20261128T110000Z",
        ),
        (
            "SignatureDoesNotMatch",
            "Signature not yet current: 20261128T120000Z is still later than 20261128T",
        ),
    ],
)
def test_a_wrong_clock_is_called_one(service: Service, code: str, words: str) -> None:
    raised = translation(service, answer(code, words, 403))
    assert type(raised) is errors.InvalidConfiguration
    assert "clock" in str(raised)
    assert "region" not in str(raised).lower()


@pytest.mark.parametrize("code", ["BadDigest", "XAmzContentChecksumMismatch"])
def test_what_is_damaged_on_its_way_is_sent_again(code: str) -> None:
    raised = translation(S3, answer(code, operation="PutObject"))
    assert type(raised) is errors.StoreUnavailable
    assert "checksum is wrong" in str(raised)
    assert "AWS_REGION" not in str(raised)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_an_answer_that_leads_elsewhere_is_none_of_aws_s_but_for_s3_s_regions(service: Service) -> None:
    raised = translation(service, answer("307", status=307, operation="ListAccounts"))
    if service is S3:
        assert "AWS_REGION" in str(raised)
    else:
        assert type(raised) is service.unavailable
        assert "leads elsewhere" in str(raised)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_fault_of_ours_passes_as_it_is(service: Service) -> None:
    with pytest.raises(ZeroDivisionError), translated(service):
        _ = 1 / 0


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_parameters_that_botocore_refuses_are_named(service: Service) -> None:
    raised = translation(service, ParamValidationError(report="Missing required parameter"))
    assert type(raised) is service.rejected.error
    assert "Missing required parameter" in str(raised)


def test_awss_own_words_are_quoted_on_one_line_and_cut() -> None:
    raised = translation(COST_EXPLORER, answer("ValidationException", "first\nsecond " + "x" * 500))
    assert "(ValidationException: first second xxx" in str(raised)
    assert str(raised).endswith("x...)")
    assert len(str(raised)) < 400
