#!/usr/bin/env bash
# Judges the model of a cluster around the controller by the bugs that it finds: see scripts/mutants/room.sh.
cd "$(dirname "$0")" || exit 1
judge="random model of a cluster"
target=test-metadata
arguments=(-n -v 4 -r 3600 -s '^cluster$' -t '^whatever happens')
export TROUPE_SEEDS=2000
source ../../scripts/mutants/room.sh
