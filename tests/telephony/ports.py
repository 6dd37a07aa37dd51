"""Ports for one test run, chosen free; and waiting with a limit."""

from __future__ import annotations

import itertools
import random
import socket
import time
from collections.abc import Callable

KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM)


_next = itertools.count(random.SystemRandom().randrange(10_000, 20_000) // 2 * 2, 2)


def free_ports(count: int = 2) -> int:
    """The first of `count` ports in a row on loopback, even, free for UDP and TCP.

    Never the same twice in a run, and below the ports that the kernel gives to outgoing connections.
    """
    for _attempt in range(2000):
        first = 10_000 + (next(_next) - 10_000) % 22_000
        if all(_free(first + offset, kind) for offset in range(count) for kind in KINDS):
            for _taken in range(1, (count + 1) // 2):
                next(_next)
            return first
    raise RuntimeError("no free ports")


def _free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until(condition: Callable[[], object], limit: float) -> bool:
    """Whether the condition came true; asked every 50 ms."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())
