"""Rasa's own command, run beside our server: `run.py train …`, `run.py run …`. Needs Rasa's environment.

The token comes from the environment, because everyone may read the list of processes. The process ends
with the one that started it, however that one ends.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if "train" in sys.argv[1:2]:
        os.nice(10)  # whoever serves customers meanwhile comes first
    token = os.environ.pop("RASA_AUTH_TOKEN", "")
    if token:
        sys.argv.append(f"--auth-token={token}")  # by itself a token that begins with - would be an option

    from rasa.__main__ import main as rasa

    rasa()


if __name__ == "__main__":
    main()
