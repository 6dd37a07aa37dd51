"""Whose turn it is: the sound of the line in, what the call does next out.

One `TurnTaker` per call. The call loop gives it everything that happens and does what it answers:

    taker = TurnTaker(settings, line.incoming.rate, ears)       # ears: Ears.open(settings), for all calls
    async for received in line.received():
        step = taker.audio(received.pcm, received.at)           # Audio of any length
        if step.hear: text = await listening.feed(step.hear)    # only while the caller speaks, pre-roll first
        events = step.events + taker.text(text, received.at)    # the text so far, whenever it is known
    taker.digit(at), taker.tick(at)                             # tick when no audio came for a while

and tells it what our side does: `bot_started(at, says)` when the first sound goes to the line,
`bot_finished(at)` when it has been heard (`Line.drained`), `mute(at)` and `unmute(at)` around the notice,
`expect(...)` when the question that awaits an answer begins to sound. Every one of these returns events:

    CallerStarted   open a recogniser; `step.hear` of the same step begins with the sound before the start.
                    `again`: within a second of the last turn's end and before our answer: the same thought
                    goes on, so drop the answer being prepared and put the texts together.
    Hold            stop playback now (flush), keep what was not heard: it may have to go on.
    Resume          go on where playback was held, and abandon the recogniser: it was «угу» or a noise.
    Judge           recognise `sound` against the grammar `words.SHORT`, beside what is being recognised, and
                    give it to `verdict(text, confidence, at)`. Without it in 0.4 s the text so far decides.
    BargeIn         the rest of the answer is dropped for good. Comes after Hold (or with a digit, at once).
    Dismissed       abandon the recogniser: a noise without words while we were silent.
    TurnEnded       finish the recogniser, answer. `reason` is why now.
    TurnCapped      the same, but the caller was cut: `why` is `length`, or `wordless` (music, noise).
    Silence         nobody says anything; `n` counts from 1 and starts anew with a turn or a digit.

Our side is silent after BargeIn, without `bot_finished`. While held our side counts as speaking.
"""

from voice.turn_taking.endpoint import DICTATION, FREE, YES_NO, Expected, find_turn_model, number
from voice.turn_taking.floor import (
    BargeIn,
    CallerStarted,
    Dismissed,
    Event,
    Floor,
    Hold,
    Judge,
    Resume,
    Silence,
    TurnCapped,
    TurnEnded,
)
from voice.turn_taking.taker import Ears, Step, TurnTaker

__all__ = [
    "DICTATION",
    "FREE",
    "YES_NO",
    "BargeIn",
    "CallerStarted",
    "Dismissed",
    "Ears",
    "Event",
    "Expected",
    "Floor",
    "Hold",
    "Judge",
    "Resume",
    "Silence",
    "Step",
    "TurnCapped",
    "TurnEnded",
    "TurnTaker",
    "find_turn_model",
    "number",
]
