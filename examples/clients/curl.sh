#!/usr/bin/env bash
# Creates one replica with curl and jq. The conformance kit drives it over JSON Lines, and starts it anew for each call:
#   mock-tavus conform --client-cmd examples/clients/curl.sh
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# One line each: the id, the timeout, the base URL, the key (nothing if no header may have it), the body.
head -n 1 | jq -r '.id, .timeout, .base_url, (.api_key | if test("^[ -~]+$") then . else "" end), (.body | tojson)' \
  > "$folder/fields"
{ read -r id; read -r timeout; read -r base_url; read -r key; tr -d '\n' > "$folder/body"; } < "$folder/fields"

failure() {
  jq -nc --argjson id "$id" --arg kind "$1" --arg message "$2" '{$id, outcome: "error", $kind, $message}'
  exit
}

[ -n "$key" ] || failure rejected_locally "the API key is empty, or has characters that no header may have"
# The key goes through a file: arguments can be seen by others.
printf 'x-api-key: %s\ncontent-type: application/json\n' "$key" > "$folder/headers"
status=$(curl --silent --show-error --output "$folder/answer" --write-out '%{http_code}' --max-filesize 1000000 \
  --max-time "$timeout" --header "@$folder/headers" --data-binary "@$folder/body" "$base_url/v2/replicas" \
  2> "$folder/error") || failure transport "$(cat "$folder/error")"
touch "$folder/answer"

# The answer may be anything, and too long for an argument: it goes through a file, as text.
jq -nc --argjson id "$id" --argjson status "$status" --rawfile text "$folder/answer" '
  (try ($text | fromjson) catch null) as $answer
  | ($answer | if type == "object" then . else {} end) as $object
  | if $status != 200 then
      {$id, outcome: "error", kind: "http", http_status: $status,
        message: "the API answered \($status): \([$object.error, $object.message | strings] | join(" "))"}
    elif ($object.replica_id | type == "string" and . != "") then
      {$id, outcome: "ok", replica_id: $object.replica_id, status: $object.status}
    else
      {$id, outcome: "error", kind: "invalid_response", message: "the API answered 200 without a replica_id"}
    end'
