#!/bin/bash
# `make dashboard`: the node's dashboard in Chromium without a window. Arguments: parts of cases' names.
set -euo pipefail
cd "$(dirname "$0")/../.."
export TROUPE_BIN="${TROUPE_BIN:-$PWD/${TROUPE_BUILD:-build/release}/troupe}"
exec python3 tests/dashboard/dashboard_test.py "$@"
