"""The scenes: who says what when, with voices, speeds, pauses and noise varied from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from tests.voice_set import speech
from tests.voice_set.speech import RATE, Sound
from voice.turn_taking import FREE, YES_NO, Expected, number

ANSWER = (
    "Заём можно погасить досрочно в любой день. Проценты считаются только за дни пользования. "
    "Для этого откройте личный кабинет и выберите полное погашение."
)
ANSWER_S = 9.0
TAIL_S = 3.5

BACKCHANNELS = (
    "угу", "ага", "да", "да-да", "так", "понятно", "хорошо", "ясно", "ладно", "окей", "угу, угу",
    "да, понятно", "конечно", "ну да", "так-так",
)  # fmt: skip
INTERRUPTIONS = (
    "нет", "стоп", "оператор", "подождите", "не надо", "соедините с оператором", "а сколько процентов",
    "какие документы нужны", "мне нужен человек", "где посмотреть остаток долга", "я хочу продлить заём",
    "у меня другой вопрос", "почему", "сколько", "повторите", "не понял",
)  # fmt: skip
QUESTIONS = (
    "как погасить заём досрочно", "какой процент по займу", "где посмотреть остаток долга",
    "я потерял карту что делать", "хочу оформить заём на десять тысяч рублей", "какие документы нужны",
    "как продлить договор", "когда спишут платёж", "почему мне отказали", "можно ли платить картой",
)  # fmt: skip
# `|` is a pause in which the caller thinks.
HESITATIONS = (
    "я хотел узнать | какой процент по займу", "мне нужно | погасить заём | досрочно",
    "скажите пожалуйста | как мне продлить договор", "я вчера платил | но деньги | не пришли",
    "можно ли | взять заём на | двадцать тысяч рублей", "у меня вопрос по | договору лизинга",
    "здравствуйте | я потерял карту", "а если | я не заплачу вовремя",
    "девушка | у меня списали | деньги с карты",
    "мне пришла смс | о задолженности | но я всё оплатил", "в личном кабинете | не видно | мой договор",
)  # fmt: skip
_UNITS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_TENS = (
    "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто",
)  # fmt: skip
_HUNDREDS = (
    "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """`speech`: when the caller speaks, from and to; of an utterance with pauses, its parts.

    Our side speaks `answer_s` seconds from the start (0: it is silent). Everything in seconds of the sound.
    """

    kind: str
    name: str
    pcm: bytes
    speech: tuple[tuple[float, float], ...]
    expected: Expected = FREE
    answer_s: float = 0.0

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / RATE


class _Maker:
    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.scenes: list[Scene] = []

    def voice(self) -> dict[str, object]:
        return {
            "voice": str(self.chance.choice(speech.VOICES)),
            "speed": int(self.chance.choice([125, 145, 165, 185])),
            "pitch": int(self.chance.choice([35, 50, 60])),
        }

    def scene(
        self,
        kind: str,
        parts: list[Sound],
        pauses: list[float],
        expected: Expected = FREE,
        answer_s: float = 0,
    ) -> None:
        """`pauses`: before each part. Half the lines have noise 12 to 25 dB below the voice."""
        sound, spans = [], []
        at = 0.0
        for pause, part in zip(pauses, parts, strict=True):
            at += pause
            spans.append((at, at + part.size / RATE))
            sound += [speech.silence(pause), part]
            at = sum(piece.size for piece in sound) / RATE
        sound.append(speech.silence(TAIL_S))
        level = self.chance.uniform(-10, 2)  # so that voices are at -32 to -20 dBFS
        below = self.chance.uniform(12, 25) if self.chance.random() < 0.5 else 45
        voice = np.concatenate(sound) * 10 ** (level / 20)
        whole = voice + speech.noise(voice.size / RATE, level - 22 - below, self.chance)[: voice.size]
        name = f"{kind}-{len(self.scenes)}"
        self.scenes.append(Scene(kind, name, speech.telephone(whole), tuple(spans), expected, answer_s))

    def during_answer(self, kind: str, text: str) -> None:
        part = speech.say(text, **self.voice())  # type: ignore[arg-type] # names of its parameters
        self.scene(kind, [part], [float(self.chance.uniform(1.0, 4.0))], answer_s=ANSWER_S)

    def spoken(
        self, kind: str, groups: list[str], low: float, high: float, expected: Expected = FREE
    ) -> None:
        voice = self.voice()
        # A comma makes the voice rise: more is to come.
        texts = [group.strip() + "," for group in groups[:-1]] + [groups[-1].strip()]
        parts = [speech.say(text, **voice) for text in texts]  # type: ignore[arg-type] # as above
        pauses = [1.0, *(float(self.chance.uniform(low, high)) for _ in parts[1:])]
        self.scene(kind, parts, pauses, expected)

    def digits(self, count: int) -> str:
        """So many digits as a number of hundreds, tens or units."""
        pick = self.chance.integers
        if count == 1:
            return _UNITS[pick(0, 10)]
        if count == 2:
            return f"{_TENS[pick(0, 8)]} {_UNITS[pick(1, 10)]}"
        return f"{_HUNDREDS[pick(0, 9)]} {_TENS[pick(0, 8)]} {_UNITS[pick(1, 10)]}"

    def telephone(self) -> list[str]:
        groups = ["восемь", *(self.digits(3) for _ in range(2)), self.digits(2), self.digits(2)]
        groups[1] = "девятьсот " + groups[1].split(" ", 1)[1]
        return groups

    def contract(self) -> list[str]:
        return [" ".join(self.digits(1) for _ in range(2)) for _ in range(4)]


@cache
def all_scenes(size: int = 100, seed: int = 4) -> tuple[Scene, ...]:
    """`size` back-channels and as many dictated numbers; of the rest half as many."""
    make = _Maker(seed)
    for at in range(size):
        make.during_answer("backchannel", BACKCHANNELS[at % len(BACKCHANNELS)])
    for at in range(size // 2):
        make.during_answer("interruption", INTERRUPTIONS[at % len(INTERRUPTIONS)])
    for at in range(size):
        phone = at % 2 == 0
        groups = make.telephone() if phone else make.contract()
        known = at % 4 < 2
        expected = number(*((10, 11) if phone else (8,)) if known else ())
        make.spoken("dictation" if known else "dictation_open", groups, 0.3, 1.3, expected)
    for at in range(size // 2):
        make.spoken("question", [QUESTIONS[at % len(QUESTIONS)]], 0, 0)
        make.spoken("hesitation", HESITATIONS[at % len(HESITATIONS)].split("|"), 0.3, 0.9)
    for at in range(size // 4):
        make.spoken("yes_no", [("да", "нет", "да конечно", "нет не надо")[at % 4]], 0, 0, YES_NO)
        make.scene("noise", [speech.cough(make.chance)], [2.0], answer_s=ANSWER_S)
        make.scene("noise_alone", [speech.cough(make.chance)], [2.0])
    for _ in range(max(1, size // 25)):
        make.scene("music", [speech.music(30, make.chance)], [1.0], answer_s=ANSWER_S)
    return tuple(make.scenes)
