"""What an owner's report says of itself: whose accounts it has, who came and went, and what its channel is not told."""

from __future__ import annotations

from finopsguard.report.untrusted import plain
from finopsguard.report.words import WORD, Words


def title(words: Words, key: str) -> str:
    """The report's title, with the channel's name where it is an owner's."""
    whole, part = words.t(key), words.report.part
    return words.t("title.part", title=whole, channel=plain(part.channel)) if part else whole


def notes(words: Words) -> list[str]:
    """Nothing for the report of the whole Organization."""
    part = words.report.part
    if part is None:
        return []
    n, said = words.n, []
    if part.joined:
        named = [words.account_name(each, words.name_of_account(each), WORD) for each in part.joined]
        said.append(
            words.t("part.joined", n=len(named), count=n.count(len(named)), names=words.first_of(named))
        )
    if part.left:
        said.append(words.t("part.left", n=part.left, count=n.count(part.left)))
    if part.below:
        amount = n.money(part.least_usd)
        said.append(words.t("part.below", n=part.below, count=n.count(part.below), amount=amount))
    return [*said, words.t("part.whose")]
