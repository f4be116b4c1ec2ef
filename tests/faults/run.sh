#!/bin/bash
# `make faults`: deaths, power cuts, failing disks, damaged files and hostile clients against a real node.
#   CYCLES=200 (kill -9)  CUTS=50 (power cuts)  FAILOVERS=200 (members of a cluster)  SEED=n;  arguments: parts of the names
#   of cases. `failover` and `cluster` are all that needs several nodes; they are asked for by name.
# Needs build/release; root for what mounts file systems (skipped, loudly, without).
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${TROUPE_BUILD:-build/release}
[ -x "$build/tests/faults/faults-writer" ] || { echo "faults: $build is not built: run make build" >&2; exit 2; }
command -v kcat > /dev/null || { echo "faults: kcat is missing: apt-get install kcat" >&2; exit 2; }
export TROUPE_FAULTS_PROGRAMS="$PWD/$build/tests/faults" TROUPE_BIN="${TROUPE_BIN:-$PWD/$build/troupe}"
exec python3 tests/faults/faults.py "$@"
