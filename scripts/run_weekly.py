"""Makes the weekly report: the same as `finopsguard run --report weekly`, and the container's command."""

import sys

from finopsguard.cli import main

if __name__ == "__main__":
    sys.exit(main(["run", "--report", "weekly", *sys.argv[1:]]))
