"""Engines that run the state machine: in this process (embedded) or deployed (aws)."""
