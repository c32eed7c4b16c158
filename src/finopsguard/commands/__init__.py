"""The subcommands of `finopsguard`, one module each; cli.py puts them together."""
