#!/bin/bash
# Builds the fuzz targets with clang, AddressSanitizer and UndefinedBehaviorSanitizer, and runs each from its corpus,
# two at a time. Fails on the first finding of any of them; what was found lies in build/fuzz/findings.
#
#   tests/fuzz/run.sh [SECONDS [TARGET...]]      30 seconds for each, all targets
#   FUZZ_SEED=1 tests/fuzz/run.sh                the same way each time, as far as time allows; else at random
#
# Needs clang and libclang-rt-14-dev. New inputs that reach new code are kept in build/fuzz/corpus, not in the tree.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-30}
shift $(($# > 0 ? 1 : 0))
build=build/fuzz

launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTROUPE_FUZZ=ON \
  -DTROUPE_SANITIZE=address,undefined -DCMAKE_CXX_FLAGS=-Wno-unknown-warning-option "${launcher[@]}" >/dev/null
ninja -C "$build" -j "${FUZZ_JOBS:-2}" fuzzers

targets=("$@")
if [ ${#targets[@]} = 0 ]; then
  for program in "$build/tests/fuzz"/fuzz-*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    targets+=("${program##*/fuzz-}")
  done
fi

# Leaves a line of summary in findings/TARGET/summary, and the exit status.
run_one() {
  local name=$1 found=$build/findings/$1 status=0
  rm -rf "$found"
  mkdir -p "$found" "$build/corpus/$name"
  local corpora=("$build/corpus/$name")
  [ -d "tests/fuzz/corpus/$name" ] && corpora+=("tests/fuzz/corpus/$name")
  "$build/tests/fuzz/fuzz-$name" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -timeout=10 -rss_limit_mb=2048 -max_len=16384 \
    -print_final_stats=1 -artifact_prefix="$found/" "${corpora[@]}" >"$found/log" 2>&1 || status=$?
  local runs cover
  runs=$(sed -n 's/^stat::number_of_executed_units: //p' "$found/log")
  cover=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$found/log" | tail -1)
  printf '%-8s %-20s %12s runs  %6s edges  exit %s\n' "$([ $status = 0 ] && echo ok || echo FOUND)" "$name" \
    "${runs:-?}" "${cover:-?}" "$status" >"$found/summary"
  return $status
}

failed=()
running=()
collect() {
  local name=${running[0]%%:*} pid=${running[0]##*:}
  wait "$pid" || failed+=("$name")
  running=("${running[@]:1}")
}
for name in "${targets[@]}"; do
  [ ${#running[@]} -lt 2 ] || collect
  run_one "$name" &
  running+=("$name:$!")
done
while [ ${#running[@]} -gt 0 ]; do
  collect
done

for name in "${failed[@]}"; do
  echo "--- $name: the end of $build/findings/$name/log"
  tail -40 "$build/findings/$name/log"
done
echo "fuzz: $seconds s for each of ${#targets[@]} targets"
for name in "${targets[@]}"; do
  cat "$build/findings/$name/summary"
done
[ ${#failed[@]} = 0 ]
