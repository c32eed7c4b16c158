"""Worlds cut by Region: what is new in one, what one hides from the sums of accounts, and what is no news at all."""
