"""What Teams takes and a phone shows, as data: whoever builds or posts a message asks here."""

MAX_MESSAGE_BYTES = 20_000
"""Teams counts more than the bytes that are sent (24,453 counted as 28,897 of 28,672), so we stay well below."""

MAX_FAILURE_BYTES = 4_096
"""A failure card is read at once or not at all: its cause is shortened until it fits."""

MAX_CARD_HEIGHT = 1_530
"""Pixels on a phone, as `phone.py` estimates them; measured cards must stay under 1,600 (tests/browser)."""

MAX_BUTTONS = 3
"""More do not fit side by side on a phone; the first ones are kept."""
