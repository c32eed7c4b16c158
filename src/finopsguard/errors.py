"""Every error that FinOps Guard raises on purpose.

    FinOpsGuardError
    |-- Transient             try again: the state machine's Retry names each leaf
    |   |-- CostExplorerThrottled, CostExplorerUnavailable, CostExplorerPagesChanged, CostExplorerIncomplete
    |   |-- ExportUnavailable, ExportIncomplete, AthenaUnavailable, AthenaUnfinished
    |   |-- OrganizationsUnavailable, AwsBudgetsUnavailable, StoreUnavailable, SecretUnavailable, ExecutionUnavailable
    |   `-- TeamsThrottled, TeamsUnavailable, DeliveryInProgress, AlertTopicUnavailable, TrailUnavailable,
    |       EventBusUnavailable
    `-- Permanent             do not try again: somebody has to act, the message says how
        |-- BadInput          the caller's or the settings' fault (the command line exits with 2)
        |   `-- InvalidInput, InvalidConfiguration, FuturePeriod, UnknownAccount, UnknownOrganizationalUnit,
        |       NoAccountsSelected, TooManyBatches, BudgetExceeded, CredentialsMissing, SecretNotFound, SecretInvalid,
        |       WebhookHostNotAllowed, WebhookNotWhole, VerdictGiven, RoutesInvalid, RouteNotFound
        `-- CostExplorerAccessDenied, CostExplorerNotEnabled, CostExplorerRejected, ResourcesNotEnabled,
            ExportAccessDenied, ExportRejected, UsageIncomplete, UsageNotRead, RegionsNotRead, AthenaAccessDenied,
            AthenaRejected, OrganizationsAccessDenied, AwsBudgetsAccessDenied, RoleNotAssumable, MixedCurrencies,
            TooManyAccountsMissing, CostsIncomplete, StoreAccessDenied, ObjectMissing, SecretAccessDenied, CardTooLarge,
            TeamsRejected, TeamsPaused, TeamsAnswerUnknown, DeliveryUncertain, DeliveryUnrecorded, AlertTopicRefused,
            ExecutionAccessDenied, AnswerTooLong, TrailAccessDenied, TrailRejected, ReportMissing, StackUnreadable,
            EventBusRefused

Lambda reports `type(error).__name__`, so Retry and Catch match leaf names only, never a base class. A test keeps the
state machine's retriers and this tree in step. The first line of a message is shown to the operator as it is: it says
what happened and what to do next, and holds no secret.
"""


class FinOpsGuardError(Exception):
    """Base of all errors raised on purpose."""


class Transient(FinOpsGuardError):
    """The same call may succeed later; the state machine retries it."""


class Permanent(FinOpsGuardError):
    """The same call fails again until somebody acts."""


class BadInput(Permanent):
    """The request or the settings are at fault, not AWS or Teams."""


class CostExplorerThrottled(Transient):
    """Cost Explorer refused for too many requests, also after botocore's own retries."""


class CostExplorerUnavailable(Transient):
    """Cost Explorer answered with a server error or not at all."""


class CostExplorerPagesChanged(Transient):
    """A next-page token was refused again after starting over."""


class CostExplorerIncomplete(Transient):
    """An answer lacks days or has rows that cannot be read, also when it was read again."""


class ExportUnavailable(Transient):
    """The bucket of the data export answered with a server error or not at all."""


class ExportIncomplete(Transient):
    """The data export is being updated, or AWS has not delivered a billing period yet."""


class AthenaUnavailable(Transient):
    """Athena or Glue throttled, answered with a server error or not at all, or failed at what can be repeated."""


class AthenaUnfinished(Transient):
    """A statement still runs in Athena; the next attempt finds it, and does not start it again."""


class OrganizationsUnavailable(Transient):
    """Organizations throttled or answered with a server error."""


class AwsBudgetsUnavailable(Transient):
    """AWS Budgets could not be read for now; the report goes out without its budgets."""


class StoreUnavailable(Transient):
    """The bucket or the state directory could not be reached."""


class SecretUnavailable(Transient):
    """Secrets Manager throttled or answered with a server error."""


class ExecutionUnavailable(Transient):
    """Step Functions could not describe the execution for now; nor, for the command line, AWS the stack or its logs."""


class TeamsThrottled(Transient):
    """Teams answered 429 and asked for a longer wait than one invocation should sleep."""


class TeamsUnavailable(Transient):
    """Teams refused with a server error or could not be reached; nothing was posted."""


class DeliveryInProgress(Transient):
    """Another execution is posting the same report to the same channel right now."""


class AlertTopicUnavailable(Transient):
    """SNS throttled, answered with a server error or not at all; the alert did not go to its topic."""


class TrailUnavailable(Transient):
    """CloudTrail throttled, answered with a server error or not at all; the causes are told without who acted."""


class EventBusUnavailable(Transient):
    """EventBridge throttled, answered with a server error or not at all, or took a part of the events; redrive."""


class InvalidInput(BadInput):
    """A step's input does not satisfy its contract; the message names the field."""


class InvalidConfiguration(BadInput):
    """A setting has a value that cannot work; the message names the variable."""


class FuturePeriod(BadInput):
    """The scheduled time lies in the future, so its period has no costs yet."""


class UnknownAccount(BadInput):
    """An account that the settings name is not in the Organization."""


class UnknownOrganizationalUnit(BadInput):
    """An organizational unit that the settings name is not in the Organization."""


class NoAccountsSelected(BadInput):
    """Include and exclude lists leave no account to report on."""


class BudgetExceeded(BadInput):
    """Reading the costs would take more of Cost Explorer, or of Athena, than the settings allow."""


class TooManyBatches(BadInput):
    """The plan would break the 256 KiB payload or the 25,000 event limit of Step Functions."""


class CredentialsMissing(BadInput):
    """No AWS credentials, or expired ones."""


class SecretInvalid(BadInput):
    """The secret holds neither a URL nor JSON with a `url`."""


class RoutesInvalid(BadInput):
    """The route file is missing, is none, or claims an account twice."""


class RouteNotFound(BadInput):
    """A message is for a channel that the route file has no more, or that has no webhook there."""


class WebhookHostNotAllowed(BadInput):
    """The webhook URL is not HTTPS or its host is not on the allowed list."""


class WebhookNotWhole(BadInput):
    """The webhook URL has no signature: only a part of it was copied, or the workflow lets signed-in users in alone."""


class VerdictGiven(BadInput):
    """A verdict of that mark was given before; each counts once."""


class CostExplorerAccessDenied(Permanent):
    """The role may not call Cost Explorer."""


class CostExplorerNotEnabled(Permanent):
    """Cost Explorer has no data: it was never opened, or less than 24 hours ago."""


class ResourcesNotEnabled(Permanent):
    """Cost Explorer does not keep costs by resource: that is switched on in its preferences."""


class CostExplorerRejected(Permanent):
    """Cost Explorer refused the request itself."""


class ExportAccessDenied(Permanent):
    """The role may not read the data export."""


class ExportRejected(Permanent):
    """The data export is not one that costs can be read from: another table, columns or months missing, damaged."""


class UsageIncomplete(Permanent):
    """Usage by type came with gaps, or is not what the report is of; its pages are paid, so it is not asked again."""


class UsageNotRead(Permanent):
    """The data export has no resource ids of these services."""


class RegionsNotRead(Permanent):
    """The data export does not say in which Region anything was used."""


class AthenaAccessDenied(Permanent):
    """The role may not use Athena's workgroup, Glue's table, or what the statement reads and writes in S3."""


class AthenaRejected(Permanent):
    """Athena refused or failed at the statement, it was cancelled, or the table is not one of the export."""


class TrailAccessDenied(Permanent):
    """The role may not look up an account's management events, or no role is set for an account that is not the own."""


class TrailRejected(Permanent):
    """CloudTrail refused the request itself, or the account does not use that Region."""


class OrganizationsAccessDenied(Permanent):
    """The role may not list accounts although the settings need the Organization."""


class AwsBudgetsAccessDenied(Permanent):
    """The role may not read AWS Budgets; the report goes out without its budgets."""


class RoleNotAssumable(Permanent):
    """The role that reads an account could not be assumed."""


class MixedCurrencies(Permanent):
    """Costs came in more than one currency and cannot be added."""


class TooManyAccountsMissing(Permanent):
    """More accounts than the allowed share could not be read; a report would mislead."""


class CostsIncomplete(Permanent):
    """Days or money of the report are missing in what was read; a report would be wrong."""


class StoreAccessDenied(Permanent):
    """The bucket or the state directory refuses access."""


class ObjectMissing(Permanent):
    """Something a former step must have written is not in the store."""


class SecretNotFound(BadInput):
    """The webhook's secret does not exist."""


class SecretAccessDenied(Permanent):
    """The role may not read the webhook's secret or its key."""


class CardTooLarge(Permanent):
    """The message is larger than Teams takes."""


class TeamsRejected(Permanent):
    """Teams refused the webhook or the message."""


class TeamsPaused(Permanent):
    """Teams answered 429 and asks for a longer wait than the state machine's retries last; nothing was posted."""


class TeamsAnswerUnknown(Permanent):
    """Teams answered with success and a text that confirms nothing; the report may be in the channel or not."""


class DeliveryUncertain(Permanent):
    """A post was begun and its outcome is unknown; posting again could show the report twice."""


class EventBusRefused(Permanent):
    """EventBridge does not take the events: no such bus, access is denied, or the bus refuses them."""


class AlertTopicRefused(Permanent):
    """SNS refused the alert: the topic is not there, or the role may not use it or its key."""


class ReportMissing(Permanent):
    """A report was not delivered for so long that the next one is missing; `finopsguard heartbeat` looked."""


class StackUnreadable(Permanent):
    """What is deployed is not there, or these rights do not show it; `finopsguard doctor` looked."""


class DeliveryUnrecorded(Permanent):
    """The card is in the channel, and that could not be recorded."""


class ExecutionAccessDenied(Permanent):
    """The role may not describe, start or resume the execution; nor, of the command line, see the stack or its logs."""


class AnswerTooLong(Permanent):
    """AWS's answer, or an object in the store, has more pages or bytes than any that is real."""
