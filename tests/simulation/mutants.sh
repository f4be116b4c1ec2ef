#!/usr/bin/env bash
# Judges the simulation of a node by the bugs that it finds: see scripts/mutants/room.sh.
cd "$(dirname "$0")" || exit 1
judge="simulation of a node"
target=simulation
arguments=(--seeds 1-1000 --failures 1 --timeout 300 -j "${JOBS:-$(nproc)}")
source ../../scripts/mutants/room.sh
