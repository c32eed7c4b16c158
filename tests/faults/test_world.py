"""The world that reports are held to: a report of it is right, and one that is not is seen."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from finopsguard.models.report import MissingAccount, Report
from tests.faults import matrix, world
from tests.faults.run import Place, place, surroundings

ALL = matrix.VARIANTS["plain"].accounts


@pytest.fixture(scope="module")
def clean() -> Iterator[Place]:
    with place({}, matrix.before("plain")) as at:
        assert at.run().status == "SUCCEEDED"
        yield at


@pytest.fixture
def report(clean: Place) -> Report:
    found = clean.report()
    assert found is not None
    return found


def test_a_run_without_a_fault_is_right_and_told_once(clean: Place, report: Report) -> None:
    assert matrix.judged(report, ALL) == "right"
    assert matrix.in_channel(clean) == "card"
    asked = {name for name, _ in clean.border.requests}
    assert {
        "ce:usage",
        "ce:charges",
        "ce:total",
        "ce:billed",
        "ce:products",
        "s3:CreateObject",
        "teams:post",
    } <= asked


def test_a_report_that_is_a_cent_off_is_wrong(report: Report) -> None:
    cent = Decimal("0.01")
    totals = replace(report.totals, period=report.totals.period + cent)
    assert matrix.judged(replace(report, totals=totals), ALL).startswith("wrong: period")
    day = replace(report.daily[3], cost=report.daily[3].cost - cent)
    assert matrix.judged(replace(report, daily=(*report.daily[:3], day, *report.daily[4:])), ALL).startswith(
        "wrong: "
    )
    account = replace(report.accounts[0], cost=report.accounts[0].cost + cent)
    assert "account" in matrix.judged(replace(report, accounts=(account, *report.accounts[1:])), ALL)


def test_an_account_that_is_left_out_in_silence_is_wrong(report: Report) -> None:
    fewer = replace(report, accounts=report.accounts[1:])
    assert matrix.judged(fewer, ALL).startswith("wrong: ")


def test_a_missing_account_that_is_in_the_sums_is_wrong(report: Report) -> None:
    lost = MissingAccount(world.LEFT, "gone", "CostExplorerThrottled: no")
    coverage = replace(report.coverage, missing=(lost,))
    assert matrix.judged(replace(report, coverage=coverage), ALL).startswith("wrong: ")


def test_no_foreign_name_is_asked_for(clean: Place) -> None:
    with pytest.raises(AssertionError, match=r"nowhere\.invalid"):
        _ask_for_a_foreign_name(clean)


def _ask_for_a_foreign_name(at: Place) -> None:
    with surroundings(at.settings(), at.now):
        assert os.environ["FINOPSGUARD_BUCKET"]
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("nowhere.invalid", 443)
