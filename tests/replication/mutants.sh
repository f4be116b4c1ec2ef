#!/usr/bin/env bash
# Judges the simulation of replicas by the bugs that it finds: each patch in mutants/ puts one back in, and must be found.
# Usage: mutants.sh, or mutants.sh --check: whether every patch still applies.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

if [[ ${1:-} == --check ]]; then
  for patch in tests/replication/mutants/*.patch; do
    patch -p1 -s --dry-run -i "$patch" || { echo "mutants: $patch does not apply any more" >&2; exit 1; }
  done
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/runtime" "$work/tests"
cp -r runtime/base runtime/replication "$work/runtime"
cp -r tests/replication tests/main.cpp "$work/tests"
cd "$work"

compile() {
  "${CXX:-c++}" -std=c++20 -O1 -I. -c "$1" -o "${1//\//_}.o"
}

# Builds what is newer than its object, and runs the simulation alone.
run() {
  for source in "$@"; do
    compile "$source"
  done
  "${CXX:-c++}" ./*.o -lcaf_core -lisal -lcrypto -o simulation
  REPLICA_SEEDS=10000 timeout 300 ./simulation -n -v 4 -s '^replica_runs$' > log 2>&1
}

if ! run runtime/base/*.cpp runtime/replication/*.cpp tests/main.cpp \
  tests/replication/{model_controller,replica_checks,replica_cluster,replica_runs}.cpp; then
  tail -n 20 log >&2
  echo "mutants: the simulation finds fault with the tree as it is" >&2
  exit 1
fi

failed=0
stale=()
here=$root/tests/replication
for patch in "$here"/mutants/*.patch; do
  patch -p1 -s -i "$patch"
  name=$(basename "$patch" .patch)
  touched=($(sed -n 's,^+++ b/,,p' "$patch"))
  if [[ ${touched[*]} == *.hpp* ]]; then
    touched=(runtime/replication/leader_*.cpp tests/replication/replica_{checks,cluster,runs}.cpp)
  fi
  if run $(printf '%s\n' "${touched[@]}" "${stale[@]}" | sort -u); then
    failed=1
    printf '%-40s %s\n' "$name" "NOT FOUND"
  else
    printf '%-40s %s\n' "$name" "$(grep -o -m 1 'seed [0-9]*: .*' log || tail -n 1 log)"
  fi
  patch -p1 -s -R -i "$patch"
  stale=("${touched[@]}")
done
exit $failed
