#!/bin/sh
# Installs the SIP telephone of `make test-telephony`. Asterisk itself needs no root: tests/telephony/pbx gets it.
missing=""
command -v baresip >/dev/null || missing="$missing baresip-core"
command -v zstd >/dev/null || missing="$missing zstd"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "Not installed:$missing. The telephone tests are skipped (and fail with CI=true)."
