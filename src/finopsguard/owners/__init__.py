"""An owner's part of a report: whose each account is, and the report made of these accounts alone."""
