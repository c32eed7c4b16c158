"""What a month will have cost at its end: pure, no store, no clock, no settings."""
