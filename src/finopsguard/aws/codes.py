"""AWS's error codes that mean the same whatever the service: those of each operation's reference page, and the common
errors; and operations of which the IAM action has another name."""

from __future__ import annotations

CREDENTIAL_CODES = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "KmsThrottlingException",
        "LimitExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
SERVER_CODES = frozenset(
    {
        "InternalFailure",
        "InternalServiceError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
    }
)
DENIED_CODES = frozenset({"403", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
# AWS: Signature Version 4 allows a request's time to be 15 minutes away from its own.
CLOCK_CODES = frozenset({"RequestTimeTooSkewed"})
CLOCK_WORDS = ("signature expired", "signature not yet current", "request time")
SIGNATURE_CODES = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
# What was sent is not what arrived.
DAMAGED_CODES = frozenset(
    {"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"}
)
# What Organizations says of a part that it does not have: an answer, and no refusal.
NO_SUCH_PART = frozenset(
    {"AWSOrganizationsNotInUseException", "OrganizationalUnitNotFoundException", "TargetNotFoundException"}
)
# S3 authorizes a HEAD request as the GET; and so it is documented of Budgets.
IAM_ACTIONS = {
    "HeadObject": "GetObject",
    "DescribeBudgets": "ViewBudget",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
}
