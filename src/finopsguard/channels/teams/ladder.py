"""The shorter and shorter forms of a card."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """One rung of the ladder: how much of each part the card shows."""

    anomalies: int = 4
    accounts: int = 8
    movers: int = 3
    resolved: int = 2
    charges: int = 3
    budgets: int = 3
    pictures: bool = True
    causes: bool = True
    who: bool = True


# Each rung drops what a reader misses least: it is all on the page and in report.json. An anomaly keeps its cause while
# others are dropped: one that is explained says more than two that are not. What needs a check is never dropped.
LADDER = (
    Form(),
    Form(anomalies=3, accounts=6),
    Form(anomalies=3, accounts=4, resolved=1),
    Form(anomalies=3, accounts=3, resolved=0, charges=2, movers=2, budgets=2),
    Form(anomalies=3, accounts=0, resolved=0, charges=2, movers=2, budgets=2),
    Form(anomalies=2, accounts=0, resolved=0, charges=2, movers=2, budgets=2),
    Form(anomalies=2, accounts=0, resolved=0, charges=2, movers=0, budgets=2),
    Form(anomalies=1, accounts=0, resolved=0, charges=1, movers=0, budgets=1),
    Form(anomalies=1, accounts=0, resolved=0, charges=1, movers=0, budgets=0, pictures=False),
    Form(anomalies=1, accounts=0, resolved=0, charges=1, movers=0, budgets=0, pictures=False, who=False),
    Form(
        anomalies=1,
        accounts=0,
        resolved=0,
        charges=1,
        movers=0,
        budgets=0,
        pictures=False,
        who=False,
        causes=False,
    ),
)
