# What every tests/ROOM/mutants.sh does once it has said who judges; it is read by them, in the folder of the room.
#   judge      who finds the bugs, in words
#   target     the program, as the build names it
#   arguments  of the program: an array
# The program must end well with the tree as it is. Each patch in mutants/ puts one bug in; it counts as found only when the
# program then says in which seed something is wrong ("seed 17: ..."), not when it fails otherwise or does not end.
# With --check: only whether every patch still applies, exactly as it is.
# A patch begins with a sentence on its bug. "Listed: NAME" marks those that any simulation of a replicated log has to find.
# The rows of the table go to build/mutants/ROOM.tsv; see all.sh.
set -euo pipefail
here=$PWD
room=$(basename "$here")
root=$(cd ../.. && pwd)
limit_s=3000
apply=(patch -p1 -F0 -s --no-backup-if-mismatch)

if [[ ${1:-} == --check ]]; then
  for patch in mutants/*.patch; do
    "${apply[@]}" -d "$root" --dry-run -i "$here/$patch" || { echo "mutants: $patch does not apply as it is" >&2; exit 1; }
  done
  exit 0
fi

work=$root/build/mutants
tree=$work/tree
log=$work/log
rows=$work/$room.tsv
jobs=${JOBS:-$(nproc)}

# All files are new, so that nothing is left of a mutant that was being built when an earlier run was stopped.
copy_tree() {
  rm -rf "$tree"
  mkdir -p "$tree"
  tar -c -C "$root" --exclude=./build --exclude=./.git . | tar -x -m -C "$tree"
}

# As `make build` does, so that ccache knows most of it.
build() {
  (cd "$tree" && mkdir -p build && cmake --preset release -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache)" \
    && cmake --build --preset release -j "$jobs" --target "$target") > "$log" 2>&1
}

# Fails when something is wrong; `said` is what the program says of the first seed in which it is.
run() {
  said=
  local status=0
  { timeout "$limit_s" "$tree/build/release/tests/$room/$target" "${arguments[@]}" > "$log" 2>&1; } 2> /dev/null || status=$?
  ((status == 0)) || said=$(grep -oE 'seed [0-9]+: .*' "$log" | sort -k2,2n -s | head -n 1 | sed -E 's/ +\[line.*//') || true
  return $status
}

# One row: mutant, listed name, judge, first seed, verdict.
row() {
  local patch=$1 listed seed=$2 verdict=$3
  listed=$(sed -n '/^--- /q; s/^Listed: //p' "$patch")
  printf '%s\t%s\t%s\t%s\t%s\n' "$room/$(basename "$patch" .patch)" "${listed:--}" "$judge" "$seed" "$verdict" >> "$rows"
  echo "$(date +%T) $room/$(basename "$patch" .patch): $verdict${said:+: $said}" >&2
}

mkdir -p "$work"
: > "$rows"
copy_tree
build || { tail -n 30 "$log" >&2; echo "mutants: the tree as it is does not build" >&2; exit 1; }
run || { tail -n 30 "$log" >&2; echo "mutants: $judge: fault is found with the tree as it is" >&2; exit 1; }

failed=0
for patch in mutants/*.patch; do
  "${apply[@]}" -d "$tree" -i "$here/$patch"
  said=
  if ! build; then
    tail -n 30 "$log" >&2
    row "$patch" - "does not build"
    failed=1
  elif run || [[ -z $said ]]; then
    tail -n 5 "$log" >&2
    row "$patch" - MISSED
    failed=1
  else
    seed=${said#seed }
    row "$patch" "${seed%%:*}" found
  fi
  "${apply[@]}" -d "$tree" -R -i "$here/$patch"
done
exit $failed
