"""The history: what is held of each day's costs, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class DayReading:
    """A day was read at that time for the accounts of the list with that number (`HeldMonth.lists`)."""

    accounts: int
    at: datetime


@dataclass(frozen=True)
class HeldDay:
    """The readings of a day, of which no two have an account in common.

    `billed` is what the payer was billed for the day, whoever's it was, when it was read last; None: that is not known.
    """

    date: date
    readings: tuple[DayReading, ...]
    billed: Decimal | None = None


@dataclass(frozen=True)
class HeldMonth:
    """What a month of the history holds: the note of its object. A day that is not named is not held.

    `lists` are lists of account ids, sorted.
    """

    lists: tuple[tuple[str, ...], ...]
    days: tuple[HeldDay, ...]


@dataclass(frozen=True)
class SliceRead:
    """What came of reading a slice of a batch's days: the note of its object.

    `incomplete` are accounts that could not be read whole, each with what is wrong; `unnamed`: it has large charges of
    which it could not be read what they are for.
    """

    rows: int
    total: Decimal
    incomplete: dict[str, str]
    unnamed: bool = False


@dataclass(frozen=True)
class ExportRead:
    """What was read of a billing period of a data export: the note of its object.

    `regions`: whether its usage has Regions; None where it was read by a release that did not look for them.
    """

    files: int
    bytes: int
    lines: int
    groups: int
    regions: bool | None = None


@dataclass(frozen=True)
class KeptUsage:
    """Where the usage of a billing period is kept: the note of the object with its products' names.

    `parts` are the keys of files, by the part that an account is in. `lacking`: why there is none.
    """

    parts: dict[str, tuple[str, ...]]
    lacking: str | None = None
