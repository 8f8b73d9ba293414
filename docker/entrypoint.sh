#!/bin/sh
# Give other containers what they need to trust the emulator's https, and never the key; then be the command.
set -eu
if [ -d "${CERTIFICATES:-}" ] && [ -w "$CERTIFICATES" ]; then
  authority=$(mock-tavus ca path)
  cp "$authority" "$CERTIFICATES/ca.pem"
  cp "$(dirname "$authority")/bundle.pem" "$CERTIFICATES/bundle.pem"
  chmod 0644 "$CERTIFICATES/ca.pem" "$CERTIFICATES/bundle.pem"
fi
exec mock-tavus "$@"
