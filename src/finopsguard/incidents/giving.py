"""What somebody may say: a verdict is held against what is known, given, and looked at once more.

Two who say something of the same incident at the same time both give it; the later one counts, and each is told of the
other. A verdict of something that has ended, is not known, or was said already is refused, and nothing is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from finopsguard import values
from finopsguard.errors import InvalidInput
from finopsguard.incidents import ledger
from finopsguard.incidents.standing import is_about, not_withdrawn, standing_of
from finopsguard.models.incident import Incident
from finopsguard.models.run import Source
from finopsguard.models.verdict import Through, Verdict, VerdictName
from finopsguard.ports import Store
from finopsguard.store import verdicts

LONGEST_MUTE_DAYS = 92
"""A quarter: what is to be silent for longer is expected, or no anomaly. An incident is remembered for 112 days."""
LONGEST_PLAN_DAYS = 92
"""What is planned for longer is the new level."""
AHEAD_DAYS, BEHIND_DAYS = 366, 35
"""A plan begins so many days from now at most, and so many days ago: as long as a look at incidents is followed."""
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass(frozen=True)
class Who:
    """Who says something: a role, a user or a login; when, and through what. `mark`: what may be said once has it."""

    by: str
    at: datetime
    through: Through = "command"
    mark: str = ""


@dataclass(frozen=True)
class About:
    """What a mute is about: an incident, or a service of an account (empty: any)."""

    incident_id: str | None = None
    account_id: str = ""
    service: str = ""


@dataclass(frozen=True)
class Answered:
    """What was given, and what others said of the same while it was."""

    verdict: Verdict
    beside: tuple[Verdict, ...] = ()


class Book:
    """The verdicts of one store, and the incidents that they are about."""

    def __init__(self, store: Store, source: Source) -> None:
        self._store = store
        self._source: Source = source
        self.incidents: Sequence[Incident] = ledger.newest(store, source)[1].incidents
        given = verdicts.given(store, source).verdicts
        self.standing = standing_of(given)
        self._left = not_withdrawn(given)

    def judge(self, incident_id: str, name: VerdictName, reason: str, who: Who) -> Answered:
        """Says that an incident is `expected`, or was `not_an_anomaly`.

        Raises InvalidInput (no such incident, ended, said before, no reason) and what ports.Store raises.
        """
        found = self._known(incident_id)
        going = [each for each in found if each.closed_on is None]
        if name == "expected" and not going:
            raise InvalidInput(f"{_ended(found)} There is nothing to expect. Nothing was changed.")
        said = [each for each in self.standing if any(is_about(each, it) for it in found)]
        if said and said[-1].verdict == name:
            raise InvalidInput(
                f"That was said of {incident_id} on {_when(said[-1])}, and counts from the next report on. Nothing was"
                " changed; `finopsguard unmute ID` takes it back."
            )
        return self._give(name, About(incident_id, found[0].account_id, _service(found)), reason, who)

    def answer_to(self, incidents: Sequence[Incident], today: date) -> Verdict | None:
        """The newest verdict about all of these that counts; None where there is none, or they were told again."""
        about = [
            each for each in self.standing if all(_answers(each, incident, today) for incident in incidents)
        ]
        return about[-1] if about else None

    def by_link(
        self,
        incident_id: str,
        name: VerdictName,
        until: date | None,
        reason: str,
        *,
        by: str,
        at: datetime,
        mark: str,
    ) -> Verdict:
        """A verdict by a link, once for its mark; raises VerdictGiven, and as `judge` and `mute` do."""
        who = Who(by, at, "link", mark)
        if until is not None:
            return self.mute(About(incident_id), until, reason, who).verdict
        return self.judge(incident_id, name, reason, who).verdict

    def mute(self, about: About, until: date, reason: str, who: Who) -> Answered:
        """Mutes an incident, or a service of an account, until a day, included. Raises as `judge` does."""
        today = who.at.date()
        _refuse_past(until, today)
        if (until - today).days > LONGEST_MUTE_DAYS:
            raise InvalidInput(
                f"--until {until} is more than {LONGEST_MUTE_DAYS} days away, the longest mute. Mute it until"
                f" {today + timedelta(LONGEST_MUTE_DAYS)}, or say that it is expected."
            )
        if about.incident_id is not None:
            found = self._known(about.incident_id)
            if all(each.closed_on for each in found):
                raise InvalidInput(
                    f"{_ended(found)} There is nothing to mute. To mute what its service does next, say --account and"
                    " --service."
                )
            about = About(about.incident_id, found[0].account_id, _service(found))
        else:
            _refuse_account(about.account_id)
        if muted := self._muted(about, today):
            raise InvalidInput(
                f"It is muted until {muted[-1].until} already, since {_when(muted[-1])}. Say `finopsguard unmute` first"
                " to mute it until another day."
            )
        return self._give("mute", about, reason, who, until=until)

    def plan(self, about: About, since: date, until: date, reason: str, who: Who) -> Answered:
        """Plans an event in a service of an account, or in all of it. Raises as `judge` does."""
        today = who.at.date()
        _refuse_account(about.account_id)
        _refuse_past(until, today)
        if until < since:
            raise InvalidInput(f"--until {until} is before --from {since}. Nothing was changed.")
        if (until - since).days >= LONGEST_PLAN_DAYS:
            raise InvalidInput(
                f"A plan has {LONGEST_PLAN_DAYS} days at most: what goes on for longer is expected."
            )
        if not -BEHIND_DAYS <= (since - today).days <= AHEAD_DAYS:
            raise InvalidInput(
                f"--from {since} is too far away: a plan begins at most {BEHIND_DAYS} days ago, or {AHEAD_DAYS} ahead."
            )
        same = [
            each
            for each in self.standing
            if each.verdict == "plan" and _same(each, about) and (each.since, each.until) == (since, until)
        ]
        if same:
            raise InvalidInput(f"That was planned on {_when(same[-1])}. Nothing was changed.")
        return self._give("plan", about, reason, who, since=since, until=until)

    def withdraw(self, about: About, reason: str, who: Who) -> tuple[Answered, ...]:
        """Takes back what counts of an incident, of a service's mute or plan, or one verdict by its mark.

        Raises InvalidInput where there is nothing to take back, and as `judge` does.
        """
        today = who.at.date()
        found = [
            each
            for each in self._left
            if (each.until is None or each.until >= today)
            and (_same(each, about) or each.mark == about.incident_id)
        ]
        if not found:
            raise InvalidInput(
                "Nothing that counts was said of it. `finopsguard incidents` shows what was. Nothing was changed."
            )
        return tuple(
            self._give(
                "withdrawn",
                About(each.incident_id, each.account_id, each.service),
                reason,
                who,
                withdraws=each.mark,
            )
            for each in found
        )

    def _known(self, incident_id: str) -> list[Incident]:
        """The incidents of that id or line, the largest first; those of an id that is no line's are one."""
        found = [each for each in self.incidents if incident_id in (each.id, each.line)]
        if not found:
            raise InvalidInput(
                f"There is no incident {incident_id!a}. `finopsguard incidents --open` shows their ids. Nothing was"
                " changed."
            )
        return sorted(found, key=lambda each: (each.closed_on is not None, -abs(each.impact), each.id))

    def _muted(self, about: About, today: date) -> list[Verdict]:
        return [
            each
            for each in self.standing
            if each.verdict == "mute" and each.until and each.until >= today and _same(each, about)
        ]

    def _give(
        self,
        name: VerdictName,
        about: About,
        reason: str,
        who: Who,
        *,
        since: date | None = None,
        until: date | None = None,
        withdraws: str | None = None,
    ) -> Answered:
        try:
            said = values.reason(reason)
        except ValueError as error:
            raise InvalidInput(f"--reason {error}") from None
        verdict = Verdict(
            who.mark or verdicts.new_mark(who.at),
            name,
            said,
            who.at,
            who.by,
            who.through,
            about.incident_id,
            about.account_id,
            about.service,
            since,
            until,
            withdraws,
        )
        verdicts.give(self._store, self._source, verdict)
        known = {each.mark for each in self._left}
        return Answered(
            verdict,
            tuple(
                each
                for each in not_withdrawn(verdicts.given(self._store, self._source).verdicts)
                if each.mark not in known and each.mark != verdict.mark and _same(each, verdict)
            ),
        )


def _answers(verdict: Verdict, incident: Incident, today: date) -> bool:
    if not is_about(verdict, incident):
        return False
    if verdict.verdict == "mute":
        said = incident.said
        told_in_spite = said is not None and said.mark == verdict.mark and said.released is not None
        return verdict.until is not None and verdict.until >= today and not told_in_spite
    return incident.told_on <= verdict.at.date()


def _same(one: Verdict, other: Verdict | About) -> bool:
    """True where both name the same incident, or none and the same service of an account."""
    if one.incident_id or other.incident_id:
        return one.incident_id == other.incident_id
    return (one.account_id, one.service) == (other.account_id, other.service)


def _service(found: Sequence[Incident]) -> str:
    return next(iter(found[0].shares)) if len(found) == 1 else ""


def _ended(found: Sequence[Incident]) -> str:
    last = max(found, key=lambda each: each.closed_on or date.min)
    how = "its cost is back" if last.ended == "back" else "its level was accepted"
    return f"{found[0].line} has ended on {last.closed_on}: {how}."


def _when(verdict: Verdict) -> str:
    return verdict.at.isoformat(timespec="minutes")


def _refuse_past(until: date, today: date) -> None:
    if until < today:
        raise InvalidInput(f"--until {until} is in the past. Nothing was changed.")


def _refuse_account(account: str) -> None:
    if not _ACCOUNT.fullmatch(account):
        raise InvalidInput(f"--account {account!a} is no account: give its twelve digits.")
