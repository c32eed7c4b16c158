"""What all rooms know of money."""

from __future__ import annotations

from decimal import Decimal

CENT = Decimal("0.01")
"""The smallest amount that is shown, in any currency that Cost Explorer bills in; less is rounding."""
