#!/bin/sh
# Resolves every extra in a fresh environment and writes what was installed to constraints.txt.
set -eu
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$1" -m venv "$fresh"
"$fresh/bin/pip" install -q -e '.[test,transformers]' 'torch==2.13.0'
{
    echo "# Everything that is installed, pinned. Rewrite with: make lock"
    "$fresh/bin/pip" freeze --exclude-editable | grep -v -e ' @ ' -e '^frontline' | sed 's/+cpu$//'
} > constraints.txt
