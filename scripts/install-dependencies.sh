#!/bin/bash
# Installs what a job needs from Debian 12's own packages, and only what is missing.
#
#   scripts/install-dependencies.sh JOB...     JOB: build demo test deb clients dashboard faults fuzz compat compare profile format
#   scripts/install-dependencies.sh --list JOB...  only print the packages
#
# As root, or with sudo. DEBIAN_PACKAGES=skip makes it check instead of install: it names what is missing and fails.
set -euo pipefail

# What each package is for is said in docs/decisions/0003-libraries.md.
compiler=(make g++ cmake ninja-build)
libraries=(libcaf-dev libboost-dev libboost-serialization-dev libspdlog-dev libisal-dev liblz4-dev libzstd-dev libsnappy-dev
  zlib1g-dev libssl-dev libexpected-dev libtomlplusplus-dev libcli11-dev nlohmann-json3-dev)
build=("${compiler[@]}" "${libraries[@]}" pkg-config librdkafka-dev) # the last two: configuring includes the tests

packages_of() {
  case $1 in
    build) echo "${build[@]}" ;;
    demo) echo "${build[@]}" kcat python3 ;;
    test) echo "${build[@]}" kcat python3 ;;
    deb) echo "${build[@]}" dpkg-dev binutils lintian python3 systemd procps util-linux ;;
    clients) echo "${build[@]}" kcat python3 python3-venv nodejs npm default-jdk-headless maven ;;
    dashboard) echo "${build[@]}" python3 chromium ;;
    faults) echo "${build[@]}" gcc kcat python3 iproute2 ;;
    fuzz) echo "${build[@]}" clang libclang-rt-14-dev ;;
    compat) echo "${build[@]}" python3 dpkg-dev rapidjson-dev npm ;;
    compare) echo "${build[@]}" python3 default-jdk-headless maven ;;
    profile) echo "${build[@]}" linux-perf ;;
    format) echo clang-format ;;
    *) echo "unknown job: $1 (see the head of $0)" >&2; return 2 ;;
  esac
}

# A tool that came by another way than its package counts as there.
tool_of() {
  case $1 in
    npm) echo npm ;;
    nodejs) echo node ;;
    maven) echo mvn ;;
    default-jdk-headless) echo javac ;;
    *) return 1 ;;
  esac
}

is_there() {
  local tool
  if tool=$(tool_of "$1") && command -v "$tool" > /dev/null; then
    return 0
  fi
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

listing=no
if [ "${1:-}" = --list ]; then
  listing=yes
  shift
fi
if [ $# -eq 0 ]; then
  sed -n '2,7p' "$0" >&2
  exit 2
fi

missing=()
for job in "$@"; do
  wanted=$(packages_of "$job")
  for package in $wanted; do
    if [ $listing = yes ]; then
      echo "$package"
    elif ! is_there "$package" && [[ " ${missing[*]} " != *" $package "* ]]; then
      missing+=("$package")
    fi
  done
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "${DEBIAN_PACKAGES:-install}" = skip ]; then
  echo "missing packages: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || { echo "needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" > "$log" 2>&1 < /dev/null
}
# The lists of a fresh machine are empty or old: look first, and once more after an update.
apt install --no-install-recommends "${missing[@]}" || {
  apt update && apt install --no-install-recommends "${missing[@]}"
} || {
  tail -n 30 "$log" >&2
  echo "apt-get could not install: ${missing[*]}" >&2
  exit 1
}
