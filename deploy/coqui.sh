#!/bin/sh
# Makes the environment of the voice `coqui` in $2, once; deploy/coqui.txt pins all of it.
# torch comes without CUDA where the index has such a build. torchaudio's own extensions are linked to CUDA:
# coqui-tts uses what torchaudio does in Python, and imports it only when they are gone.
set -eu
pins=$(dirname "$0")/coqui.txt
python=$1
venv=$2

cmp -s "$pins" "$venv/.installed" && exit 0
"$venv/bin/python" -c '' 2>/dev/null || "$python" -m venv "$venv"
"$venv/bin/pip" install --disable-pip-version-check -q -r "$pins"
rm -f "$venv"/lib/python3*/site-packages/torchaudio/lib/*.so
"$venv/bin/python" -c 'from TTS.api import TTS' || { echo "coqui-tts does not import" >&2; exit 1; }
cp "$pins" "$venv/.installed"
