#!/usr/bin/env bash
# Judges the simulation of a cluster by the bugs that it finds: see scripts/mutants/room.sh.
cd "$(dirname "$0")" || exit 1
judge="simulation of a cluster"
target=simulation-cluster
arguments=(--seeds 1-400 --failures 1 --timeout 300 -j "${JOBS:-$(nproc)}")
source ../../scripts/mutants/room.sh
