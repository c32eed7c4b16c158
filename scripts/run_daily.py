"""Makes the daily report: the same as `finopsguard run --report daily`, and the container's command."""

import sys

from finopsguard.cli import main

if __name__ == "__main__":
    sys.exit(main(["run", "--report", "daily", *sys.argv[1:]]))
