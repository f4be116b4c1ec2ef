#!/bin/bash
# `make compat`: librdkafka's own test suite, 2.0.2 and 2.15.0, against one node and three; rewrites the tables in docs/compatibility.md.
#   NODES=1,3  VERSIONS=2.0.2,2.15.0  TESTS=0012,0017
# Needs build/release, and to build librdkafka: gcc g++ make zlib1g-dev libssl-dev libzstd-dev rapidjson-dev dpkg-dev npm.
set -euo pipefail
cd "$(dirname "$0")/../.."
for program in gcc g++ make npm dpkg-source; do
  command -v "$program" > /dev/null || { echo "compat: $program is missing: apt-get install build-essential dpkg-dev npm" >&2; exit 2; }
done
for header in zlib.h openssl/ssl.h zstd.h rapidjson/document.h; do
  [ -e "/usr/include/$header" ] || [ -e "/usr/include/$(gcc -print-multiarch)/$header" ] \
    || { echo "compat: $header is missing: apt-get install zlib1g-dev libssl-dev libzstd-dev rapidjson-dev" >&2; exit 2; }
done
export TROUPE_BIN="${TROUPE_BIN:-$PWD/${TROUPE_BUILD:-build/release}/troupe}"
exec python3 tests/compat/compat.py "$@"
