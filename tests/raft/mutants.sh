#!/usr/bin/env bash
# Judges the random runs of the consensus core by the bugs that they find: each patch in mutants/ puts one in. Prints what
# is found, and in which seed; fails if one is not found, or if fault is found with the tree as it is.
# Usage: mutants.sh [seeds], or mutants.sh --check: whether every patch still applies.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

if [[ ${1:-} == --check ]]; then
  for patch in tests/raft/mutants/*.patch; do
    patch -p1 -s --dry-run -i "$patch" || { echo "mutants: $patch does not apply any more" >&2; exit 1; }
  done
  exit 0
fi
export TROUPE_RAFT_SEEDS=${1:-4000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tree"
tar -c runtime/base runtime/raft tests/main.cpp tests/raft | tar -x -C "$work/tree"
cat > "$work/tree/CMakeLists.txt" << 'END'
cmake_minimum_required(VERSION 3.25)
project(raft_mutants LANGUAGES CXX)
file(GLOB sources runtime/base/*.cpp runtime/raft/*.cpp)
add_executable(runs ${sources} tests/main.cpp tests/raft/cluster.cpp tests/raft/random_runs.cpp)
target_compile_features(runs PRIVATE cxx_std_20)
target_include_directories(runs PRIVATE .)
target_link_libraries(runs PRIVATE caf_core isal pthread)
END

build() {
  local launcher=()
  if command -v ccache > /dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  { cmake -S "$work/tree" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release "${launcher[@]}" \
      && cmake --build "$work/build"; } > "$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; return 1; }
}

# Sets `found` to what the runs say, or to nothing.
run() {
  found=
  if ! { "$work/build/runs" -n -v 4 -r 600 -s '^random_runs$' -t '^loss and' > "$work/log" 2>&1; } 2> /dev/null; then
    found=$(grep -E 'seed [0-9]+:|CHECK' "$work/log" | head -n 1 | sed 's/^ *-> //; s/ \[line.*//')
    found=${found:-"the runs end with an error"}
  fi
}

build
run
if [[ -n $found ]]; then
  echo "mutants: fault is found with the tree as it is: $found" >&2
  exit 1
fi
failed=0
for patch in tests/raft/mutants/*.patch; do
  patch -d "$work/tree" -p1 -s -i "$root/$patch"
  build
  run
  patch -d "$work/tree" -p1 -s -R -i "$root/$patch"
  [[ -n $found ]] || failed=1
  printf '%-36s %s\n' "$(basename "$patch" .patch)" "${found:-NOT FOUND}"
done
exit $failed
