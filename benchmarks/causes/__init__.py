"""Labelled incidents of usage, and how often each method names their cause."""
