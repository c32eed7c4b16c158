"""Who: the Organization, its units and accounts, and which of them a report covers."""
