#!/bin/sh
set -e
created=$(curl -sS --fail-with-body https://tavusapi.com/v2/replicas -H "x-api-key: $TAVUS_API_KEY" \
  -H 'content-type: application/json' -d "{\"train_video_url\": \"https://example.com/me.mp4\", \"callback_url\": \"$HOOK\"}")
id=$(printf %s "$created" | sed 's/.*"replica_id": *"\([^"]*\)".*/\1/')
curl -sS --fail-with-body "https://tavusapi.com/v2/replicas/$id" -H "x-api-key: $TAVUS_API_KEY"
