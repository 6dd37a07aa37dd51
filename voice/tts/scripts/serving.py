"""A process that speaks, seen from inside: what it is asked comes on standard input, sound leaves on output.

In: four bytes of length, then JSON, `{"text", "locale", "speed"}`. Out: four bytes of length, one of kind,
then the content: `r` ready, JSON with the rate; `a` sound, 16-bit mono; `e` that was all of it; `x` it
failed, JSON. Only the standard library: the engine may live in another environment than the product.
"""

import ctypes
import json
import os
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PIECE_BYTES = 16384  # of sound in one frame
Tell = Callable[[bytes], None]  # of sound that is ready
Speak = Callable[[str, str, float, Tell], None]  # text, locale, speed


def serve(opened: Callable[[], tuple[int, Speak]]) -> None:
    """Opens the engine, says its rate, then says what is asked until the asker is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    asks, sound = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # engines ask
    os.dup2(2, 1)  # and print
    try:
        rate, speak = opened()
    except Exception as error:
        _tell(sound, b"x", _json({"error": _said(error)}))
        sys.exit(1)
    _tell(sound, b"r", _json({"rate": rate}))

    def tell(pcm: bytes) -> None:
        for start in range(0, len(pcm), PIECE_BYTES):
            _tell(sound, b"a", pcm[start : start + PIECE_BYTES])

    for asked in _asked(asks):
        try:
            speak(asked["text"], asked["locale"], asked["speed"], tell)
        except BrokenPipeError:
            return
        except Exception as error:
            _tell(sound, b"x", _json({"error": type(error).__name__}))  # its message may hold the text
        else:
            _tell(sound, b"e", b"")


def _asked(source: BinaryIO) -> Iterator[dict[str, Any]]:
    while len(head := source.read(4)) == 4:
        (size,) = struct.unpack(">I", head)
        yield json.loads(source.read(size))


def _tell(sound: BinaryIO, kind: bytes, content: bytes) -> None:
    sound.write(struct.pack(">Ic", len(content), kind) + content)
    sound.flush()


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
