"""What people see: the card, the failure card, the report page, the text; one formatter for all of them."""
