"""FinOps Guard: daily, weekly and monthly AWS cost reports with anomaly detection, in one Microsoft Teams card."""
