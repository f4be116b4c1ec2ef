#!/bin/bash
# The main job, end to end, on this machine's own texts: the package log, the licences, the list of packages.
# They go through kcat and through Troupe's own commands into a node that is killed with -9 while records arrive.
# At the end a table says what was sent, what came back, and what is missing, doubled or out of order. kcat gives up by
# itself when its only node dies, so what it had heard acknowledged is judged; troupe produce goes on when the node is back.
#
#   scripts/demo.sh      TROUPE_BIN=program to use another than build/release/troupe; TROUPE_KEEP=1 keeps the folder
# Exit code 0 only if every row of the table is right.
set -euo pipefail
cd "$(dirname "$0")/.."
troupe=$(realpath "${TROUPE_BIN:-build/release/troupe}")
work=$(mktemp -d "${TMPDIR:-/tmp}/troupe-demo.XXXXXX")
data=$work/data
node_pid=
kcat_pid=
troupe_pid=
rows=()
failures=0

cleanup() {
  for pid in $kcat_pid $troupe_pid $node_pid; do
    kill -9 "$pid" 2> /dev/null || true
  done
  if [ -n "${TROUPE_KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap cleanup EXIT

step() { printf '\n== %s\n' "$*"; }
die() {
  echo "demo: $*" >&2
  [ -s "$work/node.log" ] && tail -n 20 "$work/node.log" >&2
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

free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo $port; return; }
  done
  die "no free port"
}

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# Starts the node and waits for its first answer to a client; sets start_ms.
start_node() {
  local begin
  begin=$(milliseconds)
  "$troupe" node --data "$data" --listen "$address" >> "$work/node.log" 2>&1 < /dev/null &
  node_pid=$!
  until (exec 3<> "/dev/tcp/${address/:/\/}") 2> /dev/null; do
    kill -0 "$node_pid" 2> /dev/null || die "the node ended"
    [ $(($(milliseconds) - begin)) -lt 10000 ] || die "no connection within 10 s"
    sleep 0.005
  done
  start_ms=$(($(milliseconds) - begin))
  echo "node $node_pid takes connections on $address after $start_ms ms"
  kcat -L -b "$address" > /dev/null || die "no metadata"
}

kill_node() {
  kill -9 "$node_pid"
  wait "$node_pid" 2> /dev/null || true
  node_pid=
}

# Everything in a topic as "partition offset key value", tab-separated, in the order in which a consumer sees it.
read_all() { kcat -C -q -e -b "$address" -t "$1" -o beginning -f '%p\t%o\t%k\t%s\n'; }
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

step "A node"
address=127.0.0.1:$(free_port)
start_node
first_start_ms=$start_ms
"$troupe" topic create packages --partitions 4 -b "$address"
"$troupe" topic create licences --partitions 1 -b "$address"
"$troupe" topic create stream-kcat stream-troupe --partitions 3 -b "$address"
"$troupe" topic list -b "$address"

step "kcat produces the package log (zstd, keyed, 4 partitions); troupe consume and kcat read it"
kcat -P -b "$address" -t packages -K '\t' -z zstd -l "$work/packages"
read_all packages > "$work/packages.kcat"
"$troupe" consume packages --from beginning --until-end --format '%k\t%s\n' -b "$address" > "$work/packages.troupe"
by_key() { sort -s -t $'\t' -k 1,1; }
expect "package log, by kcat: lines" "$(lines "$work/packages")" "$(lines "$work/packages.kcat")"
expect "package log, by kcat: text, each key in order (kcat)" "$(by_key < "$work/packages" | digest)" \
  "$(cut -f 3- "$work/packages.kcat" | by_key | digest)"
expect "package log, by kcat: text, each key in order (troupe)" "$(by_key < "$work/packages" | digest)" \
  "$(by_key < "$work/packages.troupe" | digest)"
expect "package log, by kcat: partitions with some of it" 4 "$(cut -f 1 "$work/packages.kcat" | sort -u | wc -l)"

step "troupe produce sends the licences (gzip, keyed); kill -9 the moment it says done; kcat reads them from the new node"
"$troupe" produce licences --key-separator $'\t' --compression gzip -b "$address" < "$work/licences"
kill_node
start_node
read_all licences > "$work/licences.kcat"
expect "licences, by troupe produce, then kill -9: lines" "$(lines "$work/licences")" "$(lines "$work/licences.kcat")"
expect "licences, by troupe produce, then kill -9: text, in order" "$(digest < "$work/licences")" "$(cut -f 3- "$work/licences.kcat" | digest)"

step "kcat (lz4) and troupe produce (snappy) stream 60,000 lines each; kill -9 in the middle; the node comes back"
mkdir "$work/parts"
split -n l/60 -d -a 3 "$work/stream" "$work/parts/"
feed() {
  for part in "$work"/parts/*; do
    cat "$part"
    sleep 0.05
  done
}
feed | kcat -P -b "$address" -t stream-kcat -K '\t' -z lz4 -vv -X enable.idempotence=true \
  -X topic.produce.offset.report=true -X reconnect.backoff.max.ms=200 2> "$work/kcat.said" &
kcat_pid=$!
feed | "$troupe" produce stream-troupe --key-separator $'\t' --compression snappy --show-records -b "$address" \
  > "$work/troupe.said" 2> "$work/troupe.errors" &
troupe_pid=$!

# What each producer has heard acknowledged so far, a line each.
acknowledged_by_kcat() {
  sed -n -E 's/^% Message delivered to partition ([0-9]+) \(offset ([0-9]+)\).*/\1\t\2/p' "$work/kcat.said"
}
acknowledged_by_troupe() { awk 'NF == 3 { print $2 "\t" $3 "\t" $1 }' "$work/troupe.said"; }
begin=$(milliseconds)
until [ "$(acknowledged_by_kcat | wc -l)" -ge 15000 ] && [ "$(acknowledged_by_troupe | wc -l)" -ge 15000 ]; do
  kill -0 $kcat_pid 2> /dev/null || die "kcat ended: $(tail -n 3 "$work/kcat.said")"
  kill -0 $troupe_pid 2> /dev/null || die "troupe produce ended: $(cat "$work/troupe.errors")"
  [ $(($(milliseconds) - begin)) -lt 30000 ] || die "15,000 acknowledgements took more than 30 s"
  sleep 0.02
done
kill_node
sleep 0.3
acknowledged_by_kcat > "$work/kcat.before"
acknowledged_by_troupe > "$work/troupe.before"
echo "killed with $(lines "$work/kcat.before") and $(lines "$work/troupe.before") of 60000 lines acknowledged"
start_node
restart_ms=$start_ms
kcat_code=0
wait $kcat_pid || kcat_code=$?
kcat_pid=
wait $troupe_pid || die "troupe produce failed: $(cat "$work/troupe.errors")"
troupe_pid=
acknowledged_by_kcat > "$work/kcat.after"
acknowledged_by_troupe > "$work/troupe.after"
echo "kcat ended with exit code $kcat_code and $(lines "$work/kcat.after") lines acknowledged; troupe produce with 0 and all"

# What was acknowledged, as "partition offset [line]", and is where it was said to be.
there() { awk -F '\t' 'NR == FNR { at[$1, $2] = $3; next } (($1, $2) in at) && (NF < 3 || at[$1, $2] == $3)' "$work/read" -; }
for who in kcat troupe; do
  read_all stream-$who > "$work/read"
  cut -f 3- "$work/read" > "$work/text"
  what="stream by $who"
  expect "$what: acknowledged before kill -9, and there" "$(lines "$work/$who.before")" "$(there < "$work/$who.before" | wc -l)"
  expect "$what: acknowledged in all, and there" "$(lines "$work/$who.after")" "$(there < "$work/$who.after" | wc -l)"
  if [ $who = troupe ]; then
    expect "$what: lines" 60000 "$(lines "$work/text")"
    expect "$what: same text (sha256)" "$(digest < "$work/stream")" "$(sort -n "$work/text" | digest)"
  fi
  expect "$what: doubled" 0 "$(cut -f 1 "$work/text" | sort | uniq -d | wc -l)"
  expect "$what: out of order within their partition" 0 \
    "$(awk -F '\t' '($1 in last) && $3 <= last[$1] { ++n } { last[$1] = $3 } END { print n + 0 }' "$work/read")"
  expect "$what: lines that nobody sent" 0 \
    "$(awk 'NR == FNR { sent[$0]; next } !($0 in sent)' "$work/stream" "$work/text" | wc -l)"
done

step "SIGTERM, then every checksum on disk"
kill -TERM "$node_pid"
stop_code=0
wait "$node_pid" || stop_code=$?
node_pid=
expect "exit code of the node after SIGTERM" 0 $stop_code
verify_code=0
"$troupe" log verify "$data" || verify_code=$?
expect "exit code of troupe log verify" 0 $verify_code

step "Summary"
printf '%-58s %12s %12s\n' "" "due" "found"
printf '%s\n' "${rows[@]}"
echo
echo "from start to first connection: $first_start_ms ms on an empty disk, $restart_ms ms after the kill in the middle"
echo "on disk: $(du -sh "$data" | cut -f 1)"
echo "${#rows[@]} checks, $failures wrong"
[ $failures -eq 0 ]
