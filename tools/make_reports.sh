#!/usr/bin/env bash
# Writes the reports in docs/reports anew: make reports
set -euo pipefail
cd "$(dirname "$0")/.."
judge() {
  .venv/bin/mock-tavus-contract client "${@:2}" --no-database --report-html "docs/reports/$1.html" || [ $? -eq 1 ]
}
judge requests --client examples.clients.requests_client:create_replica
judge urllib --client examples.clients.urllib_client:create_replica
judge node-fetch --client-cmd "node examples/clients/fetch.mjs"
judge curl --client-cmd examples/clients/curl.sh
judge broken-client --client examples.clients.broken_client:create_replica
