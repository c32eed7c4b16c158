"""FinOps Guard: daily and weekly AWS cost reports with anomaly detection, in one Microsoft Teams card."""
