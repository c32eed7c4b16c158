"""Why an incident's cost is another: what was billed on its days, by usage type and Region, against what was before.

Pure. `explain` finds the causes of one incident; `renamed` pairs incidents that are one service under two names.
docs/causes.md has the rules and their limits.
"""

from finopsguard.incidents.causes.explaining import explain
from finopsguard.incidents.causes.held import BASELINE_DAYS, baseline
from finopsguard.incidents.causes.ranking import OTHERS
from finopsguard.incidents.causes.renamed import Renamed, counted_on, renamed, together

__all__ = ["BASELINE_DAYS", "OTHERS", "Renamed", "baseline", "counted_on", "explain", "renamed", "together"]
