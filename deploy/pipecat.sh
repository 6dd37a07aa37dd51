#!/bin/sh
# Makes the environment of the peer that `make bench-voice` measures beside ours in $2, once; deploy/pipecat.txt pins it.
set -eu
pins=$(dirname "$0")/pipecat.txt
python=$1
venv=$2

cmp -s "$pins" "$venv/.installed" && exit 0
"$venv/bin/python" -c '' 2>/dev/null || "$python" -m venv "$venv"
"$venv/bin/pip" install --disable-pip-version-check -q -r "$pins"
cp "$pins" "$venv/.installed"
