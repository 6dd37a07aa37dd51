"""The peer: a Pipecat pipeline of the same engines, in a process and an environment of its own.

`pipecat_bot.py OPTIONS.json`. Calls come by websocket as from Asterisk: frames of 20 ms at 8 kHz, both ways;
an interruption flushes what the caller's line still queues. Put together as Pipecat's own examples do it:
Silero and smart-turn of its package with their own parameters; a minimum of words, or silence, on demand.
Recogniser and voice are ours: Vosk in two threads, fed only while a voice is heard, and espeak-ng in one
process. In place of a language model the next of the given answers is said, at once.
"""

import asyncio
import itertools
import json
import struct
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvicorn
import vosk
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    OutputTransportMessageUrgentFrame,
    TranscriptionFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_start import MinWordsUserTurnStartStrategy
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner

RATE = 8000
PREROLL, STEP = int(0.5 * RATE) * 2, int(0.06 * RATE) * 2
STT_S = 0.35  # after speech, within which the text is there: 0.2 s until the voice has ended, then at once
VOICE, PACE = "ru+f5", "160"


class Frames(FrameSerializer):
    """Sound as it is; an interruption empties the queue of the line."""

    async def serialize(self, frame):
        if isinstance(frame, InterruptionFrame):
            return '{"command":"FLUSH_MEDIA"}'
        if isinstance(frame, OutputAudioRawFrame):
            return frame.audio
        if isinstance(frame, OutputTransportMessageUrgentFrame):
            return None if self.should_ignore_frame(frame) else json.dumps(frame.message)
        return None

    async def deserialize(self, data):
        return InputAudioRawFrame(data, RATE, 1) if isinstance(data, bytes) else None


class Vosk(STTService):
    """Hears between start and stop of the voice, with the sound before the start."""

    def __init__(self, model, threads):
        super().__init__(
            sample_rate=RATE, ttfs_p99_latency=STT_S, settings=STTSettings(model="vosk", language="ru")
        )
        self._vosk, self._threads = model, threads
        self._before = deque()
        self._recogniser, self._waiting, self._partial, self._said = None, bytearray(), "", ""

    async def run_stt(self, audio):
        if self._recogniser is None:
            self._before.append(audio)
            while sum(map(len, self._before)) > PREROLL:
                self._before.popleft()
        else:
            self._waiting += audio
            if len(self._waiting) >= STEP:
                pcm, self._waiting = bytes(self._waiting), bytearray()
                text = await self._in_thread(self._decode, pcm)
                if text and text != self._partial:
                    self._partial = text
                    yield InterimTranscriptionFrame(text, "", time_now_iso8601())
        yield None

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStartedSpeakingFrame) and self._recogniser is None:
            self._recogniser = vosk.KaldiRecognizer(self._vosk, RATE)
            self._waiting, self._partial, self._said = bytearray(b"".join(self._before)), "", ""
            self._before.clear()
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._recogniser is not None:
            text = await self._in_thread(self._finish, bytes(self._waiting))
            self._recogniser = None
            if text:
                await self.push_frame(TranscriptionFrame(text, "", time_now_iso8601(), finalized=True))

    def _decode(self, pcm):
        if self._recogniser.AcceptWaveform(pcm):
            self._said += " " + json.loads(self._recogniser.Result())["text"]
        return f"{self._said} {json.loads(self._recogniser.PartialResult())['partial']}".strip()

    def _finish(self, pcm):
        before = self._decode(pcm)
        text = f"{self._said} {json.loads(self._recogniser.FinalResult())['text']}".strip()
        return text or before

    async def _in_thread(self, work, pcm):
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, pcm)


class Voice:
    """Our espeak process, shared by all calls, one text at a time."""

    def __init__(self, worker):
        self._worker, self._turn, self.rate = worker, asyncio.Lock(), 0

    async def start(self):
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, self._worker, VOICE, "en-us+f5", PACE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, content = await self._read()
        self.rate = json.loads(content)["rate"]

    async def say(self, text):
        async with self._turn:
            asked = json.dumps({"text": text, "locale": "ru", "speed": 1.0}).encode()
            self._process.stdin.write(struct.pack(">I", len(asked)) + asked)
            kind, ended = b"", False
            try:
                while not ended:
                    kind, content = await self._read()
                    ended = kind != b"a"
                    if not ended:
                        yield content
            finally:
                while not ended:  # left early: the rest of this text is not the next one's
                    ended = (await self._read())[0] != b"a"

    async def _read(self):
        size, kind = struct.unpack(">Ic", await self._process.stdout.readexactly(5))
        return kind, await self._process.stdout.readexactly(size)


class Espeak(TTSService):
    def __init__(self, voice):
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=RATE,
            settings=TTSSettings(model=None, voice=VOICE, language="ru"),
        )
        self._speaker = voice

    async def run_tts(self, text, context_id):
        said = self._speaker.say(text)
        async for frame in self._stream_audio_frames_from_iterator(
            said, in_sample_rate=self._speaker.rate, context_id=context_id
        ):
            yield frame


class Answers(FrameProcessor):
    """In place of a language model."""

    def __init__(self, answers):
        super().__init__()
        self._answers = answers

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame):
            await self.push_frame(LLMFullResponseStartFrame())
            await self.push_frame(LLMTextFrame(next(self._answers)))
            await self.push_frame(LLMFullResponseEndFrame())
        else:
            await self.push_frame(frame, direction)


class Bot:
    def __init__(self, options):
        vosk.SetLogLevel(-1)
        self._options = options
        self._model = vosk.Model(options["model"])
        self._threads = ThreadPoolExecutor(2)
        self._answers = itertools.cycle(options["answers"])
        self._voice = Voice(options["worker"])

    async def start(self):
        await self._voice.start()

    async def answer(self, socket):
        """One call. `says` in the query is said at its beginning."""
        await socket.accept(subprotocol="media")
        transport = FastAPIWebsocketTransport(
            socket,
            FastAPIWebsocketParams(
                audio_in_enabled=True,
                audio_out_enabled=True,
                audio_in_sample_rate=RATE,
                audio_out_sample_rate=RATE,
                add_wav_header=False,
                serializer=Frames(),
            ),
        )
        words, silence = self._options["min_words"], self._options["silence_s"]
        strategies = UserTurnStrategies(
            start=[MinWordsUserTurnStartStrategy(min_words=words)] if words else None,
            stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=silence)] if silence else None,
        )
        pair = LLMContextAggregatorPair(
            LLMContext(),
            user_params=LLMUserAggregatorParams(
                user_turn_strategies=strategies, vad_analyzer=SileroVADAnalyzer(sample_rate=RATE)
            ),
        )
        worker = PipelineWorker(
            Pipeline(
                [
                    transport.input(),
                    Vosk(self._model, self._threads),
                    pair.user(),
                    Answers(self._answers),
                    Espeak(self._voice),
                    transport.output(),
                    pair.assistant(),
                ]
            ),
            params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
            idle_timeout_secs=None,
            enable_rtvi=False,
        )

        @pair.user().event_handler("on_user_turn_stopped")
        async def _ended(_aggregator, _strategy, _message):
            await worker.queue_frame(OutputTransportMessageUrgentFrame(message={"event": "turn"}))

        @transport.event_handler("on_client_connected")
        async def _connected(_transport, _client):
            if says := socket.query_params.get("says"):
                await worker.queue_frame(TTSSpeakFrame(says))

        @transport.event_handler("on_client_disconnected")
        async def _gone(_transport, _client):
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()


def main():
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    options = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    bot, app = Bot(options), FastAPI()

    @app.get("/ready")
    async def ready() -> bool:
        return True

    @app.websocket("/call")
    async def call(socket: WebSocket) -> None:
        await bot.answer(socket)

    app.router.on_startup.append(bot.start)
    uvicorn.run(app, host="127.0.0.1", port=options["port"], log_level="warning")


if __name__ == "__main__":
    main()
