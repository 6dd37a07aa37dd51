"""One call from the first word to the hand-over: who speaks next and what.

`Senses` hear, `Mouth` speaks, `Talk` is the conversation. Here is the order of things: notice, greeting,
turns, questions of the call's own (go on? call back? a score), silence, and the ways out. Whatever breaks,
the caller is handed to a person.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from bot.core.errors import FrontlineError
from voice.call.errands import Errand
from voice.call.expecting import expected
from voice.call.happenings import OPERATOR, Deaf, Gone, Happening, Happenings, Keyed, Late, Utterance
from voice.call.means import Means
from voice.call.mouth import Mouth, Spoken
from voice.call.questions import Question, Way
from voice.call.recording import start_recording
from voice.call.senses import Senses
from voice.call.talk import Reply, Talk
from voice.ports import HANGUP, Heard, Line, Manner, NextStep
from voice.tts.sentences import parts, sentences
from voice.turn_taking import FREE, YES_NO

FILL_S = (1.0, 5.0)  # of thinking, after which the caller is told that we are at it
THINKING_S = 20.0  # after which we give up
PART_S = 25.0  # of speech without a question whether to go on
SLOWER, LOUDER, SLOWEST, LOUDEST = 0.8, 1.4, 0.5, 2.5
GRACE_S = 5.0  # for the line to end after we left
CALL_BACK = "/call_me_back"
BROKEN_S = 10.0  # for each of the last things that are tried when something is broken
UNSPOKEN = Spoken("", complete=False, first_sound=None)
NOBODY = "nobody"  # purpose of a call that comes back from a queue where nobody answered
log = structlog.get_logger(__name__)


class Call:
    """`run` once; it returns when the line is given back."""

    def __init__(self, line: Line, talk: Talk, means: Means) -> None:
        self._line, self._talk, self._means = line, talk, means
        self._script, self._settings = means.script, means.settings
        self._happenings = Happenings()
        self._begun = time.monotonic()
        recorded = self._settings.record
        self._recording = start_recording(line.incoming, means.recordings, self._begun) if recorded else None
        self._senses = Senses(line, means, self._recording, self._happenings.tell)
        self._mouth = self._senses.mouth = Mouth(
            line,
            means.speak,
            self._recording,
            on_started=self._senses.bot_started,
            on_finished=self._senses.bot_finished,
        )
        self._asked: Question | None = None
        self._last: Sequence[str] = ()  # what was said last, to be repeated
        self._waits = ""  # the sentence that awaits an answer
        self._carried = ""  # said before an answer that nobody waited for
        self._quiets = 0
        self._menu = False
        self._parting = False  # the caller has said goodbye
        self._errand: Errand | None = None  # why we have called

    async def run(self) -> None:
        hearing = asyncio.create_task(self._senses.run())
        loop = asyncio.get_running_loop()
        cap = loop.call_later(self._settings.call_cap_s, self._happenings.tell, Late())
        step = NextStep("queue", topic="trouble")
        try:
            step = await self._conduct()
        except FrontlineError as error:
            log.warning("call.failed", call=self._line.incoming.id, code=error.code)
            step = await self._broken()
        except Exception as error:  # a caller is never lost to a defect
            log.exception("call.failed", call=self._line.incoming.id, error=type(error).__name__)
            step = await self._broken()
        finally:
            cap.cancel()
            await self._line.leave(step)
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(hearing, GRACE_S)
            await self._senses.close()
            await self._close(step)

    async def _conduct(self) -> NextStep:
        await self._talk.open()
        incoming = self._line.incoming
        await self._note("call.started", {"carrier": incoming.carrier, "purpose": incoming.purpose})
        if incoming.purpose == NOBODY:
            await self._ask(self._nobody_free("", await self._talk.wait()))
        elif self._means.errands and (errand := await self._means.errands.of(incoming)):
            self._errand = errand
            if (step := await self._tell(errand)) is not None:
                return step
        else:
            await self._greet()
        while True:
            step = await self._react(await self._happenings.next())
            if step is not None:
                return step

    async def _greet(self) -> None:
        await self._notice()
        await self._say(self._text("greeting_again" if self._talk.known else "greeting"), ask=True)

    async def _notice(self) -> None:
        """It is heard to its end, then the caller may speak at any time."""
        self._senses.mute()
        await self._say(self._text("notice_recorded" if self._recording else "notice"))
        self._senses.unmute()

    async def _tell(self, errand: Errand) -> NextStep | None:
        """We have called: says why to a person; a machine is left, and called again."""
        await self._notice()
        await self._say(self._text(errand.phrase, topic=errand.call.topic), ask=True)
        if not await errand.ended(gone=self._senses.gone, machine=self._senses.machine):
            return HANGUP
        if errand.is_survey:
            self._parting = True  # after the score there is nothing more
            return await self._turn(self._talk.say(Heard(), choice=errand.question))
        if self._talk.people() > 0:
            return await self._call_person()
        await self._say(self._text("greeting"), ask=True)
        return None

    async def _react(self, happening: Happening) -> NextStep | None:
        match happening:
            case Gone():
                return HANGUP
            case Late():
                return await self._call_person("too_long", ask=False)
            case Deaf():
                return await self._call_person("deaf", ask=False)
            case Keyed():
                self._quiets = 0
                return await self._keyed(happening.digits)
            case Utterance(heard=heard) if heard.text:
                self._quiets = 0
                self._observe("endpoint", happening.ended - happening.voice_ended)
                self._observe("recognise", time.monotonic() - happening.ended)
                return await self._utterance(happening)
            case _:
                return await self._quiet()

    async def _utterance(self, happening: Utterance) -> NextStep | None:
        heard = happening.heard
        match self._script.command(heard.text):
            case "repeat":
                await self._repeat()
                return None
            case "slower":
                manner = self._mouth.manner
                await self._manner("slower_done", replace(manner, speed=max(SLOWEST, manner.speed * SLOWER)))
                return None
            case "louder":
                manner = self._mouth.manner
                await self._manner(
                    "louder_done", replace(manner, volume=min(LOUDEST, manner.volume * LOUDER))
                )
                return None
            case "no_calls" if self._errand is not None:
                await self._errand.refused()
                await self._say(self._text("no_calls_done"))
                return HANGUP
        if (way := await self._own(heard.text)) is not None:
            return way.step
        if self._carried:
            heard = replace(heard, text=f"{self._carried} {heard.text}")
            self._carried = ""
        return await self._turn(self._talk.say(heard), heard.text, happening.voice_ended)

    async def _keyed(self, digits: str) -> NextStep | None:
        if digits == "*":
            await self._repeat()
            return None
        if digits == OPERATOR.digits:
            return await self._call_person()
        if (way := await self._own(digits)) is not None:
            return way.step
        payload = self._script.menu_payload(digits) if self._menu else None
        self._menu = False
        if payload is not None:
            return await self._turn(self._talk.say(Heard(), choice=payload))
        return await self._turn(self._talk.say(Heard(digits)))

    async def _turn(
        self, saying: Coroutine[Any, Any, Reply], text: str = "", voice_ended: float | None = None
    ) -> NextStep | None:
        started = time.monotonic()
        reply = await self._thought(saying)
        self._observe("think", time.monotonic() - started)
        if self._senses.again and reply.asks is None and reply.topic is None and text:
            self._carried = text  # the caller goes on: nobody waits for this answer
            await self._unheard(reply, "")
            return None
        return await self._answer(reply, voice_ended)

    async def _thought(self, saying: Coroutine[Any, Any, Reply]) -> Reply:
        """Waits for the reply; the caller is told when it takes long."""
        thinking = asyncio.create_task(saying)
        try:
            for variant, seconds in enumerate(FILL_S):
                done, _ = await asyncio.wait({thinking}, timeout=seconds)
                if done:
                    break
                with suppress(FrontlineError):  # the answer may be one that can be said
                    await self._say(self._text("filler", variant=variant))
            return await asyncio.wait_for(thinking, THINKING_S)
        finally:
            thinking.cancel()

    async def _answer(self, reply: Reply, voice_ended: float | None = None) -> NextStep | None:
        if not reply.text:
            return await self._hand_over(reply.topic or "")
        self._menu = False
        options = self._script.options_text(reply.options, self._talk.locale)
        spoken_text = self._script.spoken(f"{reply.text} {options}".strip(), self._talk.locale)
        first, *rest = parts(spoken_text, PART_S) or [""]
        self._senses.expect(expected(reply.asks), self._talk.locale)
        spoken = UNSPOKEN
        if not self._happenings.keyed:
            spoken = await self._say(first, ask=True, voice_ended=voice_ended)
        if not spoken.complete:
            await self._unheard(reply, spoken.text)
        if reply.topic is not None:
            return await self._hand_over(reply.topic)
        if reply.over or self._parting:
            self._parting = True  # the conversation may still ask how it was
            if reply.asks is None:
                return HANGUP
        if rest and spoken.complete:
            await self._offer_more(rest)
        return None

    async def _own(self, text: str) -> Way | None:
        """The answer to a question of the call's own; None: it is for the conversation."""
        asked, self._asked = self._asked, None
        if asked is None:
            return None
        self._senses.expect(FREE, self._talk.locale)
        return await asked.answered(text)

    async def _ask(self, question: Question) -> None:
        self._senses.expect(question.awaited, self._talk.locale)
        await self._say(self._text(question.phrase, minutes=question.minutes), ask=True)
        self._asked = question

    async def _offer_more(self, rest: Sequence[str]) -> None:
        async def answered(text: str) -> Way | None:
            match self._script.command(text):
                case "yes":
                    spoken = await self._say(rest[0], ask=True)
                    if rest[1:] and spoken.complete:
                        await self._offer_more(rest[1:])
                    return Way()
                case "no":
                    await self._say(self._text("no_more"), ask=True)
                    return Way()
            return None

        await self._ask(Question("go_on", YES_NO, answered))

    async def _hand_over(self, topic: str, *, ask: bool = True) -> NextStep | None:
        """To a person; where nobody is at work, to a call back if the caller likes and may be asked."""
        if not self._line.incoming.pbx:
            await self._say(self._text("person_in_chat"))
            return HANGUP
        if self._talk.people() > 0 or not ask:
            if (minutes := await self._talk.wait()) is not None:
                await self._say(self._text("wait", minutes=minutes))
            if self._settings.warm_transfer != "off":
                await self._say(self._text("warm"))
            return self._to_person(topic)
        await self._ask(self._nobody_free(topic))
        return None

    def _nobody_free(self, topic: str, minutes: int | None = None) -> Question:
        async def answered(text: str) -> Way | None:
            if self._script.command(text) == "yes":
                return Way(await self._turn(self._talk.say(Heard(), choice=CALL_BACK)))
            await self._say(self._text("stay"))
            return Way(self._to_person(topic))

        return Question("nobody_free", YES_NO, answered, minutes)

    async def _quiet(self) -> NextStep | None:
        if self._parting:
            await self._say(self._text("bye"))
            return HANGUP
        if self._asked is not None and self._asked.key == "nobody_free":
            await self._say(self._text("stay"))
            return self._to_person("")
        self._quiets += 1
        match self._quiets:
            case 1 if self._waits:
                await self._say(self._text("silence_waiting", question=self._waits), ask=True)
            case 1:
                await self._say(self._text("silence_first"), ask=True)
            case 2:
                await self._say(self._text("silence_second"), ask=True)
            case 3:
                self._menu = True
                self._asked = None
                self._senses.expect(FREE, self._talk.locale)
                await self._say(self._script.menu_text(self._talk.locale), ask=True)
            case _:
                return await self._call_person("silence_person")
        return None

    async def _repeat(self) -> None:
        await self._speak(self._last or sentences(self._text("greeting")))

    async def _manner(self, done: str, manner: Manner) -> None:
        """Speaks otherwise from now on, and says again what was not understood."""
        self._mouth.manner = manner
        await self._speak([self._text(done), *self._last])

    async def _call_person(self, key: str | None = None, *, ask: bool = True) -> NextStep | None:
        """The conversation goes to a person, with its context; `key` says why the call itself wants that.

        Without `ask` no question follows, as its answer would not be heard, or comes too late; what is said
        is said to its end, whatever sounds on the line.
        """
        if not ask:
            self._senses.mute()
        if key is not None:
            await self._say(self._text(key))
        reply = await self._thought(self._talk.call_person())
        if key is None and reply.text:
            await self._say(reply.text)
        return await self._hand_over(reply.topic or key or "", ask=ask)

    async def _broken(self) -> NextStep:
        """What can still be done when something of ours is broken."""
        self._senses.mute()
        for work in (partial(self._say, self._text("trouble")), self._talk.call_person):
            try:
                await asyncio.wait_for(work(), BROKEN_S)
            except (FrontlineError, TimeoutError) as error:
                log.warning("call.broken", call=self._line.incoming.id, error=type(error).__name__)
            except Exception as error:
                log.exception("call.broken", call=self._line.incoming.id, error=type(error).__name__)
        return self._to_person("trouble")

    def _to_person(self, topic: str) -> NextStep:
        kind, _, target = self._settings.transfer.partition(":")
        talk = self._talk
        return NextStep(kind, target, talk.topic(topic), talk.conversation_id, talk.card_url)

    async def _say(self, text: str, *, ask: bool = False, voice_ended: float | None = None) -> Spoken:
        """Speaks; with `ask` this is what "repeat" repeats, and its question what silence is reminded of."""
        said = sentences(self._script.spoken(text, self._talk.locale))
        if ask:
            self._last = said
            self._waits = said[-1] if said and said[-1].rstrip().endswith("?") else ""
        return await self._speak(said, voice_ended)

    async def _speak(self, said: Sequence[str], voice_ended: float | None = None) -> Spoken:
        if self._senses.gone:
            return UNSPOKEN
        begun = time.monotonic()
        self._mouth.manner = replace(self._mouth.manner, locale=self._talk.locale)
        spoken = await self._mouth.say(said)
        self._happenings.forget_silence()
        if spoken.first_sound is not None:
            self._observe("voice", spoken.first_sound - begun)
            if voice_ended is not None:
                self._observe("answer", spoken.first_sound - voice_ended)
        return spoken

    async def _unheard(self, reply: Reply, heard: str) -> None:
        """The caller has heard only so much of the reply."""
        if reply.seq is not None:
            await self._note("call.heard", {"seq": reply.seq, "text": heard})

    def _text(self, key: str, **values: object) -> str:
        variant = int(str(values.pop("variant", 0)))
        return self._script.say(key, self._talk.locale, variant=variant, **values)

    async def _note(self, kind: str, data: Mapping[str, Any], once: str | None = None) -> None:
        """What cannot be written is not worth a caller."""
        try:
            await self._talk.note(kind, data, once=once)
        except FrontlineError as error:
            log.warning("call.not_noted", call=self._line.incoming.id, kind=kind, code=error.code)

    def _observe(self, stage: str, seconds: float) -> None:
        self._means.observe(stage, seconds)

    async def _close(self, step: NextStep) -> None:
        data: dict[str, Any] = {"seconds": round(time.monotonic() - self._begun, 1), "step": step.kind}
        if self._recording is not None:
            try:
                data["recording"] = (await asyncio.to_thread(self._recording.close)).name
            except OSError as error:
                log.warning("call.not_recorded", call=self._line.incoming.id, error=error.strerror)
        if self._talk.conversation_id:
            await self._note("call.ended", data)
        if self._errand is not None:
            with suppress(FrontlineError):
                await self._errand.rated(self._talk.conversation_id)
