#!/bin/sh
# Makes the environment of the engine `rasa` in $2, once: Rasa wants Python 3.10, we do not.
# deploy/rasa.txt pins all of it; when the file changes the environment is brought up to it.
set -eu
pins=$(dirname "$0")/rasa.txt
wanted=$1
venv=$2

find_python() {
    for candidate in "$wanted" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10*/bin/python3.10; do
        found=$(command -v "$candidate") || continue
        # pyenv puts a python3.10 on the PATH that only runs when a version is chosen
        "$found" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null || continue
        echo "$found"
        return
    done
    echo "Rasa 3.6 needs Python 3.10, and $wanted is not one; name it with make rasa PYTHON_RASA=/path/to/python3.10" >&2
    exit 1
}

cmp -s "$pins" "$venv/.installed" && exit 0
python=$(find_python)
"$venv/bin/python" -c '' 2>/dev/null || "$python" -m venv "$venv"
"$venv/bin/pip" install --disable-pip-version-check -q -r "$pins"
cp "$pins" "$venv/.installed"
