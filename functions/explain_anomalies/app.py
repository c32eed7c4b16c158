"""ExplainAnomalies: says why one incident costs what it costs."""

from finopsguard.runtime import step
from finopsguard.steps import explain_anomalies

handler = step(explain_anomalies.run)
