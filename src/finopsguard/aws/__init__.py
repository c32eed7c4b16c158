"""Adapters to AWS: the only place with boto3 beside costs/cost_explorer.py."""
