#!/usr/bin/env bash
# Judges the simulation by the bugs that it finds: each patch in mutants/ puts one back in; in how many seeds is it seen?
# Usage: mutants.sh [seeds], or mutants.sh --check: whether every patch still applies. Fails if a mutant is not found at all, or if the unchanged tree is found fault with.
# Another room's: MUTANTS_ROOM=tests/simulation_cluster MUTANTS_PROGRAM=simulation-cluster. There each mutant's run ends with the
# first seed that finds it, and the table says how many seeds that took.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
room=${MUTANTS_ROOM:-tests/simulation}
program=${MUTANTS_PROGRAM:-simulation}

if [[ ${1:-} == --check ]]; then
  for patch in "$room"/mutants/*.patch; do
    patch -p1 -s --dry-run -i "$patch" || { echo "mutants: $patch does not apply any more" >&2; exit 1; }
  done
  exit 0
fi
seeds=${1:-200}
jobs=$(nproc)
patches=("$room"/mutants/*.patch)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
log=$work/log

mkdir -p "$tree"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$tree"

configure() {
  local launcher=()
  if command -v ccache > /dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  cmake -S "$tree" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 "${launcher[@]}"
}

build() {
  cmake --build "$work/build" -j "$jobs" --target "$program"
}

# Sets `found` to the number of seeds in which something is wrong, out of so many `runs`.
run() {
  local enough=$seeds
  [[ $room == tests/simulation ]] || enough=1
  "$work/build/$room/$program" --seeds "1-$seeds" -j "$jobs" --failures "$enough" > "$log" 2>&1 || true
  local line
  line=$(tail -n 1 "$log")
  if [[ ! $line =~ ^seeds\ 1-$seeds:\ ([0-9]+)\ run,\ ([0-9]+)\ good ]]; then
    tail -n 5 "$log" >&2
    return 1
  fi
  runs=${BASH_REMATCH[1]}
  found=$((BASH_REMATCH[1] - BASH_REMATCH[2]))
}

quietly() {
  "$@" > "$log" 2>&1 || { tail -n 30 "$log" >&2; echo "mutants: $* failed" >&2; return 1; }
}

quietly configure
quietly build
run
if ((found > 0)); then
  cat "$log" >&2
  echo "mutants: the simulation finds fault with the tree as it is" >&2
  exit 1
fi

failed=0
printf '%-42s %s\n' "mutant" "found in so many seeds, of so many"
for patch in "${patches[@]}"; do
  quietly patch -d "$tree" -p1 -s -i "$root/$patch"
  quietly build
  run
  quietly patch -d "$tree" -p1 -s -R -i "$root/$patch"
  name=$(basename "$patch" .patch)
  if ((found == 0)); then
    failed=1
    printf '%-42s %s\n' "$name" "NOT FOUND"
  else
    printf '%-42s %d of %d: %s\n' "$name" "$found" "$runs" "$(grep -m 1 -o '^seed .*' "$log" | cut -c 1-100)"
  fi
done
exit $failed
