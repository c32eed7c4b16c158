"""AWS's own words, as far as people and logs may have them."""

from __future__ import annotations

import re

# Who signs in by IAM Identity Center has an e-mail address as the name of the session (AWS), and AWS names the session
# that it refuses. The role before it says enough.
_PERSON = re.compile(r"(?<=:assumed-role/)([^/\s]+/)\S+|[^\s\"'(),/:;<=>\[\]]+@[^\s\"'(),/:;<=>\[\]]+")


def name_a_person(words: str) -> bool:
    """True if the words have the name of a session or an e-mail address."""
    return _PERSON.search(words) is not None


def one_line(words: str) -> str:
    """Short enough for a card, and without the name of a person."""
    line = _PERSON.sub(lambda found: f"{found[1] or ''}...", " ".join(words.split()))
    return line if len(line) <= 240 else line[:237] + "..."
