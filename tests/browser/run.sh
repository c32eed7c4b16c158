#!/bin/sh
# Cards and pages in a real browser: installs what is missing, makes every case, runs all tests.
# Needs Node 20+ and, for Chromium, root on Debian or CHROMIUM=/path/to/chromium. Nothing of it reaches the network but npm ci.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
export BROWSER_CASES="${BROWSER_CASES:-$root/build/browser}"

chromium=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$chromium" ]; then
    { apt-get update -q >/dev/null && apt-get install -y -q chromium fonts-open-sans >/dev/null; } || {
        echo "Chromium is missing: install it (apt-get install chromium fonts-open-sans) or set CHROMIUM to its path." >&2
        exit 2
    }
fi
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
    (cd "$here" && npm ci --ignore-scripts --silent && cp package-lock.json node_modules/.installed)
fi
rm -rf "$BROWSER_CASES"
"$python" "$here/make_cases.py" "$BROWSER_CASES"
if [ "${1:-}" = "--shots" ]; then
    exec node "$here/shots.mjs" "$root/docs/images"
fi
exec node --test --test-concurrency=1 "$here"/*.test.mjs
