#!/usr/bin/env bash
# Writes the reports in docs/reports anew: make reports
set -euo pipefail
cd "$(dirname "$0")/.."
judge() {
  .venv/bin/mock-tavus conform "${@:2}" --no-database --report-html "docs/reports/$1.html" || [ $? -eq 1 ]
}
judge_receiver() {
  local url="http://127.0.0.1:$2"
  .venv/bin/mock-tavus conform-receiver --receiver "$url/hook$3" --start "$4" "${@:5}" --no-database \
    --created "$url/test/created" --receiver-state "$url/test/state/" --report-html "docs/reports/$1.html" || [ $? -eq 1 ]
}
judge requests --client examples.clients.requests_client:create_replica
judge urllib --client examples.clients.urllib_client:create_replica
judge node-fetch --client-cmd "node examples/clients/fetch.mjs"
judge curl --client-cmd examples/clients/curl.sh
judge broken-client --client examples.clients.broken_client:create_replica
judge replicas --client examples.clients.replicas
judge broken-poller --client examples.clients.broken_poller
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
flask=".venv/bin/python examples/receivers/flask_app.py 9713 $folder/replicas.db"
judge_receiver receiver-flask 9713 '?secret=s3cret' "$flask" --restart "$flask"
judge_receiver broken-receiver 9714 '' ".venv/bin/python examples/receivers/broken_app.py 9714"
