#!/usr/bin/env bash
# Judges the random runs and the simulations by the bugs that they find: runs the mutants.sh of every room, prints one table,
# and writes it into docs/mutants.md. Fails if a bug is missed, if a patch does not build, or if fault is found with the tree
# as it is.
# Usage: all.sh [ROOM...]: only these; the rows of the others stay as they are.
set -euo pipefail
cd "$(dirname "$0")/../.."
all=(raft metadata replication simulation simulation_cluster)
rooms=("$@")
(($# > 0)) || rooms=("${all[@]}")
table=docs/mutants.md

failed=0
for room in "${rooms[@]}"; do
  "tests/$room/mutants.sh" || failed=1
done

rows_of() {
  local room=$1 mutant listed judge seed verdict patch
  if [[ " ${rooms[*]} " != *" $room "* ]]; then
    grep "^| \[$room/" "$table" || true
    return
  fi
  while IFS=$'\t' read -r mutant listed judge seed verdict; do
    patch=tests/$room/mutants/${mutant#*/}.patch
    echo "| [$mutant](../$patch) | $(head -n 1 "$patch") | $listed | $judge | $seed | $verdict |"
  done < "build/mutants/$room.tsv"
}

write_table() {
  cat << 'END'
# Bugs that are put in on purpose

Random runs and simulations are worth what they find. Each of these patches puts one bug into the real code; `make mutants` writes
this table, and fails if one is missed. *Listed* are those that any simulation of a replicated log has to find within 10,000
seeds. The seed is the first one, counted from 1, in which something is seen to be wrong.

| Mutant | The bug | Listed as | Judged by | First seed | Verdict |
|---|---|---|---|---|---|
END
  for room in "${all[@]}"; do
    rows_of "$room"
  done
}

for room in "${rooms[@]}"; do
  [[ -s build/mutants/$room.tsv ]] || { echo "mutants: nothing is known of $room; $table stays as it is" >&2; exit 1; }
done
written=$(write_table)
printf '%s\n' "$written" > "$table"

printf '%-50s %-50s %-36s %6s  %s\n' mutant "listed as" "judged by" seed verdict
for room in "${rooms[@]}"; do
  awk -F '\t' '{ printf "%-50s %-50s %-36s %6s  %s\n", $1, $2, $3, $4, $5 }' "build/mutants/$room.tsv"
done
exit $failed
