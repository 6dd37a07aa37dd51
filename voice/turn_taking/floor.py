"""Whose turn it is: a state machine without a clock, without sound and without waiting.

It is told, with the moment, whether each frame holds a voice, what was recognised so far and what our side
does, and answers with events (what they ask of the call: `voice.turn_taking`).

While our side speaks, a voice stops playback at once and is judged afterwards: a caller who interrupts must
hear silence within 200 ms, and no recogniser tells «угу» from «угол» in that time. What turns out to be a
back-channel or a noise costs a breath (`Resume`), not the answer. A line that echoes our speech or crackles
would stutter so; there only words stop us (`wary`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.turn_taking import words
from voice.turn_taking.endpoint import FREE, Expected, Patience, Pauses, patience

FRAME_S = 0.02
JOIN_S = 0.16  # pauses within a word and between words of one breath
START_S = 0.06  # of voice that opens a turn while our side is silent
HOLD_S = 0.02  # of voice that stops playback
SUSTAINED_S = 1.4  # of voice that takes the floor whatever its words
ASK_S = 0.2  # of silence before the turn model is asked; it was trained with about as much
NOISE_S = 0.25  # less voice than this without a word is none
LONG_S = 1.1  # of voice: more than a back-channel; its words are believed before it ends
JUDGE_S = 0.2  # of silence after which a shorter voice is judged
SURE = 0.9  # of a command in the verdict; «так» is taken for «стоп» with less
SHORT_S = 0.6  # of voice: a shorter one takes the floor by a word that is known to do so only
SETTLED_S = 0.2  # for which the text has not changed
UNCLEAR_S = 0.6  # of silence after which we go on: neither words nor a verdict come any more
WORDLESS_CAP_S = 8.0  # of voice without a new word: music, a television
FRESH_S = 0.4  # of silence after which a voice that was capped is believed again
AGAIN_S = 1.0
NOISES = 2  # in a row for which playback was held in vain, before only words stop it


@dataclass(frozen=True, slots=True)
class Event:
    at: float


@dataclass(frozen=True, slots=True)
class CallerStarted(Event):
    """`since`: when the voice began. `again`: it goes on with the turn that has just ended."""

    since: float
    again: bool = False


@dataclass(frozen=True, slots=True)
class Hold(Event):
    pass


@dataclass(frozen=True, slots=True)
class Resume(Event):
    """`why`: `backchannel`, `noise`, `echo` of our own speech, `unclear`: too short for words."""

    why: str


@dataclass(frozen=True, slots=True)
class BargeIn(Event):
    """`why`: `words`, `sustained` or `digit`."""

    why: str


@dataclass(frozen=True, slots=True)
class Dismissed(Event):
    pass


@dataclass(frozen=True, slots=True)
class AskModel(Event):
    """The caller pauses: is the thought finished? For the owner of the sound; see `Floor.opinion`."""


@dataclass(frozen=True, slots=True)
class Judge(Event):
    """A short voice during our speech is over: was it «угу»? `sound` is for the grammar `words.SHORT`."""

    sound: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class TurnEnded(Event):
    """`voice_ended`: the last moment of voice. `reason`: see `endpoint.Patience`."""

    voice_ended: float
    reason: str


@dataclass(frozen=True, slots=True)
class TurnCapped(Event):
    why: str


@dataclass(frozen=True, slots=True)
class Silence(Event):
    n: int


@dataclass(slots=True)
class _Utterance:
    since: float
    voiced: float
    text: str = ""
    news_at: float = 0.0  # when the text last changed
    asked: bool = False
    done: float | None = None  # what the turn model said of this pause
    judged: bool = False
    verdict: str | None = None  # what was recognised against `words.SHORT`


class Floor:
    """One per call. Moments never go back; an earlier one is taken for the latest known."""

    def __init__(self, pauses: Pauses, *, turn_cap_s: float = 60.0, silence_prompt_s: float = 7.0) -> None:
        self._pauses = pauses
        self._turn_cap_s, self._silence_prompt_s = turn_cap_s, silence_prompt_s
        self.expected: Expected = FREE
        self.speaking = False  # our side; a held answer counts
        self.held = False
        self.muted = False
        self._says = ""
        self._now = 0.0
        self._utterance: _Utterance | None = None
        self._stretch, self._voiced = 0.0, 0.0  # where the voice of now began, how much of it there is
        self._last_voice = float("-inf")
        self._capped = False  # the voice of now has had its turn
        self._ended_at = float("-inf")  # the last turn, until our answer begins
        self._quiet_since: float | None = None
        self._silences = 0
        self._noises = 0  # in a row; an echo counts as enough of them

    @property
    def wary(self) -> bool:
        return self._noises >= NOISES

    @property
    def listening(self) -> bool:
        """Whether the caller's voice is being recognised."""
        return self._utterance is not None

    def frame(self, voice: bool, now: float) -> list[Event]:
        """20 ms of sound that end at `now`."""
        now = self._moment(now)
        if voice:
            if now - self._last_voice > JOIN_S:
                self._stretch, self._voiced = now - FRAME_S, 0.0
                if now - self._last_voice > FRESH_S:
                    self._capped = False
            self._voiced += FRAME_S
            self._last_voice = now
            if self._utterance:
                self._utterance.voiced += FRAME_S
                self._utterance.asked, self._utterance.done = False, None
                self._utterance.judged, self._utterance.verdict = False, None
        return self._go_on(now)

    def text(self, partial: str, now: float) -> list[Event]:
        """What was recognised of this utterance so far."""
        now = self._moment(now)
        if self._utterance and partial != self._utterance.text:
            self._utterance.text, self._utterance.news_at = partial, now
        return self._go_on(now)

    def opinion(self, done: float, now: float) -> list[Event]:
        """The turn model's answer to `AskModel`; late ones, after the voice came back, are dropped."""
        now = self._moment(now)
        if self._utterance and self._utterance.asked:
            self._utterance.done = done
        return self._go_on(now)

    def verdict(self, text: str, confidence: float, now: float) -> list[Event]:
        """The answer to `Judge`; late ones, after the voice came back, are dropped."""
        now = self._moment(now)
        if self._utterance and self._utterance.judged:
            awaited = self.expected.kind == "yes_no"
            doubted = confidence < SURE and words.is_command(text) and not awaited
            self._utterance.verdict = "" if doubted else text
        return self._go_on(now)

    def tick(self, now: float) -> list[Event]:
        return self._go_on(self._moment(now))

    def digit(self, now: float) -> list[Event]:
        """A key takes the floor; the voice that is heard meanwhile stays an utterance of its own."""
        now = self._moment(now)
        self._silences = 0
        if self._quiet_since is not None:
            self._quiet_since = now
        if not self.speaking or self.muted:
            return []
        self._fall_silent()
        self._quiet_since = None if self._utterance else now
        return [BargeIn(now, "digit")]

    def bot_started(self, now: float, says: str = "") -> list[Event]:
        """`says`: the text, by which an echo of it is known. Called again for each part of an answer."""
        now = self._moment(now)
        self.speaking, self._says = True, says
        self._quiet_since, self._ended_at = None, float("-inf")
        return self._go_on(now)

    def bot_finished(self, now: float) -> list[Event]:
        now = self._moment(now)
        if self.speaking:
            self._fall_silent()
            self._quiet_since = None if self._utterance else now
            self._capped = False  # music goes on: whoever speaks over it can be understood yet
        return self._go_on(now)

    def mute(self, now: float) -> list[Event]:
        """From now on the caller is not heard; an utterance that is open is dropped."""
        now = self._moment(now)
        self.muted = True
        return self._dismiss(now, "noise") if self._utterance else []

    def unmute(self, now: float) -> list[Event]:
        """A voice that is going on counts from now."""
        now = self._moment(now)
        self.muted = False
        self._stretch, self._voiced = max(self._stretch, now), 0.0
        return self._go_on(now)

    def _moment(self, now: float) -> float:
        self._now = max(self._now, now)
        return self._now

    def _fall_silent(self) -> None:
        self.speaking, self.held, self._says = False, False, ""

    def _go_on(self, now: float) -> list[Event]:
        events = [] if self._utterance else self._opened(now)
        if self._utterance is None:
            return events + self._silent(now)
        if self.speaking and not self.held and not self.wary:
            self.held = True
            events.append(Hold(now))
        judge = self._contest if self.speaking else self._turn
        return events + judge(self._utterance, now)

    def _opened(self, now: float) -> list[Event]:
        needed = HOLD_S if self.speaking else START_S
        if self.muted or self._capped or self._voiced < needed - 1e-6 or now - self._last_voice > JOIN_S:
            return []
        self._utterance = _Utterance(self._stretch, self._voiced, news_at=now)
        self._quiet_since = None
        return [CallerStarted(now, self._stretch, again=now - self._ended_at <= AGAIN_S)]

    def _contest(self, heard: _Utterance, now: float) -> list[Event]:
        """The voice came while our side speaks: an interruption or not?"""
        silence = now - self._last_voice
        if words.is_echo(heard.text, self._says):
            return self._in_vain(now, "echo") if silence >= JUDGE_S else []
        if heard.voiced >= LONG_S and heard.text and not self._is_backchannel(heard.text):
            return self._barge_in(heard, now, "words")
        if heard.voiced >= SUSTAINED_S and self.held:
            return self._barge_in(heard, now, "sustained")
        if silence < JUDGE_S:
            return []
        if not heard.judged:
            heard.judged = True
            return [Judge(now)]
        return self._after(heard, silence, now)

    def _after(self, heard: _Utterance, silence: float, now: float) -> list[Event]:
        """A short voice during our speech is over."""
        settled = silence >= UNCLEAR_S and now - heard.news_at >= SETTLED_S
        verdict = heard.verdict
        if verdict is not None:
            if words.is_command(verdict, yes_no=self.expected.kind == "yes_no"):
                return self._barge_in(heard, now, "words")
            if self._is_backchannel(verdict):
                return self._in_vain(now, "backchannel")
        if not settled:
            return []
        why = self._why_in_vain(heard)
        return self._in_vain(now, why) if why else self._barge_in(heard, now, "words")

    def _why_in_vain(self, heard: _Utterance) -> str:
        if not heard.text:
            return "noise"
        if self._is_backchannel(heard.text):
            return "backchannel"
        telling = words.asks(heard.text) or words.is_command(heard.text)
        return "unclear" if heard.voiced < SHORT_S and not telling else ""

    def _is_backchannel(self, text: str) -> bool:
        return words.is_backchannel(text, yes_no=self.expected.kind == "yes_no")

    def _in_vain(self, now: float, why: str) -> list[Event]:
        self._noises = NOISES if why == "echo" else self._noises + (why == "noise")
        return self._dismiss(now, why)

    def _barge_in(self, heard: _Utterance, now: float, why: str) -> list[Event]:
        self._noises = 0 if why == "words" else self._noises
        self._fall_silent()
        return [BargeIn(now, why), *self._turn(heard, now)]

    def _turn(self, heard: _Utterance, now: float) -> list[Event]:
        if now - heard.since >= self._turn_cap_s:
            return self._cap(now, "length")
        silence = now - self._last_voice
        if not heard.text and heard.voiced < NOISE_S and silence >= UNCLEAR_S:
            return self._dismiss(now, "noise")
        if silence <= JOIN_S and now - heard.news_at >= WORDLESS_CAP_S:
            return self._cap(now, "wordless")
        wait = self.patience
        if silence >= wait.seconds:
            self._utterance, self._ended_at, self._silences = None, now, 0
            self._voiced = 0.0
            return [TurnEnded(now, self._last_voice, wait.reason)]
        if silence >= ASK_S and not heard.asked and wait.model:
            heard.asked = True
            return [AskModel(now)]
        return []

    @property
    def patience(self) -> Patience:
        """How long the pause of now may last, as far as is known."""
        heard = self._utterance
        return patience(
            self.expected, heard.text if heard else "", heard.done if heard else None, self._pauses
        )

    def _cap(self, now: float, why: str) -> list[Event]:
        self._utterance, self._ended_at, self._capped = None, float("-inf"), True
        self._voiced = 0.0
        return [TurnCapped(now, why)]

    def _dismiss(self, now: float, why: str) -> list[Event]:
        self._utterance, self._voiced = None, 0.0
        if self.held:
            self.held = False
            return [Resume(now, why)]
        self._quiet_since = now if not self.speaking else None
        return [Dismissed(now)]

    def _silent(self, now: float) -> list[Event]:
        if self._quiet_since is None or self.muted or now - self._quiet_since < self._silence_prompt_s:
            return []
        self._quiet_since = now  # the call speaks now; should it not, the next one comes as late
        self._silences += 1
        return [Silence(now, self._silences)]
