"""Whose turn it is, told frame by frame."""

from __future__ import annotations

from voice.turn_taking import (
    FREE,
    YES_NO,
    BargeIn,
    CallerStarted,
    Dismissed,
    Event,
    Expected,
    Floor,
    Hold,
    Judge,
    Resume,
    Silence,
    TurnCapped,
    TurnEnded,
    number,
)
from voice.turn_taking.endpoint import Pauses
from voice.turn_taking.floor import AskModel

SAYS = "Заём можно погасить досрочно в любой день."


class Line:
    """A floor and the clock of its sound."""

    def __init__(self, *, speaking: bool = False, expected: Expected = FREE, turn_cap_s: float = 60) -> None:
        self.floor = Floor(Pauses(), turn_cap_s=turn_cap_s)
        self.floor.expected = expected
        self.now = 0.0
        self.events: list[Event] = []
        if speaking:
            self.events += self.floor.bot_started(0.0, SAYS)

    def voice(self, seconds: float, text: str = "") -> Line:
        return self._frames(True, seconds).heard(text)

    def quiet(self, seconds: float) -> Line:
        return self._frames(False, seconds)

    def heard(self, text: str) -> Line:
        if text:
            self.events += self.floor.text(text, self.now)
        return self

    def _frames(self, voice: bool, seconds: float) -> Line:
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            self.events += self.floor.frame(voice, self.now)
        return self

    def took(self) -> list[type[Event]]:
        return [type(event) for event in self.events if not isinstance(event, AskModel)]

    def last(self) -> Event:
        return self.events[-1]

    def end(self) -> TurnEnded:
        ended = [event for event in self.events if isinstance(event, TurnEnded)]
        assert len(ended) == 1, self.events
        return ended[0]


def test_a_turn_begins_with_a_voice_and_ends_with_silence() -> None:
    line = Line().quiet(0.5).voice(1.0, "когда спишут платёж").quiet(1)
    assert line.took() == [CallerStarted, TurnEnded]
    end = line.end()
    assert round(end.at - end.voice_ended, 2) == 0.6
    assert end.reason == "silence"


def test_playback_stops_with_the_first_voice() -> None:
    line = Line(speaking=True).quiet(1).voice(0.1)
    hold = line.last()
    assert isinstance(hold, Hold)
    assert hold.at <= 1.05


def test_uhu_is_a_breath() -> None:
    line = Line(speaking=True).quiet(1).voice(0.3, "угол").quiet(0.3)
    assert line.took() == [CallerStarted, Hold, Judge]
    line.events += line.floor.verdict("угу", 1.0, line.now)
    assert isinstance(line.last(), Resume)
    assert line.floor.speaking
    assert not line.floor.held


def test_stop_is_no_uhu() -> None:
    line = Line(speaking=True).voice(0.4, "стоп").quiet(0.3)
    line.events += line.floor.verdict("стоп", 1.0, line.now)
    line.quiet(1)
    assert line.took() == [CallerStarted, Hold, Judge, BargeIn, TurnEnded]
    assert not line.floor.speaking


def test_a_doubtful_stop_is_no_command() -> None:
    line = Line(speaking=True).voice(0.24, "код").quiet(0.3)
    line.events += line.floor.verdict("стоп", 0.7, line.now)
    assert line.quiet(0.5).last() == Resume(line.last().at, "unclear")
    line = Line(speaking=True).voice(0.3, "стоп").quiet(0.3)
    line.events += line.floor.verdict("стоп", 0.7, line.now)
    assert BargeIn in line.quiet(0.5).took()


def test_without_a_verdict_the_text_decides() -> None:
    assert Line(speaking=True).voice(0.3, "ага").quiet(0.8).took()[-1] is Resume
    assert Line(speaking=True).voice(0.3, "почему").quiet(0.8).took()[3:] == [BargeIn, TurnEnded]
    assert Line(speaking=True).voice(0.8, "другой вопрос").quiet(0.8).took()[3:] == [BargeIn, TurnEnded]


def test_yes_is_an_answer_when_it_is_asked_for() -> None:
    for expected, outcome in ((FREE, Resume), (YES_NO, BargeIn)):
        line = Line(speaking=True, expected=expected).voice(0.3, "да").quiet(0.22)
        line.events += line.floor.verdict("да", 1.0, line.now)
        assert outcome in line.took()


def test_long_speech_takes_the_floor_before_it_ends() -> None:
    line = Line(speaking=True).voice(1.0, "а если я").voice(0.2)
    assert line.took() == [CallerStarted, Hold, BargeIn]


def test_a_sound_without_words_lets_us_go_on_and_comes_to_be_ignored() -> None:
    line = Line(speaking=True)
    for _ in range(2):
        line.voice(0.2).quiet(1)
    assert line.took() == [CallerStarted, Hold, Judge, Resume] * 2
    line.events.clear()
    line.voice(0.2).quiet(1)
    assert Hold not in line.took()
    line.events.clear()
    line.voice(1.2, "соедините с оператором").quiet(0.1)
    assert BargeIn in line.took()


def test_an_echo_of_ours_stops_us_once() -> None:
    line = Line(speaking=True).voice(0.6, "погасить досрочно").quiet(0.3)
    assert line.last() == Resume(line.last().at, "echo")
    line.events.clear()
    line.voice(0.6, "в любой день").quiet(0.3)
    assert Hold not in line.took()


def test_muted_until_the_notice_is_out() -> None:
    line = Line(speaking=True)
    line.events += line.floor.mute(0.0)
    line.voice(1)
    assert line.took() == []
    line.events += line.floor.unmute(line.now)
    assert line.voice(0.2).took() == [CallerStarted, Hold]


def test_a_cough_while_we_are_silent_is_dismissed() -> None:
    assert Line().voice(0.14).quiet(1).took() == [CallerStarted, Dismissed]


def test_a_dictated_number_is_waited_for_and_ends_when_it_is_whole() -> None:
    line = Line(expected=number(10, 11)).voice(0.5, "восемь").quiet(1.3)
    line.voice(1, "восемь девятьсот двадцать три").quiet(1.3)
    assert line.took() == [CallerStarted]
    whole = "восемь девятьсот двадцать три четыреста пятьдесят шесть семьдесят восемь ноль один"
    end = line.voice(1, whole).quiet(1).end()
    assert end.reason == "whole"
    assert end.at - end.voice_ended < 0.5


def test_a_whole_number_that_ends_in_tens_may_still_grow() -> None:
    text = "восемь девятьсот двадцать три четыреста пятьдесят шесть семьдесят восемь тридцать"
    assert TurnEnded not in Line(expected=number(10, 11)).voice(1, text).quiet(0.7).took()
    assert Line(expected=number(10, 11)).voice(1, text).quiet(0.9).end().reason == "whole"


def test_digits_nobody_asked_for_are_waited_for_too() -> None:
    line = Line().voice(1, "мой номер восемь девятьсот двадцать три").quiet(1.2)
    assert TurnEnded not in line.took()
    assert TurnEnded in Line().voice(1, "сто тысяч рублей").quiet(1.2).took()


def test_unfinished_words_are_waited_for() -> None:
    for text in ("у меня вопрос по", "здравствуйте", "можно ли", "мой номер"):
        assert TurnEnded not in Line().voice(1, text).quiet(1.0).took(), text
        assert TurnEnded in Line().voice(1, text).quiet(1.2).took(), text


def test_a_question_may_end_with_its_question_word() -> None:
    for text in ("ответ по займу когда", "пять процентов на что", "займ не мой", "я потерял телефон"):
        assert TurnEnded in Line().voice(1, text).quiet(0.7).took(), text
    for text in ("я хочу узнать когда", "скажите пожалуйста как", "а как", "это мой", "номер договора"):
        assert TurnEnded not in Line().voice(1, text).quiet(1.0).took(), text


def test_yes_ends_sooner() -> None:
    end = Line(expected=YES_NO).voice(0.3, "да").quiet(1).end()
    assert end.reason == "answer"
    assert end.at - end.voice_ended < 0.4


def test_the_turn_model_is_asked_once_a_pause_and_believed() -> None:
    for probability, least, most in ((0.99, 0.2, 0.55), (0.5, 0.59, 0.62), (0.01, 1.4, 1.6)):
        line = Line().voice(1, "когда спишут платёж").quiet(0.3)
        assert sum(isinstance(event, AskModel) for event in line.events) == 1
        line.events += line.floor.opinion(probability, line.now)
        end = line.quiet(2).end()
        assert least <= end.at - end.voice_ended <= most
        assert sum(isinstance(event, AskModel) for event in line.events) == 1


def test_an_opinion_of_an_earlier_pause_counts_for_nothing() -> None:
    line = Line().voice(1, "когда спишут платёж").quiet(0.24).voice(0.5)
    line.events += line.floor.opinion(0.99, line.now)
    end = line.quiet(1).end()
    assert end.reason == "silence"


def test_music_is_capped_and_can_be_spoken_over() -> None:
    line = Line().voice(30)
    assert line.took() == [CallerStarted, TurnCapped]
    assert line.last() == TurnCapped(line.last().at, "wordless")
    line.events.clear()
    line.floor.bot_started(line.now, SAYS)
    assert line.voice(3).took() == []
    line.events += line.floor.bot_finished(line.now)
    assert line.voice(1, "оператор").took() == [CallerStarted]


def test_a_monologue_is_capped() -> None:
    line = Line(turn_cap_s=10)
    for at in range(12):
        line.voice(1, " ".join(["слово"] * (at + 1)))
    assert TurnCapped in line.took()


def test_silence_is_counted_until_something_is_said() -> None:
    line = Line(speaking=True)
    for n in (1, 2):
        line.events += line.floor.bot_finished(line.now)
        line.quiet(7.1)
        assert line.last() == Silence(line.last().at, n)
        line.events += line.floor.bot_started(line.now, SAYS)
    line.events += line.floor.bot_finished(line.now)
    line.voice(1, "когда спишут платёж").quiet(1)
    line.events += line.floor.bot_started(line.now, SAYS)
    line.events += line.floor.bot_finished(line.now)
    assert line.quiet(7.1).last() == Silence(line.last().at, 1)


def test_no_silence_while_an_answer_is_prepared() -> None:
    assert Silence not in Line().voice(1, "когда спишут платёж").quiet(30).took()


def test_a_key_takes_the_floor() -> None:
    line = Line(speaking=True).quiet(1)
    line.events += line.floor.digit(line.now)
    assert line.took() == [BargeIn]
    assert not line.floor.speaking


def test_the_same_thought_goes_on() -> None:
    line = Line().voice(1, "я вчера платил").quiet(0.8)
    assert TurnEnded in line.took()
    line.voice(0.2)
    assert line.last() == CallerStarted(line.last().at, line.last().since, again=True)  # type: ignore[attr-defined] # it is one
