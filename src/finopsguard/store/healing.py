"""What becomes of an object in the store that is missing or cannot be read: one of these, for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Damaged = Literal[
    "written anew",
    "read again",
    "bought again",
    "reduced again",
    "done without",
    "passed over",
    "begun anew",
    "made out",
    "left out",
    "not named",
    "told again",
    "not kept",
    "asked",
    "decided anew",
    "only there",
    "put right",
]
"""What becomes of an object that is missing or cannot be read; HEALING says it in words."""

HEALING: Mapping[Damaged, str] = {
    "written anew": "The step that needs it fails and names it. Run the report again from its first step, which writes"
    " it anew and pays for no costs again",
    "read again": "FetchCosts reads the batch again; AggregateCosts, which cannot, fails and names it. Run the report"
    " again from its first step",
    "bought again": "The state before it counts, and ResolveAccounts has the days read again that it does not have;"
    " AggregateCosts, which cannot, fails and names it. Run the report again from its first step",
    "reduced again": "The billing period is read from the export again, and it is written anew",
    "done without": "Its pages are paid, and no more is asked for: the report goes out without the causes, and says so",
    "passed over": "The others of its kind are read, and the report says that one is not",
    "begun anew": "The report compares with nothing and says so; the next one has a record again",
    "made out": "Its days follow from its name and the record before it, and the report says so",
    "left out": "The card is posted; later readings are not held to what it told",
    "not named": "The next report does not name that failure; its alert did",
    "told again": "The card is posted; the next report tells it again",
    "not kept": "The card is posted; `finopsguard incidents` lacks what it told, and names the record",
    "asked": "It may have been a post: nothing is posted, and the error says where to look and how to answer",
    "decided anew": "It holds nobody up: the next decision about its attempt replaces it",
    "only there": "That it is there is all that counts; nobody reads what is in it",
    "put right": "No report is made, and the error says what is wrong. Put the file right with"
    " `finopsguard routes put`, then redrive",
}

FROM_THE_FIRST_STEP = (
    "Run the report again from its first step (a new execution, no redrive): it is written anew, and costs that were"
    " read are not paid again."
)
"""What to do about what a step left for another."""
