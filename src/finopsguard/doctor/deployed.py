"""What the stack deployed: schedules, executions, alarms and who gets the mails."""

from __future__ import annotations

from collections.abc import Sequence

from finopsguard.aws.deployed import Execution
from finopsguard.config import TopicSettings
from finopsguard.doctor.around import Around
from finopsguard.doctor.check import failing, passed, skipped, warned
from finopsguard.doctor.next_start import next_start
from finopsguard.errors import FinOpsGuardError
from finopsguard.models.checkup import Finding, Value
from finopsguard.variables import VARIABLES

_WHOLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
# The stack that was before an update works; one that is being made may.
_WORKS = ("UPDATE_ROLLBACK_COMPLETE", "_IN_PROGRESS")
_REPORTS = ("weekly", "daily", "monthly")


def stack(around: Around) -> Sequence[Finding]:
    """The stack is there and whole, and its settings can be read."""
    name = around.options.stack
    if not name:
        return skipped("stack_none")
    found = around.stack()
    values: dict[str, Value] = {"stack": name, "status": found.status}
    if found.status not in _WHOLE:
        return (warned if found.status.endswith(_WORKS) else failing)("stack_status", **values)
    if not found.named("AWS::Lambda::Function"):
        return failing("stack_other", **values)
    made = passed("stack", **values, count=len(found.resources))
    try:
        around.functions()
    except FinOpsGuardError as error:
        return [*made, Finding("warn", "stack_settings", {}, str(error))]
    return made


def schedules(around: Around) -> Sequence[Finding]:
    """Whether each report is scheduled, and when it comes next."""
    if not around.options.stack:
        return skipped("stack_none")
    found = around.stack()
    groups, names = found.named("AWS::Scheduler::ScheduleGroup"), found.named("AWS::Scheduler::Schedule")
    findings, now = [], around.clock()
    for report in _REPORTS:
        name = next((each for each in map(_last, names) if each.endswith(f"-{report}")), None)
        if name is None:
            continue
        schedule = around.deployed().schedule(_last(groups[0]) if groups else "default", name)
        values = {"schedule": name, "expression": schedule.expression, "zone": schedule.time_zone}
        if schedule.state != "ENABLED":
            findings.append(Finding("skip", "schedule_off", values))
            continue
        due = next_start(schedule.expression, schedule.time_zone, now)
        if due is None:
            findings.append(Finding("pass", "schedule_on", values))
        else:
            findings.append(Finding("pass", "schedule", {**values, "next": due}))
    if not any(each.state == "pass" for each in findings):
        return warned("schedules_off")
    return findings


def executions(around: Around) -> Sequence[Finding]:
    """How the newest execution that has ended did."""
    machine: str | None = VARIABLES["state_machine_arn"].read(around.env)
    if around.options.stack:
        machine = next(iter(around.stack().named("AWS::StepFunctions::StateMachine")), None)
        if machine is None:
            return failing("executions_no_machine")
    if machine is None:
        return skipped("stack_none")
    found = around.deployed().executions(machine)
    ended = [each for each in found if each.status != "RUNNING"]
    if not ended:
        return warned("executions_none", running=len(found))
    newest = ended[0]
    values: dict[str, Value] = {"execution": newest.name, "status": newest.status, "at": newest.at}
    if newest.status != "SUCCEEDED":
        return failing("executions_failed", **values)
    return passed("executions", **values, count=len(ended), good=_good(ended))


def alarms(around: Around) -> Sequence[Finding]:
    """Which of the stack's alarms are in ALARM, and which have no data."""
    if not around.options.stack:
        return skipped("stack_none")
    names = around.stack().named("AWS::CloudWatch::Alarm")
    if not names:
        return warned("alarms_none")
    states = around.deployed().alarms(names)
    in_alarm = sorted(name for name, state in states.items() if state == "ALARM")
    gone = sorted(set(names) - states.keys())
    unknown = sorted(name for name, state in states.items() if state == "INSUFFICIENT_DATA")
    if in_alarm:
        return failing("alarms_on", names=", ".join(in_alarm))
    if gone:
        return failing("alarms_gone", names=", ".join(gone))
    if unknown:
        return warned("alarms_without_data", names=", ".join(unknown))
    return passed("alarms", count=len(states))


def mail(around: Around) -> Sequence[Finding]:
    """Somebody gets what the alert topic is told; an address that did not confirm gets nothing."""
    settings: TopicSettings = around.wiring.get(TopicSettings)
    topic = settings.alert_topic_arn
    if topic is None and around.options.stack:
        topic = around.stack().outputs.get("AlertTopicArn")
    if topic is None:
        return skipped("mail_none")
    found = around.deployed().subscriptions(topic)
    values = {"confirmed": found.confirmed, "pending": found.pending}
    if found.pending:
        return warned("mail_pending", **values)
    return passed("mail", **values) if found.confirmed else warned("mail_nobody", **values)


def _good(ended: Sequence[Execution]) -> int:
    return sum(each.status == "SUCCEEDED" for each in ended)


def _last(name: str) -> str:
    """CloudFormation's name of a schedule has its group before it: `group|name` or an ARN's last part."""
    return name.replace("|", "/").rpartition("/")[2]
