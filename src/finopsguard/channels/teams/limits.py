"""What Teams takes, as data: whoever builds or posts a message asks here."""

MAX_MESSAGE_BYTES = 20_000
"""Teams counts more than the bytes that are sent (24,453 counted as 28,897 of 28,672), so we stay well below."""
