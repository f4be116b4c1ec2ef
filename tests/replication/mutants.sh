#!/usr/bin/env bash
# Judges the random runs of the replicas' cores by the bugs that they find: see scripts/mutants/room.sh.
cd "$(dirname "$0")" || exit 1
judge="random runs of the replicas' cores"
target=test-replication
arguments=(-n -v 4 -r 3600 -s '^replica_runs$' -t '^no trouble')
export TROUPE_SEEDS=10000
source ../../scripts/mutants/room.sh
