#!/bin/bash
# The main job, end to end, on this machine's own texts: the package log, the licences, the list of packages.
# They go through kcat and through Troupe's own commands into a cluster of three nodes, in which leaders of partitions are killed
# with -9 while records arrive. At the end a table says what was sent, what came back, and what is missing, doubled or
# out of order, and how long nobody could write.
#
#   scripts/demo.sh      TROUPE_BIN=program to use another than build/release/troupe; TROUPE_KEEP=1 keeps the folder
# Exit code 0 only if every row of the table is right.
set -euo pipefail
cd "$(dirname "$0")/.."
troupe=$(realpath "${TROUPE_BIN:-build/release/troupe}")
work=$(mktemp -d "${TMPDIR:-/tmp}/troupe-demo.XXXXXX")
nodes=(1 2 3)
pids=()
kcat_pid=
troupe_pid=
rows=()
failures=0

cleanup() {
  for pid in $kcat_pid $troupe_pid ${pids[*]:-}; do
    kill -9 "$pid" 2> /dev/null || true
  done
  if [ -n "${TROUPE_KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap cleanup EXIT

step() { printf '\n== %s\n' "$*"; }
die() {
  echo "demo: $*" >&2
  tail -n 10 "$work"/n?.log >&2 2> /dev/null || true
  exit 1
}

# One row of the final table: what, the number that was due, the number that was found.
expect() {
  local verdict=ok
  if [ "$2" != "$3" ]; then
    verdict=WRONG
    failures=$((failures + 1))
  fi
  rows+=("$(printf '%-58s %12s %12s   %s' "$1" "$2" "$3" "$verdict")")
}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# A free port that nobody was given before.
declare -A taken=()
free_port() {
  local _
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 10000))
    [ -z "${taken[$port]:-}" ] || continue
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { taken[$port]=1; return 0; }
  done
  die "no free port"
}

# One file for all nodes, as in config/topologies/three-nodes.toml, with ports of its own.
write_cluster_file() {
  local n port
  for n in "${nodes[@]}"; do
    free_port
    address[n]=127.0.0.1:$port
    free_port
    printf '[[node]]\nname = "n%s"\nid = %s\nlisten = "%s"\npeer_listener = "127.0.0.1:%s"\nadmin_listener = "off"\ndata_directory = "%s"\n\n' \
      "$n" "$n" "${address[n]}" "$port" "$work/n$n"
  done > "$work/cluster.toml"
}

start_node() {
  "$troupe" node "$work/cluster.toml" --name "n$1" >> "$work/n$1.log" 2>&1 < /dev/null &
  pids[$1]=$!
}

# Prints a number of what `troupe cluster status` knows.
status() { "$troupe" cluster status --json -b "$all" 2> /dev/null | python3 -c "import json, sys; s = json.load(sys.stdin); print($1)"; }

# Waits until all three nodes take part and every partition has all its replicas in sync; sets waited_ms.
wait_for_cluster() {
  local begin
  begin=$(milliseconds)
  until [ "$(status 'sum(not b["fenced"] for b in s["brokers"]) if s["under_replicated"]["count"] == 0 else 0' 2> /dev/null)" = 3 ]; do
    [ $(($(milliseconds) - begin)) -lt 30000 ] || die "the cluster was not complete within 30 s"
    sleep 0.02
  done
  waited_ms=$(($(milliseconds) - begin))
}

kill_node() {
  kill -9 "${pids[$1]}"
  wait "${pids[$1]}" 2> /dev/null || true
  unset "pids[$1]"
}

# The node that leads a partition: leader_of TOPIC PARTITION.
leader_of() { "$troupe" topic describe "$1" -b "$all" | sed -n -E "s/^  partition $2 +leader ([0-9]+) .*/\1/p"; }

# Everything in a topic as "partition offset key value", tab-separated, in the order in which a consumer sees it.
read_all() { kcat -C -q -e -b "$all" -t "$1" -o beginning -f '%p\t%o\t%k\t%s\n'; }
digest() { sha256sum | cut -c 1-12; }
lines() { wc -l < "$1"; }

# --- the input: key, tab, text -------------------------------------------------------------------------------------
step "Real input"
if [ -s /var/log/dpkg.log ]; then
  awk '{ key = $3 == "status" ? $5 : $4; print (key == "" ? "-" : key) "\t" $0 }' /var/log/dpkg.log > "$work/packages"
else
  awk '/^Package:/ { key = $2 } NF { print key "\t" $0 }' /var/lib/dpkg/status > "$work/packages"
fi
for file in /usr/share/common-licenses/*; do
  [ -L "$file" ] || awk -v key="${file##*/}" '{ print key "\t" FNR ": " $0 }' "$file"
done > "$work/licences"
# Sixty thousand numbered lines, whatever the size of this machine's list of packages.
awk 'NF { line[n++] = $0 } END { for (i = 1; i <= 60000; ++i) print i "\t" line[i % n] }' /var/lib/dpkg/status > "$work/stream"
wc -lc "$work/packages" "$work/licences" "$work/stream" | sed "s#$work/##"

step "A cluster of three nodes"
address=()
write_cluster_file
all=$(IFS=,; echo "${address[*]}")
begin=$(milliseconds)
for n in "${nodes[@]}"; do start_node "$n"; done
wait_for_cluster
echo "three nodes know each other and take part after $(($(milliseconds) - begin)) ms"
"$troupe" topic create packages --partitions 4 --replication-factor 3 -b "$all"
"$troupe" topic create licences --partitions 1 --replication-factor 3 -b "$all"
"$troupe" topic create stream-kcat stream-troupe --partitions 3 --replication-factor 3 -b "$all"
"$troupe" cluster status -b "$all"

step "kcat produces the package log (zstd, keyed, 4 partitions); troupe consume and kcat read it"
kcat -P -b "$all" -t packages -K '\t' -z zstd -l "$work/packages"
read_all packages > "$work/packages.kcat"
"$troupe" consume packages --from beginning --until-end --format '%k\t%s\n' -b "$all" > "$work/packages.troupe"
by_key() { sort -s -t $'\t' -k 1,1; }
expect "package log, by kcat: lines" "$(lines "$work/packages")" "$(lines "$work/packages.kcat")"
expect "package log, by kcat: text, each key in order (kcat)" "$(by_key < "$work/packages" | digest)" \
  "$(cut -f 3- "$work/packages.kcat" | by_key | digest)"
expect "package log, by kcat: text, each key in order (troupe)" "$(by_key < "$work/packages" | digest)" \
  "$(by_key < "$work/packages.troupe" | digest)"
expect "package log, by kcat: partitions with some of it" 4 "$(cut -f 1 "$work/packages.kcat" | sort -u | wc -l)"

step "troupe produce sends the licences (gzip, keyed); kill -9 of their leader the moment it says done; kcat reads them from the next one"
"$troupe" produce licences --key-separator $'\t' --compression gzip -b "$all" < "$work/licences"
victim=$(leader_of licences 0)
kill_node "$victim"
echo "node $victim is dead; the others lead without it"
read_all licences > "$work/licences.kcat"
expect "licences, by troupe produce, then kill -9: lines" "$(lines "$work/licences")" "$(lines "$work/licences.kcat")"
start_node "$victim"
wait_for_cluster
echo "node $victim is back and in sync after $waited_ms ms"
expect "licences, by troupe produce, then kill -9: text, in order" "$(digest < "$work/licences")" "$(cut -f 3- "$work/licences.kcat" | digest)"

step "kcat (lz4) and troupe produce (snappy) stream 60,000 lines each; kill -9 of a leader in the middle; it comes back"
mkdir "$work/parts"
split -n l/60 -d -a 3 "$work/stream" "$work/parts/"
# Puts the time in milliseconds before each line.
with_time() { python3 -uc 'import sys, time
for line in sys.stdin: print(int(time.time() * 1000), line, end="", flush=True)'; }
# The longest time without an acknowledgement of each partition: "PARTITION MILLISECONDS".
gaps() {
  awk 'NF == 4 { if ($3 in last && $1 - last[$3] > gap[$3]) gap[$3] = $1 - last[$3]; last[$3] = $1 }
       END { for (p in last) print p, gap[p] + 0 }' "$work/troupe.said" | sort -n
}
feed() {
  for part in "$work"/parts/*; do
    cat "$part"
    sleep 0.05
  done
}
feed | kcat -P -b "$all" -t stream-kcat -K '\t' -z lz4 -vv -X enable.idempotence=true \
  -X topic.produce.offset.report=true 2> "$work/kcat.said" &
kcat_pid=$!
feed | "$troupe" produce stream-troupe --key-separator $'\t' --compression snappy --show-records -b "$all" \
  2> "$work/troupe.errors" | with_time > "$work/troupe.said" &
troupe_pid=$!

# What each producer has heard acknowledged so far, a line each.
acknowledged_by_kcat() {
  sed -n -E 's/^% Message delivered to partition ([0-9]+) \(offset ([0-9]+)\).*/\1\t\2/p' "$work/kcat.said"
}
acknowledged_by_troupe() { awk 'NF == 4 { print $3 "\t" $4 "\t" $2 }' "$work/troupe.said"; }
begin=$(milliseconds)
until [ "$(acknowledged_by_kcat | wc -l)" -ge 15000 ] && [ "$(acknowledged_by_troupe | wc -l)" -ge 15000 ]; do
  kill -0 $kcat_pid 2> /dev/null || die "kcat ended: $(tail -n 3 "$work/kcat.said")"
  kill -0 $troupe_pid 2> /dev/null || die "troupe produce ended: $(cat "$work/troupe.errors")"
  [ $(($(milliseconds) - begin)) -lt 30000 ] || die "15,000 acknowledgements took more than 30 s"
  sleep 0.02
done
victim=$(leader_of stream-troupe 0)
kill_node "$victim"
acknowledged_by_kcat > "$work/kcat.before"
acknowledged_by_troupe > "$work/troupe.before"
echo "node $victim killed with $(lines "$work/kcat.before") and $(lines "$work/troupe.before") of 60000 lines acknowledged"
sleep 0.5
start_node "$victim"
wait $kcat_pid || die "kcat failed: $(tail -n 3 "$work/kcat.said")"
kcat_pid=
wait $troupe_pid || die "troupe produce failed: $(cat "$work/troupe.errors")"
troupe_pid=
acknowledged_by_kcat > "$work/kcat.after"
acknowledged_by_troupe > "$work/troupe.after"
echo "both producers ended without an error"
wait_for_cluster
echo "node $victim is back and in sync; the longest time without an acknowledgement, by partition of stream-troupe:"
gaps | awk -v led=0 '{ printf "  partition %s: %s ms%s\n", $1, $2, $1 == led ? "   (its leader was killed)" : "" }'

# What was acknowledged, as "partition offset [line]", and is where it was said to be.
there() { awk -F '\t' 'NR == FNR { at[$1, $2] = $3; next } (($1, $2) in at) && (NF < 3 || at[$1, $2] == $3)' "$work/read" -; }
for who in kcat troupe; do
  read_all stream-$who > "$work/read"
  cut -f 3- "$work/read" > "$work/text"
  what="stream by $who"
  expect "$what: acknowledged before kill -9, and there" "$(lines "$work/$who.before")" "$(there < "$work/$who.before" | wc -l)"
  expect "$what: acknowledged in all, and there" "$(lines "$work/$who.after")" "$(there < "$work/$who.after" | wc -l)"
  expect "$what: lines" 60000 "$(lines "$work/text")"
  expect "$what: same text (sha256)" "$(digest < "$work/stream")" "$(sort -n "$work/text" | digest)"
  expect "$what: doubled" 0 "$(cut -f 1 "$work/text" | sort | uniq -d | wc -l)"
  expect "$what: out of order within their partition" 0 \
    "$(awk -F '\t' '($1 in last) && $3 <= last[$1] { ++n } { last[$1] = $3 } END { print n + 0 }' "$work/read")"
  expect "$what: lines that nobody sent" 0 \
    "$(awk 'NR == FNR { sent[$0]; next } !($0 in sent)' "$work/stream" "$work/text" | wc -l)"
done

step "SIGTERM to all, then every checksum on their disks"
for n in "${nodes[@]}"; do kill -TERM "${pids[n]}"; done
for n in "${nodes[@]}"; do
  stop_code=0
  wait "${pids[n]}" || stop_code=$?
  unset "pids[n]"
  expect "exit code of node $n after SIGTERM" 0 $stop_code
done
for n in "${nodes[@]}"; do
  verify_code=0
  "$troupe" log verify "$work/n$n" || verify_code=$?
  expect "exit code of troupe log verify, node $n" 0 $verify_code
done

step "Summary"
printf '%-58s %12s %12s\n' "" "due" "found"
printf '%s\n' "${rows[@]}"
echo
echo "on disk, three times the same: $(du -shc "$work"/n[123]/ | tail -n 1 | cut -f 1)"
echo "${#rows[@]} checks, $failures wrong"
[ $failures -eq 0 ]
