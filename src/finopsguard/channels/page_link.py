"""The button that leads from a card to the report page in the bucket.

A presigned link opens the page for whoever has it, until it ends: by its hours or with the credentials that signed it,
whichever comes first (documented by AWS). A console link opens it for who may sign in and read the object, at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from finopsguard.config import CardSettings
from finopsguard.ports import Store
from finopsguard.report import links


@dataclass(frozen=True)
class PageButton:
    """What the button says, a message of report/messages, and where it leads."""

    words: str
    url: str


def to_page(store: Store, key: str, settings: CardSettings) -> PageButton | None:
    """The button for the page at `key`; None where the settings want none, or the page has no address."""
    url = None
    if settings.page_link == "presigned":
        url = store.page_link(key, timedelta(hours=settings.page_link_hours))
    elif settings.page_link == "console":
        url = links.object_page(store.place(key))
    return PageButton(_WORDS[settings.page_link], url) if url else None


_WORDS = {"presigned": "button.page", "console": "button.page_in_aws"}
