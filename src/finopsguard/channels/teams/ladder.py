"""The shorter and shorter forms of a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from finopsguard import contracts
from finopsguard.channels.teams import limits, phone
from finopsguard.channels.teams.elements import Element, envelope
from finopsguard.errors import CardTooLarge

F = TypeVar("F")


@dataclass(frozen=True)
class Form:
    """One rung of the ladder: how much of each part the card shows.

    After the `anomalies` that are told, so many are `listed`: what it is and its dollars, in a row. Of the first
    `resources` and `who` of those that are told it shows the largest resources, and who acted.
    """

    anomalies: int = 4
    listed: int = 0
    accounts: int = 8
    movers: int = 3
    resolved: int = 2
    charges: int = 3
    budgets: int = 3
    record_types: bool = True
    pictures: bool = True
    causes: bool = True
    resources: int = 4
    who: int = 4


# Each rung drops what a reader misses least: it is all on the page and in report.json. An anomaly keeps its cause while
# others are only listed: one that is explained says more than two that are not. But resources, and who acted beyond the
# first, go before an anomaly that is told. What needs a check is never dropped.
LADDER = (
    Form(),
    Form(anomalies=3, accounts=6),
    Form(anomalies=3, accounts=4, resolved=1, resources=1),
    Form(anomalies=3, accounts=3, resolved=0, charges=2, movers=2, budgets=2, resources=0),
    Form(anomalies=3, accounts=0, resolved=0, charges=2, movers=2, budgets=2, resources=0, who=1),
    Form(anomalies=2, listed=1, accounts=0, resolved=0, charges=2, movers=2, budgets=2, resources=0, who=1),
    Form(anomalies=2, listed=1, accounts=0, resolved=0, charges=2, movers=0, budgets=2, resources=0, who=1),
    Form(
        anomalies=1,
        listed=2,
        accounts=0,
        resolved=0,
        charges=1,
        movers=0,
        budgets=1,
        record_types=False,
        resources=0,
        who=1,
    ),
    *(
        Form(
            anomalies=1,
            listed=listed,
            accounts=0,
            resolved=0,
            charges=0,
            movers=0,
            budgets=0,
            record_types=False,
            pictures=pictures,
            resources=0,
            who=who,
            causes=causes,
        )
        for listed, pictures, who, causes in (
            (2, True, 1, True),
            (2, False, 1, True),
            (2, False, 0, True),
            (0, False, 0, True),
            (0, False, 0, False),
        )
    ),
)


def fitting(forms: Sequence[F], drawn: Callable[[F], Element]) -> dict[str, Any]:
    """The body to post, with the first form of the card that fits; the last one may be too high for a phone.

    Raises CardTooLarge where even that has too many bytes.
    """
    size = 0
    for form in forms:
        card = drawn(form)
        made = envelope(card)
        size = len(contracts.encode(made))
        if size <= limits.MAX_MESSAGE_BYTES and (
            phone.height(card) <= limits.MAX_CARD_HEIGHT or form == forms[-1]
        ):
            return made
    raise CardTooLarge(
        f"The card has {size} bytes in its shortest form, Teams takes {limits.MAX_MESSAGE_BYTES}."
        " Report this as a bug."
    )
