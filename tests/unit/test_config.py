from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest

from finopsguard import config
from finopsguard.config import Settings
from finopsguard.errors import InvalidConfiguration
from finopsguard.variables import VARIABLES, WORKFLOWS_HOSTS

ROLE = "arn:aws:iam::123456789012:role/path/FinOpsGuardReader"


def test_an_empty_environment_is_the_defaults() -> None:
    settings = Settings.from_env({})
    assert not settings.use_mock_data, "nobody may take mock data for their own by leaving a variable out"
    assert (settings.language, settings.time_zone, settings.cost_metric) == ("es", "UTC", "UnblendedCost")
    assert settings.accounts_per_fetch == 100
    assert settings.max_missing_percent == 10
    assert settings.webhook_allowed_hosts == WORKFLOWS_HOSTS


def test_an_empty_variable_is_its_default() -> None:
    assert Settings.from_env({"FINOPSGUARD_ACCOUNTS_PER_FETCH": " "}).accounts_per_fetch == 100


def test_lists_may_be_separated_by_commas_spaces_or_lines() -> None:
    settings = Settings.from_env(
        {
            "FINOPSGUARD_INCLUDE_ACCOUNTS": "111111111111, 222222222222\n111111111111",
            "FINOPSGUARD_ACCOUNT_ROLE_ARNS": ROLE,
        }
    )
    assert settings.include_accounts == ("111111111111", "222222222222")
    assert settings.account_role_arns == (ROLE,)


def test_names_of_services_have_spaces_and_are_separated_by_commas_or_lines() -> None:
    text = "EC2 - Other,Amazon Elastic  Compute Cloud - Compute,\n AWS Cost Explorer ,,EC2 - Other"
    assert Settings.from_env({"FINOPSGUARD_UNJUDGED_SERVICES": text}).unjudged_services == (
        "EC2 - Other",
        "Amazon Elastic Compute Cloud - Compute",
        "AWS Cost Explorer",
    )


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes"])
def test_truth_has_some_spellings(value: str) -> None:
    assert Settings.from_env({"FINOPSGUARD_USE_MOCK_DATA": value}).use_mock_data


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("FINOPSGUARD_USE_MOCK_DATA", "si", "use true or false"),
        ("FINOPSGUARD_LANGUAGE", "fr", "use es or en"),
        ("FINOPSGUARD_TIMEZONE", "Madrid", "IANA name such as Europe/Madrid"),
        ("FINOPSGUARD_TIMEZONE", "../etc/passwd", "IANA name"),
        ("FINOPSGUARD_COST_METRIC", "unblended", "UnblendedCost, AmortizedCost"),
        ("FINOPSGUARD_ACCOUNTS_PER_FETCH", "0", "from 1 to 100"),
        ("FINOPSGUARD_ACCOUNTS_PER_FETCH", "1.5", "from 1 to 100"),
        ("FINOPSGUARD_ACCOUNTS_PER_FETCH", "٣", "from 1 to 100"),
        ("FINOPSGUARD_MAX_CONCURRENCY", "6", "from 1 to 5"),
        ("FINOPSGUARD_HISTORY_DAYS", "10", "from 45 to 365"),
        ("FINOPSGUARD_MAX_MISSING_PERCENT", "-1", "from 0 to 100"),
        ("FINOPSGUARD_MAX_MISSING_PERCENT", "NaN", "from 0 to 100"),
        ("FINOPSGUARD_MAX_MISSING_PERCENT", "ten", "from 0 to 100"),
        ("FINOPSGUARD_INCLUDE_ACCOUNTS", "12345", "12-digit account ids"),
        ("FINOPSGUARD_EXCLUDE_OUS", "production", "ids such as ou-"),
        ("FINOPSGUARD_ACCOUNT_ROLE_ARNS", "FinOpsGuardReader", "IAM role ARNs"),
        ("FINOPSGUARD_ORGANIZATION_ROLE_ARN", "reader", "IAM role ARN"),
        ("FINOPSGUARD_SENSITIVITY", "0.69", "use a number from 0.7 to 2"),
        ("FINOPSGUARD_SENSITIVITY", "2.1", "use a number from 0.7 to 2"),
        ("FINOPSGUARD_SENSITIVITY", "high", "use a number from 0.7 to 2"),
        ("FINOPSGUARD_QUIET_DAYS", "0", "from 1 to 60"),
        ("FINOPSGUARD_UNJUDGED_SERVICES", "Amazon S3, Amazon\x1b EC2", "as Cost Explorer writes them"),
        ("FINOPSGUARD_UNJUDGED_SERVICES", "x" * 201, "as Cost Explorer writes them"),
        ("FINOPSGUARD_CHANNEL_NAME", "Cost reports", "use up to 32 of a-z, 0-9 and -"),
        ("FINOPSGUARD_CHANNEL_NAME", "a/b", "use up to 32 of a-z, 0-9 and -"),
        ("FINOPSGUARD_CHANNEL_NAME", "x" * 33, "use up to 32 of a-z, 0-9 and -"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_what_to_write(name: str, value: str, remedy: str) -> None:
    with pytest.raises(InvalidConfiguration, match=name) as raised:
        Settings.from_env({name: value})
    assert remedy in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_webhook_is_never_shown() -> None:
    settings = Settings.from_env({"TEAMS_WEBHOOK_URL": "https://x.logic.azure.com/?sig=s3cret"})
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in f"{settings}"


def test_amounts_are_exact() -> None:
    assert Settings.from_env({"FINOPSGUARD_ANOMALY_MIN_IMPACT": "12.35"}).anomaly_min_impact == Decimal(
        "12.35"
    )


def test_the_whole_is_its_parts_and_every_variable_has_a_reader() -> None:
    """A field is named as its variable in the table; the class of everything has them all."""
    assert {each.name for each in fields(Settings)} == set(VARIABLES)
    parts = [
        each for each in vars(config).values() if isinstance(each, type) and issubclass(each, config.Part)
    ]
    assert {each.name for part in parts for each in fields(part)} == set(VARIABLES)


def test_a_part_reads_its_own_variables_and_no_other() -> None:
    wrong_elsewhere = {"FINOPSGUARD_LANGUAGE": "fr", "FINOPSGUARD_MAX_MISSING_PERCENT": "7"}
    assert config.AggregateSettings.from_env(wrong_elsewhere) == config.AggregateSettings(
        Decimal(7), Decimal(10)
    )


def test_budgets_are_amounts_a_month_by_scope() -> None:
    text = '{"organization": "120000.50", "ou-ab12-cdef3456": 30000, "r-ab12": 1.5, "123456789012": "5000"}'
    assert Settings.from_env({"FINOPSGUARD_BUDGETS": text}).budgets == {
        "organization": Decimal("120000.50"),
        "ou-ab12-cdef3456": Decimal(30000),
        "r-ab12": Decimal("1.5"),
        "123456789012": Decimal(5000),
    }


@pytest.mark.parametrize(
    "scope",
    ["tag:team=payments", "tag:cost center=a/b=c", "tag:équipe=señal", "tag:" + "k" * 128 + "=" + "v" * 256],
)
def test_a_budget_may_be_of_the_accounts_with_a_tag(scope: str) -> None:
    assert Settings.from_env({"FINOPSGUARD_BUDGETS": f'{{"{scope}": "5"}}'}).budgets == {scope: Decimal(5)}


@pytest.mark.parametrize(
    "scope",
    [
        "tag:",
        "tag:team",
        "tag:team=",
        "tag:=payments",
        "tag:te{am=x",
        "Tag:team=x",
        "tag:" + "k" * 129 + "=v",
    ],
)
def test_a_tag_that_aws_cannot_have_is_named(scope: str) -> None:
    with pytest.raises(InvalidConfiguration, match="tag:team=payments"):
        Settings.from_env({"FINOPSGUARD_BUDGETS": f'{{"{scope}": "5"}}'})


def test_the_tag_of_owners_is_a_key() -> None:
    assert Settings.from_env({"FINOPSGUARD_OWNER_TAG": "cost center"}).owner_tag == "cost center"
    assert Settings.from_env({}).owner_tag is None
    with pytest.raises(InvalidConfiguration, match="FINOPSGUARD_OWNER_TAG"):
        Settings.from_env({"FINOPSGUARD_OWNER_TAG": "team=payments"})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("organization=5", "is no JSON"),
        ("[1]", "is no JSON object"),
        ("[" * 100_000, "is no JSON"),
        ('{"total": 5}', "has a budget for 'total'; use organization"),
        ('{"١٢٣٤٥٦٧٨٩٠١٢": 5}', "has a budget for"),
        ('{"organization": 5, "organization": 6}', "has 'organization' twice"),
        ('{"organization": "ten"}', "has 'ten' for organization"),
        ('{"organization": 0}', "has '0' for organization"),
        ('{"organization": -1}', "has '-1' for organization"),
        ('{"organization": "NaN"}', "has 'NaN' for organization"),
        ('{"organization": NaN}', "for organization"),
        ('{"organization": true}', "for organization"),
        ('{"organization": null}', "for organization"),
        ('{"organization": {"a": 1}}', "for organization"),
        ('{"organization": "1e99"}', "has '1e99' for organization"),
        ('{"organization": "٥"}', "for organization"),
    ],
)
def test_a_budget_that_is_none_is_named(text: str, wrong: str) -> None:
    with pytest.raises(InvalidConfiguration, match="FINOPSGUARD_BUDGETS") as error:
        Settings.from_env({"FINOPSGUARD_BUDGETS": text})
    assert wrong in str(error.value)
