"""DetectAnomalies: judges the newest days."""

from finopsguard.runtime import step
from finopsguard.steps import detect_anomalies

handler = step(detect_anomalies.run)
