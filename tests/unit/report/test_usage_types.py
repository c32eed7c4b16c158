"""Usage types in plain words: every row of the table says something, in both languages, and nothing else changes."""

from __future__ import annotations

import json
import re
import string
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from finopsguard.models.run import Language
from finopsguard.report import usage_types
from finopsguard.report.untrusted import plain
from finopsguard.report.usage_types import LONGEST, Row, read, regions, rows
from tests.sweeps import examples
from tests.unit.report.hostile import HOSTILE

# What stands in a gap of each kind, and what is then shown of it.
GAPS = {
    "type": "x2.3xlarge",
    "host": "mac2",
    "family": "t3",
    "kind": "gp3",
    "app": "KernelGateway",
    "area": "EU",
    "code": "USE1",
    "engine": "Yr1-Yr2:MySQL5.7",
    "model": "Nova.Pro-1",
    "tier": "batch",
    "from": "USE2",
    "to": "APS3",
}
SHOWN = {**GAPS, "from": "us-east-2", "to": "ap-south-1"}


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def case(row: Row) -> str:
    return row.match.format(**GAPS)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.match} {row.of}")
def test_every_row_is_reached_and_says_what_it_says(row: Row) -> None:
    assert set(row.words) == set(get_args(Language))
    for language in get_args(Language):
        words = row.words[language].format(**SHOWN)
        found = read(case(row), language, f"Amazon {row.of} Service")
        assert (found.words, found.known, found.compute) == (words, True, row.compute)
        assert gaps(row.words[language]) == gaps(row.match) - {"code"}
        assert len(words) <= LONGEST
        assert re.search(r"\w{3}", row.words[language])


def test_the_table_is_written_in_one_way() -> None:
    """Rows have no other fields, and no row is there twice."""
    lines = json.loads(usage_types.TABLE.read_text("utf-8"))["types"]
    assert {name for line in lines for name in line} == {"match", "of", "compute", *get_args(Language)}
    keys = [(line["match"], line.get("of")) for line in lines]
    assert sorted(set(keys), key=str) == sorted(keys, key=str)
    assert {name for line in lines for name in gaps(line["match"])} == GAPS.keys()


def test_spanish_is_spanish() -> None:
    """Words that are alike in both languages are names, or abbreviations that Spanish has too."""
    alike = {row.match for row in rows() if row.words["en"] == row.words["es"]}
    assert alike == {"Multi-AZUsage:{type}"}


@pytest.mark.parametrize(
    ("usage_type", "service", "en", "es"),
    [
        ("BoxUsage:p5.48xlarge", "", "p5.48xlarge on demand", "p5.48xlarge bajo demanda"),
        ("SpotUsage:g5.2xlarge", "", "g5.2xlarge Spot", "g5.2xlarge en Spot"),
        ("HeavyUsage:m5.large", "", "m5.large reserved", "m5.large reservada"),
        ("EBS:VolumeUsage.gp3", "", "EBS gp3 storage", "almacenamiento EBS gp3"),
        ("NatGateway-Bytes", "", "NAT gateway data", "datos del gateway NAT"),
        ("DataTransfer-Out-Bytes", "", "data transfer to the internet", "transferencia a internet"),
        (
            "USE1-EUW1-AWS-Out-Bytes",
            "",
            "data transfer from us-east-1 to eu-west-1",
            "transferencia de us-east-1 a eu-west-1",
        ),
        (
            "USE1-EUW1-AWS-In-Bytes",
            "",
            "data transfer to us-east-1 from eu-west-1",
            "transferencia a us-east-1 desde eu-west-1",
        ),
        (
            "TimedStorage-ByteHrs",
            "Amazon Simple Storage Service",
            "S3 Standard storage",
            "almacenamiento S3 Standard",
        ),
        ("TimedStorage-ByteHrs", "AmazonCloudWatch", "stored logs", "registros guardados"),
        ("TimedStorage-ByteHrs", "Amazon Elastic File System", "stored data", "datos guardados"),
        ("DataProcessing-Bytes", "AmazonCloudWatch", "log ingestion", "ingesta de registros"),
        ("DataProcessing-Bytes", "Amazon Elastic Load Balancing", "data processed", "datos procesados"),
        (
            "EU-DataTransfer-Out-Bytes",
            "Amazon CloudFront",
            "data out to viewers (EU)",
            "datos a los visitantes (EU)",
        ),
        ("InstanceUsage:db.r6g.large", "", "db.r6g.large on demand", "db.r6g.large bajo demanda"),
        ("NodeUsage:cache.r7g.large", "", "cache.r7g.large on demand", "cache.r7g.large bajo demanda"),
        ("Node:ra3.4xlarge", "", "ra3.4xlarge nodes", "nodos ra3.4xlarge"),
        ("Host:ml.p4d.24xlarge", "", "ml.p4d.24xlarge inference", "ml.p4d.24xlarge, inferencia"),
        ("NovaPro-input-tokens", "", "NovaPro: input tokens", "NovaPro: tokens de entrada"),
        ("MP:USE1_OutputTokenCount-Units", "", "output tokens", "tokens de salida"),
    ],
)
def test_words(usage_type: str, service: str, en: str, es: str) -> None:
    assert (read(usage_type, "en", service).words, read(usage_type, "es", service).words) == (en, es)


@pytest.mark.parametrize(("code", "region"), regions().items())
def test_a_prefix_is_taken_off_and_is_the_region(code: str, region: str) -> None:
    found = read(f"{code}-BoxUsage:m5.large", "en")
    assert (found.words, found.region, found.across) == ("m5.large on demand", region, False)
    assert re.fullmatch(r"[a-z]{2}-[a-z-]+-\d", region)


def test_a_transfer_names_its_regions_itself() -> None:
    found = read("EUC1-USW2-AWS-Out-Bytes", "en")
    assert (found.region, found.across) == ("", True)


@pytest.mark.parametrize(
    ("usage_type", "compute"),
    [
        ("BoxUsage:p5.48xlarge", True),
        ("SpotUsage:m5.large", True),
        ("DedicatedUsage:m5.large", True),
        ("USE2-Train:ml.p4d.24xlarge", True),
        ("Fargate-vCPU-Hours:perCPU", True),
        ("HeavyUsage:m5.large", False),
        ("Lambda-GB-Second", False),
        ("InstanceUsage:db.r6g.large", False),
        ("EBS:VolumeUsage.gp3", False),
        ("BoxUsage", False),
    ],
)
def test_what_runs_code_is_marked(usage_type: str, compute: bool) -> None:
    assert read(usage_type, "en").compute is compute


pieces = st.sampled_from(
    ["USE1-", "EU-", "MP:", "BoxUsage:", "{type}", "p5.48xlarge", "-", "Bytes", "{{x}}", *HOSTILE]
)


@settings(max_examples=examples(100), deadline=None)
@given(
    usage_type=st.text(max_size=200) | st.lists(pieces, max_size=8).map("".join),
    language=st.sampled_from(get_args(Language)),
    service=st.sampled_from(["", "Amazon CloudFront", HOSTILE[0]]),
)
@example(usage_type="a-" * 60, language="en", service="")
@example(usage_type="x" * 10_000, language="es", service="")
@example(usage_type="A" * 100 + "-input-tokens", language="en", service="")
def test_anything_becomes_one_short_line(usage_type: str, language: Language, service: str) -> None:
    found = read(usage_type, language, service)
    assert len(re.sub("[\u200b\u2068\u2069]", "", found.words)) <= LONGEST
    assert "{{" not in found.words
    if not found.known:
        assert found == usage_types.UsageType(plain(usage_type, LONGEST))


def test_what_is_too_long_for_a_usage_type_is_not_looked_for() -> None:
    model = "A" * 120
    assert read(f"{model[:100]}-input-tokens", "en").known
    assert not read(f"{model}-input-tokens", "en").known
