"""Each role is refused what is not its own: by the template's text, under the boundary, and in requests to moto.

The whole is made by `python -m tests.template.permissions`, which writes it into docs/permissions.md; here a sample is
made again, and the tool itself is tried: one that refuses everything or nothing proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from finopsguard.store import keys
from tests.sweeps import exhaustive
from tests.template import attempts, boundary, iam, permissions, refusals, stack, under_roles
from tests.template.attempts import WORLDS, Attempt
from tests.template.iam import Call

ALL = list(attempts.all_attempts())
# Each eighth, and the ledger.
SAMPLE = [each for number, each in enumerate(ALL) if number % 8 == 0 or "deliveries" in each.what]
LEDGER = f"{iam.arn('Bucket')}/{attempts.key_of(keys.DELIVERY)}"


@pytest.fixture(autouse=True)
def nobodys_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")


def name_of(attempt: Attempt) -> str:
    return f"{attempt.call.action} {attempt.what} {attempt.world}"


# ---- the text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bounded", [False, True], ids=["alone", "bounded"])
def test_who_has_to_may_and_nobody_else(bounded: bool) -> None:
    wrong = []
    for each in ALL:
        parameters = WORLDS[each.world]
        may = {role for role in iam.roles() if iam.allows(role, each.call, parameters, bounded=bounded)}
        if not each.must <= may <= each.may:
            wrong.append((name_of(each), sorted(each.must - may), sorted(may - each.may)))
    assert wrong == [], "(attempt, who is refused what is its own, who may what is not)"


@pytest.mark.parametrize("kind", keys.TABLE, ids=lambda kind: kind.pattern)
def test_an_object_is_written_by_its_writers_whatever_the_parameters_are(kind: keys.Kind) -> None:
    call = Call("s3:PutObject", f"{iam.arn('Bucket')}/{attempts.key_of(kind)}")
    for world, parameters in WORLDS.items():
        writers = {role for role in iam.roles() if iam.allows(role, call, parameters)}
        # Athena writes with the rights of who asks it, where it is asked.
        by_athena = world == "athena" and kind.prefix == keys.UNLOADED.prefix
        assert writers == attempts.roles(*(keys.UNLOADED_LIST.readers if by_athena else kind.writers))


def test_the_ledger_has_one_writer_whatever_is_attached_to_the_others() -> None:
    (deny,) = (each for each in iam.bucket_policy({}) if each.get("Sid") == "LedgerHasOneWriter")
    others = {iam.arn(role) for role in iam.roles()} - {
        iam.arn(f"{each}Role") for each in keys.DELIVERY.writers
    }
    assert set(deny["Condition"]["ArnEquals"]["aws:PrincipalArn"]) == others
    assert len(keys.DELIVERY.writers) == 1
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"):
        for other in others:
            assert iam.says("Deny", [deny], Call(action, LEDGER, {"aws:PrincipalArn": other}))


def test_a_condition_that_the_check_does_not_know_is_no_pass() -> None:
    unknown = {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "::1"}},
    }
    with pytest.raises(NotImplementedError, match="prove nothing"):
        iam.says("Allow", [unknown], Call("s3:GetObject", LEDGER))


# ---- the boundary ----------------------------------------------------------------------------------------------------


def test_every_role_is_bounded_where_there_is_a_boundary() -> None:
    bounds = [role.get("PermissionsBoundary") for role in stack.resources("AWS::IAM::Role").values()]
    wanted = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]}
    assert bounds == [wanted] * len(list(iam.roles()))


def test_the_boundary_is_written_from_the_roles() -> None:
    assert boundary.FILE.read_text("utf-8") == boundary.text(), "run `python -m tests.template.permissions`"
    (statement,) = boundary.statements()
    assert statement["Action"] == boundary.used()
    # What IAM takes as a managed policy, spaces aside (documented by AWS).
    assert len(boundary.text()) < 6_144


def test_under_the_boundary_a_role_stays_what_it_is_whatever_is_attached_to_it() -> None:
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    for each in attempts.of_nobody():
        if each.call.action not in boundary.used():
            assert iam.says("Allow", everything, each.call)
            assert not iam.says("Allow", boundary.statements(), each.call), name_of(each)


# ---- requests under each role ----------------------------------------------------------------------------------------


@exhaustive(beside="test_who_has_to_may_and_nobody_else")
def test_a_sample_of_the_attempts_ends_as_the_page_says() -> None:
    page = Path(permissions.PAGE).read_text("utf-8")
    made = under_roles.outcomes(SAMPLE)
    for each in SAMPLE:
        found = made[each]
        assert {role for role in found if found[role] == "not denied"} <= each.may, name_of(each)
        assert {role for role in found if found[role] == "denied"} & each.must == set(), name_of(each)
        assert refusals.row(each, found) in page, "run `python -m tests.template.permissions`"


def test_the_page_has_every_attempt() -> None:
    page = Path(permissions.PAGE).read_text("utf-8")
    (table,) = refusals.TABLE.findall(page)
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert [line.rsplit("|", 2)[0] + "|" for line in rows] == [refusals.said(each) for each in ALL]


@pytest.fixture(scope="module")
def fresh() -> Iterator[under_roles.Enforced]:
    with under_roles.enforced("fresh") as made:
        yield made


WRITE = Call("s3:PutObject", LEDGER)


def test_a_role_that_was_widened_is_seen(fresh: under_roles.Enforced) -> None:
    assert fresh.outcome("BuildCardRole", WRITE) == "denied"
    own = iam.statements("BuildCardRole", {})
    fresh.make(
        "BuildCardRole", [*own, {"Effect": "Allow", "Action": WRITE.action, "Resource": WRITE.resource}]
    )
    assert fresh.outcome("BuildCardRole", WRITE) == "not denied"
    fresh.make("BuildCardRole", own)


def test_who_lets_everything_through_proves_nothing(
    fresh: under_roles.Enforced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "refused", lambda role, call: False)
    assert fresh.outcome("BuildCardRole", WRITE) == "proves nothing"


def test_who_refuses_everything_proves_nothing(
    fresh: under_roles.Enforced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "refused", lambda role, call: True)
    fresh_call = replace(WRITE, resource=f"{iam.arn('Bucket')}-2")
    assert fresh.outcome("BuildCardRole", fresh_call) == "proves nothing"


def test_what_moto_cannot_tell_proves_nothing(fresh: under_roles.Enforced) -> None:
    """It compares the resource of SNS with `*`: a refusal of who may publish to one topic is none."""
    assert fresh.outcome("NotifyFailureRole", Call("sns:Publish", iam.arn("AlertTopic"))) == "proves nothing"
    assert fresh.outcome("FetchCostsRole", Call("budgets:ModifyBudget", "*")) == "proves nothing"
    condition = Call("kms:GenerateDataKey", iam.arn("AlertKey"))
    assert fresh.outcome("NotifyFailureRole", condition) == "proves nothing"
