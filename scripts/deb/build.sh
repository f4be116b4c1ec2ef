#!/bin/bash
# Makes an installable package of the release binary: build/deb/troupe_VERSION_ARCHITECTURE.deb, the same bytes each
# time from the same binary and the same commit.
#
#   scripts/deb/build.sh      TROUPE_BIN=program to use another than build/release/troupe
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/deb
troupe=$(realpath "${TROUPE_BIN:-build/release/troupe}")
out=build/deb
root=$out/root

upstream=$("$troupe" --version | cut -d ' ' -f 2)
version=$upstream-1
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH

rm -rf "$out"
mkdir -p "$root/DEBIAN"

# put MODE SOURCE PLACE: a file in the package
put() { install -D -m "$1" "$2" "$root/$3"; }
# compressed PLACE: standard input, without a name and time of its own
compressed() {
  mkdir -p "$(dirname "$root/$1")"
  gzip -9n > "$root/$1"
  chmod 644 "$root/$1"
}

put 755 "$troupe" usr/bin/troupe
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/troupe"
put 644 $here/troupe.toml etc/troupe/troupe.toml
put 644 $here/troupe.service lib/systemd/system/troupe.service
put 644 $here/troupe.sysusers usr/lib/sysusers.d/troupe.conf
put 644 $here/copyright usr/share/doc/troupe/copyright
put 644 $here/README.Debian usr/share/doc/troupe/README.Debian
put 644 README.md usr/share/doc/troupe/README.md
put 644 docs/options.md usr/share/doc/troupe/options.md
for topology in config/topologies/*.toml; do put 644 "$topology" "usr/share/troupe/topologies/${topology##*/}"; done
"$troupe" completion bash > "$out/completion"
put 644 "$out/completion" usr/share/bash-completion/completions/troupe
"$troupe" man | compressed usr/share/man/man1/troupe.1.gz
compressed usr/share/doc/troupe/changelog.gz < CHANGELOG.md
printf 'troupe (%s) unstable; urgency=medium\n\n  * Built from the project itself; its changes are in changelog.gz.\n\n -- %s  %s\n' \
  "$version" "Troupe's contributors <contributors@troupe.example>" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" |
  compressed usr/share/doc/troupe/changelog.Debian.gz

# dpkg-shlibdeps wants to stand beside a source package.
mkdir -p "$out/debian"
printf 'Source: troupe\n\nPackage: troupe\nArchitecture: any\n' > "$out/debian/control"
depends=$(cd "$out" && dpkg-shlibdeps -O --warnings=0 root/usr/bin/troupe | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "deb: dpkg-shlibdeps found no libraries" >&2; exit 1; }
size=$(find "$root" -type f -not -path "$root/DEBIAN/*" -printf '%k\n' | awk '{ kib += $1 } END { print kib }')
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@DEPENDS@/$depends/" -e "s/@SIZE@/$size/" \
  $here/control.in > "$root/DEBIAN/control"
echo /etc/troupe/troupe.toml > "$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find . -type f -not -path './DEBIAN/*' -printf '%P\n' | LC_ALL=C sort | xargs md5sum) > "$root/DEBIAN/md5sums"
find "$root" -type d -exec chmod 755 {} +
chmod 644 "$root"/DEBIAN/{control,conffiles,md5sums}

package=$out/troupe_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" > /dev/null
"$troupe" config check $here/troupe.toml > /dev/null
echo "$package  $(du -h "$package" | cut -f 1)  $(sha256sum "$package" | cut -c 1-16)"
