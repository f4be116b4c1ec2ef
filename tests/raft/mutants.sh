#!/usr/bin/env bash
# Judges the random runs of the consensus core by the bugs that they find: see scripts/mutants/room.sh.
cd "$(dirname "$0")" || exit 1
judge="random runs of the quorum's core"
target=test-raft
arguments=(-n -v 4 -r 3600 -s '^random_runs$' -t '^loss and')
export TROUPE_SEEDS=4000
source ../../scripts/mutants/room.sh
