"""Signed links by which a channel's readers answer an anomaly, and the page that they lead to."""
