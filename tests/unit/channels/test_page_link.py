"""The button to the report page: nothing is signed unless the settings say so, and no page is no button."""

from __future__ import annotations

from datetime import timedelta

import pytest

from finopsguard.channels.page_link import PageButton, to_page
from finopsguard.config import CardSettings, Settings
from finopsguard.errors import InvalidConfiguration
from finopsguard.models.run import PageLink
from finopsguard.ports import Place
from finopsguard.store.memory import MemoryStore

KEY = "runs/weekly-2026-11-16/report.html"


class InAws(MemoryStore):
    """A store with both kinds of address."""

    def page_link(self, key: str, lifetime: timedelta) -> str | None:
        return f"https://signed/{key}?for={lifetime}"

    def place(self, key: str) -> Place | None:
        return Place("aws", "eu-west-1", "reports", key)


def button(way: PageLink, store: MemoryStore) -> PageButton | None:
    return to_page(store, KEY, CardSettings("teams", way, 8, None))


def test_each_way_has_its_words() -> None:
    assert button("none", InAws()) is None
    assert button("presigned", InAws()) == PageButton("button.page", f"https://signed/{KEY}?for=8:00:00")
    console = button("console", InAws())
    assert console is not None
    assert console.words == "button.page_in_aws"
    assert console.url.startswith("https://eu-west-1.console.aws.amazon.com/s3/object/reports?")


@pytest.mark.parametrize("way", ["presigned", "console"])
def test_a_page_on_this_machine_has_no_button(way: PageLink) -> None:
    assert button(way, MemoryStore()) is None


def test_the_default_asks_the_reader_to_sign_in() -> None:
    assert CardSettings.from_env({}).page_link == "console"


def test_a_presigned_link_ends_on_the_day_it_was_made() -> None:
    """A role's session lasts twelve hours at most (documented by AWS), and the link with it."""
    assert CardSettings.from_env({"FINOPSGUARD_PAGE_LINK_HOURS": "12"}).page_link_hours == 12
    for hours in ("0", "13", "168"):
        with pytest.raises(InvalidConfiguration, match="from 1 to 12"):
            Settings.from_env({"FINOPSGUARD_PAGE_LINK_HOURS": hours})
    with pytest.raises(InvalidConfiguration, match="use none, presigned or console"):
        Settings.from_env({"FINOPSGUARD_PAGE_LINK": "public"})
