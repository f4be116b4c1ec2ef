#!/usr/bin/env bash
# Judges the simulation of a cluster by the bugs that it finds: see tests/simulation/mutants.sh.
MUTANTS_ROOM=tests/simulation_cluster MUTANTS_PROGRAM=simulation-cluster exec "$(dirname "$0")/../simulation/mutants.sh" "$@"
