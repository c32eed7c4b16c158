"""Makes the monthly report: the same as `finopsguard run --report monthly`."""

import sys

from finopsguard.cli import main

if __name__ == "__main__":
    sys.exit(main(["run", "--report", "monthly", *sys.argv[1:]]))
