"""How much of a file is read: it may be anybody's, and a megabyte of Parquet can hold a thousand million rows."""

from __future__ import annotations

MOST_ROWS = 20_000_000
"""Of Parquet, told by its footers before anything is read: 10,000 accounts with 20 services over 98 days."""
MOST_AMOUNTS = 100_000_000
"""10,000 accounts with 20 services over a year are 73 million; these take 800 MB."""
MOST_HISTORY = 3_660
"""Days from the first to the last."""
MOST_SECONDS = 60.0
INTERRUPT_AGAIN = 0.1
MEMORY = "1GB"
"""Of the database; what it has no room for goes to the disk. The process needs as much again for Python and numpy."""
DISK = "4GB"
MOST_UNPACKED = 4 * 1024**3
"""Bytes that are laid down on the disk: an archive's files, and standard input."""
MOST_WHOLE = 64 * 1024**2
"""Bytes of a file that is read whole: 10,000 accounts across and 365 days down, or 400,000 groups of an answer."""
MOST_FILES = 10_000
MOST_BROKEN = 100_000
"""Lines of a file that are no rows at all, kept to say which they are."""
MOST_REJECTED = 0.05
"""Of the rows of usage. A slip of a hand is in a row or two; where one in twenty cannot be read, the file is not what
it is taken for, and the weeks that fill a gap have gaps themselves.
"""
SMALLER = "Give a file of fewer accounts or days, with only the columns date, account_id, service and cost."
