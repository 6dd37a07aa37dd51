"""Any sequence of sounds, texts, keys and speech of ours: the floor never stalls or contradicts itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voice.turn_taking import (
    FREE,
    YES_NO,
    BargeIn,
    CallerStarted,
    Dismissed,
    Event,
    Floor,
    Hold,
    Resume,
    Silence,
    TurnCapped,
    TurnEnded,
    number,
)
from voice.turn_taking.endpoint import Pauses

CAP_S = 5.0
TEXTS = st.sampled_from(["", "угу", "да", "стоп", "когда спишут платёж", "восемь девятьсот", "алло", "и"])
SECONDS = st.floats(0.02, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("voice"), SECONDS),
        st.tuples(st.just("quiet"), SECONDS),
        st.tuples(st.just("gap"), SECONDS),
        st.tuples(st.just("text"), TEXTS),
        st.tuples(st.just("verdict"), st.tuples(TEXTS, st.floats(0, 1))),
        st.tuples(st.just("opinion"), st.floats(0, 1)),
        st.tuples(st.just("expect"), st.sampled_from([FREE, YES_NO, number(10, 11), number()])),
        st.tuples(st.sampled_from(["digit", "started", "finished", "mute", "unmute"]), st.none()),
    ),
    max_size=40,
)


class World:
    """Applies steps and checks every event against what a call would believe."""

    def __init__(self) -> None:
        self.floor = Floor(Pauses(), turn_cap_s=CAP_S)
        self.now = 0.0
        self.hears = self.held = self.speaks = False
        self.since = 0.0

    def step(self, what: str, value: object) -> None:
        match what:
            case "voice" | "quiet":
                for _ in range(int(float(value) / 0.02)):  # type: ignore[arg-type] # seconds
                    self.now += 0.02
                    self.take(self.floor.frame(what == "voice", self.now))
            case "gap":
                self.now += float(value)  # type: ignore[arg-type] # seconds
                self.take(self.floor.tick(self.now))
            case "expect":
                self.floor.expected = value  # type: ignore[assignment] # an Expected
            case "started":
                self.speaks = True
                self.take(self.floor.bot_started(self.now, "Здравствуйте, чем помочь?"))
            case "finished":
                # A call that holds its playback has not finished it.
                if not self.held:
                    self.speaks = False
                    self.take(self.floor.bot_finished(self.now))
            case "digit" | "mute" | "unmute":
                self.take(getattr(self.floor, what)(self.now))
            case "verdict":
                assert isinstance(value, tuple)
                self.take(self.floor.verdict(*value, self.now))
            case _:
                self.take(getattr(self.floor, what)(value, self.now))

    def take(self, events: list[Event]) -> None:
        for event in events:
            assert event.at == self.now
            match event:
                case CallerStarted():
                    assert not self.hears
                    assert not self.floor.muted
                    self.hears, self.since = True, self.now
                case Hold():
                    assert self.speaks
                    assert not self.held
                    assert self.hears
                    self.held = True
                case Resume():
                    assert self.held
                    self.held = self.hears = False
                case BargeIn():
                    assert self.speaks
                    self.held = self.speaks = False
                case Dismissed():
                    assert self.hears
                    assert not self.held
                    self.hears = False
                case TurnEnded() | TurnCapped():
                    assert self.hears
                    assert not self.speaks
                    self.hears = False
                case Silence():
                    assert not self.hears
                    assert not self.speaks
        assert self.floor.speaking == self.speaks
        assert self.floor.held == self.held
        assert self.floor.listening == self.hears


@given(STEPS)
def test_events_agree_with_one_another(steps: list[tuple[str, object]]) -> None:
    world = World()
    for what, value in steps:
        world.step(what, value)


@given(STEPS, st.booleans())
def test_nothing_lasts_for_ever(steps: list[tuple[str, object]], voice: bool) -> None:
    """After anything at all, silence frees a held answer within seconds, and a voice is capped."""
    world = World()
    for what, value in steps:
        world.step(what, value)
    if voice and not world.speaks:
        world.step("voice", CAP_S + 1)
        assert not world.hears or world.now - world.since <= CAP_S + 1
    else:
        world.step("quiet", 4.0)
        assert not world.held
        assert not world.hears
