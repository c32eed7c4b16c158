"""Microsoft Teams: the card, the failure card, the webhook; the only place that speaks HTTP."""
