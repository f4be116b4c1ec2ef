#!/bin/bash
# `make clients`: confluent-kafka, kafka-python (2.0.2 and the newest), kafkajs and Kafka's Java client against a node.
# They come from PyPI, npm and Maven into build/clients and build/kafka. Arguments: parts of clients' names.
set -euo pipefail
cd "$(dirname "$0")/../.."
for program in node npm kcat; do
  command -v "$program" > /dev/null || { echo "clients: $program is missing: apt-get install python3-venv nodejs npm kcat" >&2; exit 2; }
done
export TROUPE_BIN="${TROUPE_BIN:-$PWD/${TROUPE_BUILD:-build/release}/troupe}"
exec python3 tests/clients/outside_clients.py "$@"
