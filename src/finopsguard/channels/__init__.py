"""How a report is shown and sent: what was delivered where, and one folder for each kind of channel."""
