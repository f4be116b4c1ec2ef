#!/bin/bash
# `make compare`: Troupe, Apache Kafka and a broker that keeps nothing under the same load; rewrites docs/performance.md.
#   ROWS=produce,latency-1k RUNS=5 RUN_SECONDS=8 SYSTEMS=kafka,null,troupe   choose a part
# Needs build/release (made by `make build`), Java and Maven (Debian: openjdk-17-jre-headless maven).
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath -m "${TROUPE_BUILD:-build/release}")
for program in java mvn; do
  command -v "$program" > /dev/null || { echo "compare: $program is missing: apt-get install openjdk-17-jre-headless maven" >&2; exit 2; }
done
[ -x "$build/tests/compare/compare-load" ] || { echo "compare: $build is not built: run make build" >&2; exit 2; }
export TROUPE_COMPARE_PROGRAMS="$build/tests/compare" TROUPE_BIN="${TROUPE_BIN:-$build/troupe}"
exec python3 tests/compare/compare.py "$@"
