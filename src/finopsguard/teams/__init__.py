"""Adapter to Microsoft Teams: the only place that speaks HTTP."""
