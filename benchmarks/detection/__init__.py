"""The detector's benchmark: labelled data, event-level metrics, methods side by side. `python -m
benchmarks.detection`.
"""
