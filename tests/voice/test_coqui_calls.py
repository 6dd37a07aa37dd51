"""A neural voice in a call: coqui-tts speaks, and when its process dies espeak says the rest."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from another import another
from caller import Caller, World, calling

from tests.voices import COQUI_VENV, coqui_voice
from voice.audio import loudness

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]
LOADED_S = 240


async def test_coqui_speaks_and_espeak_takes_over(world: World, tmp_path: Path) -> None:
    model = coqui_voice(tmp_path / "model")
    async with another(world, tts="coqui,espeak", tts_model=str(model), coqui_venv=COQUI_VENV) as neural:
        async with asyncio.timeout(LOADED_S):
            while neural.gateway.problem is not None:
                await asyncio.sleep(0.2)
        worker = neural.gateway._voice._engine._engines[0].worker  # type: ignore[attr-defined]  # of the test's choice

        async def scene(caller: Caller) -> None:
            await caller.until_spoken()
            assert loudness(bytes(caller.line.heard)) > -50
            assert "робот" not in await caller.words()  # random weights say nothing that is understood
            model.rename(tmp_path / "gone")  # or it is back before the answer, which nobody would understand
            os.kill(worker.pid, signal.SIGKILL)
            await caller.say("какой статус моей заявки")
            assert "минут" in await caller.hears()

        async def played() -> None:
            async with calling(neural, "+79000000601") as caller:
                await scene(caller)

        await neural.gateway.on_calls(played())
