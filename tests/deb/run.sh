#!/bin/bash
# The Debian package on this machine: what is in it, installed, the service as its unit says, used, removed, purged.
# What hardens the service is only exercised where systemd runs; elsewhere the same command is started by hand, and that is said.
# Leaves the machine as it was; refuses to start where troupe is installed already.
#
#   tests/deb/run.sh     as root; TROUPE_DEB=file to use another than the one in build/deb
set -euo pipefail
cd "$(dirname "$0")/../.."
package=$(realpath "${TROUPE_DEB:-$(echo build/deb/troupe_*.deb)}")
work=$(mktemp -d "${TMPDIR:-/tmp}/troupe-deb.XXXXXX")
chmod 755 "$work"
checks=0
skipped=0
node_pid=
had_user=yes
installed=no

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || { echo "deb: needs root or sudo to install a package" >&2; exit 2; }
  as_root=(sudo)
fi
die() { echo "deb: $*" >&2; exit 1; }
ok() { checks=$((checks + 1)); echo "ok       deb/$*"; }
skip() { skipped=$((skipped + 1)); echo "SKIPPED  deb/$*"; }
# is WHAT GOT DUE
is() { [ "$2" = "$3" ] || die "$1: got '$2', want '$3'"; ok "$1"; }

[ "$(dpkg-query -W -f '${db:Status-Status}' troupe 2> /dev/null || true)" = "" ] || die "troupe is installed on this machine"
for path in /etc/troupe /var/lib/troupe /usr/bin/troupe; do
  [ ! -e $path ] || die "$path is there already"
done
getent passwd troupe > /dev/null || had_user=no

cleanup() {
  [ -z "$node_pid" ] || "${as_root[@]}" kill -9 "$node_pid" 2> /dev/null || true
  [ $installed = no ] || "${as_root[@]}" dpkg -P troupe > /dev/null 2>&1 || true
  if [ $had_user = no ] && getent passwd troupe > /dev/null; then
    "${as_root[@]}" userdel troupe 2> /dev/null || true
    ! getent group troupe > /dev/null || "${as_root[@]}" groupdel troupe 2> /dev/null || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

# --- what is in it ---------------------------------------------------------------------------------------------------
dpkg-deb -c "$package" > "$work/contents"
for path in ./usr/bin/troupe ./etc/troupe/troupe.toml ./lib/systemd/system/troupe.service ./usr/lib/sysusers.d/troupe.conf \
  ./usr/share/man/man1/troupe.1.gz ./usr/share/bash-completion/completions/troupe ./usr/share/doc/troupe/copyright \
  ./usr/share/doc/troupe/changelog.gz ./usr/share/troupe/topologies/{single,three-nodes,one-more,controllers-apart,racks}.toml; do
  grep -q " $path\$" "$work/contents" || die "the package lacks $path"
done
is "files of root" "$(awk '$2 != "root/root"' "$work/contents" | wc -l)" 0
is "conffiles" "$(dpkg-deb -I "$package" conffiles)" /etc/troupe/troupe.toml
dpkg-deb -f "$package" Depends | grep -q 'libc6 (>=.*libcaf-core0.17' || die "dependencies: $(dpkg-deb -f "$package" Depends)"
ok "dependencies on the libraries it needs"
if command -v lintian > /dev/null; then
  lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "$package" > "$work/lintian" ||
    { cat "$work/lintian"; die "lintian complains"; }
  ok "lintian"
else
  skip "lintian: it is not installed"
fi

# --- installed -------------------------------------------------------------------------------------------------------
installed=yes
"${as_root[@]}" dpkg -i "$package" > "$work/installing" 2>&1 || { cat "$work/installing"; die "dpkg -i failed"; }
is "status" "$(dpkg-query -W -f '${db:Status-Status}' troupe)" installed
is "version" "$(troupe --version)" "troupe $(dpkg-query -W -f '${Version}' troupe | sed 's/-[^-]*$//')"
is "the user's home and shell" "$(getent passwd troupe | cut -d : -f 6-7)" /var/lib/troupe:/usr/sbin/nologin
[ "$(id -u troupe)" -lt 1000 ] || die "troupe is no system user"
is "the configuration" "$(troupe config check /etc/troupe/troupe.toml)" "/etc/troupe/troupe.toml is good."
for topology in /usr/share/troupe/topologies/*.toml; do
  is "$topology" "$(troupe config check "$topology" 2>&1)" "$topology is good."
done
is "files as they were packed" "$(dpkg -V troupe)" ""
zcat /usr/share/man/man1/troupe.1.gz | grep '^.TH TROUPE 1' > /dev/null || die "no manual page"
bash -n /usr/share/bash-completion/completions/troupe || die "the completion is no bash"
ok "manual page and completion"

# --- the service -----------------------------------------------------------------------------------------------------
unit=/lib/systemd/system/troupe.service
# What the unit says is checked everywhere; that systemd does it, only where systemd runs (below).
for directive in NoNewPrivileges=yes CapabilityBoundingSet= AmbientCapabilities= ProtectSystem=strict ProtectHome=yes PrivateTmp=yes \
  PrivateDevices=yes PrivateUsers=yes PrivateIPC=yes RemoveIPC=yes ProtectHostname=yes ProtectClock=yes ProtectKernelTunables=yes \
  ProtectKernelModules=yes ProtectKernelLogs=yes ProtectControlGroups=yes ProtectProc=invisible RestrictNamespaces=yes \
  RestrictRealtime=yes RestrictSUIDSGID=yes LockPersonality=yes MemoryDenyWriteExecute=yes KeyringMode=private \
  SystemCallArchitectures=native SystemCallFilter=@system-service "SystemCallFilter=~@privileged @resources" \
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK" User=troupe Group=troupe StateDirectory=troupe UMask=0027; do
  grep -qxF "$directive" $unit || die "the unit lacks $directive"
done
ok "the unit's hardening, as it is written"
if command -v systemd-analyze > /dev/null; then
  systemd-analyze verify --man=no $unit 2> "$work/verify" || { cat "$work/verify"; die "systemd-analyze verify"; }
  ! grep troupe "$work/verify" || die "systemd-analyze warns"
  ok "systemd-analyze verify"
  # 0 is shut off from everything, 10 from nothing.
  exposure=$(systemd-analyze security --offline=true --no-pager $unit 2> /dev/null |
    sed -n 's/.*Overall exposure level for troupe.service: \([0-9.]*\).*/\1/p')
  awk -v e="${exposure:-10}" 'BEGIN { exit !(e <= 2.0) }' || die "exposure level $exposure, more than 2.0"
  ok "exposure level $exposure"
else
  skip "systemd-analyze: it is not installed; nobody has checked that systemd understands the unit"
fi

setting() { sed -n "s/^$1=//p" $unit; }
port=9092
if (exec 3<> /dev/tcp/127.0.0.1/9092) 2> /dev/null; then
  # Somebody else has the usual port of this machine: the same file with another.
  port=$((20000 + RANDOM % 10000))
fi
started_by_systemd=no
if [ -d /run/systemd/system ] && [ $port = 9092 ]; then
  started_by_systemd=yes
  is "systemctl" "$(systemctl is-active troupe)" active
elif [ -d /run/systemd/system ]; then
  skip "the service under systemd: port 9092 is taken; its hardening was read and NOT exercised"
else
  skip "the service under systemd: it does not run here; its hardening was read and NOT exercised"
fi

start_by_hand() {
  local command data
  # As systemd would: the unit's own command, user and folders, and a socket to say "ready" to.
  command=$(setting ExecStart)
  data=/var/lib/$(setting StateDirectory)
  "${as_root[@]}" install -d -o troupe -g troupe -m "$(setting StateDirectoryMode)" "$data"
  [ $port = 9092 ] || "${as_root[@]}" sed -i "s/^port = 9092/port = $port/" /etc/troupe/troupe.toml
  rm -f "$work/ready"
  python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + "/notify")
os.chmod(sys.argv[1] + "/notify", 0o777)
s.settimeout(60)
while True:
    said = s.recv(4096).decode()
    with open(sys.argv[1] + "/said", "a") as out:
        out.write(said + "\n")
    if "STOPPING=1" in said:
        break
' "$work" > "$work/notify.log" 2>&1 &
  for _ in {1..100}; do [ ! -S "$work/notify" ] || break; sleep 0.05; done
  "${as_root[@]}" setpriv --reuid troupe --regid troupe --clear-groups --no-new-privs --bounding-set -all --inh-caps -all \
    env -i PATH=/usr/bin:/bin NOTIFY_SOCKET="$work/notify" sh -c "umask $(setting UMask); cd $data; exec $command" \
    > "$work/node.log" 2>&1 < /dev/null &
  for _ in {1..200}; do
    ! grep -q READY=1 "$work/said" 2> /dev/null || break
    sleep 0.05
  done
  grep -q READY=1 "$work/said" || { cat "$work/node.log"; die "the node did not say that it is ready"; }
  node_pid=$(pgrep -u troupe -x troupe)
  ok "ready, as $(ps -o user= -p "$node_pid")"
}
[ $started_by_systemd = yes ] || start_by_hand

export TROUPE_SERVER=127.0.0.1:$port
troupe topic create greetings --option retention.ms=1h
seq 1 1000 | troupe produce greetings > /dev/null
is "produced and consumed" "$(troupe consume greetings --from beginning --until-end | sha256sum)" "$(seq 1 1000 | sha256sum)"
troupe status --admin none > "$work/status" || { cat "$work/status"; die "not healthy"; }
ok "troupe status"
is "owner of the data" "$(stat -c %U:%G:%a /var/lib/troupe)" troupe:troupe:750
is "files that others can read" "$("${as_root[@]}" find /var/lib/troupe -perm /o=rwx | wc -l)" 0

# --- stopped, removed, purged ----------------------------------------------------------------------------------------
if [ $started_by_systemd = no ]; then
  "${as_root[@]}" kill -TERM "$node_pid"
  for _ in {1..400}; do
    kill -0 "$node_pid" 2> /dev/null || "${as_root[@]}" kill -0 "$node_pid" 2> /dev/null || break
    sleep 0.05
  done
  ! "${as_root[@]}" kill -0 "$node_pid" 2> /dev/null || die "the node does not stop"
  node_pid=
  grep -q STOPPING=1 "$work/said" || die "the node did not say that it stops"
  ok "stopped in order"
fi
echo "# a change of the user's own" | "${as_root[@]}" tee -a /etc/troupe/troupe.toml > /dev/null
"${as_root[@]}" dpkg -r troupe > "$work/removing" 2>&1 || { cat "$work/removing"; die "dpkg -r failed"; }
[ ! -e /usr/bin/troupe ] || die "the program is still there"
grep -q "user's own" /etc/troupe/troupe.toml || die "removing took the configuration"
"${as_root[@]}" test -d /var/lib/troupe/topics || "${as_root[@]}" test -n "$("${as_root[@]}" ls /var/lib/troupe)" || die "removing took the data"
ok "removed: configuration and data stay"

"${as_root[@]}" dpkg -i "$package" > "$work/again" 2>&1 || { cat "$work/again"; die "dpkg -i after removing failed"; }
grep -q "user's own" /etc/troupe/troupe.toml || die "installing again changed the configuration"
ok "installed again: the configuration is the user's"

"${as_root[@]}" dpkg -P troupe > "$work/purging" 2>&1 || { cat "$work/purging"; die "dpkg -P failed"; }
installed=no
for path in /etc/troupe /var/lib/troupe /usr/bin/troupe $unit /usr/share/doc/troupe; do
  [ ! -e $path ] || die "$path is still there after purging"
done
is "purged" "$(dpkg-query -W -f '${db:Status-Status}' troupe 2> /dev/null || true)" ""
echo "$checks passed, 0 failed, $skipped skipped"
