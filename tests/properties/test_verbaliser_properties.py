"""Whatever is written is said: never an error, no digit lost, nothing left that is not speech."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from voice.verbaliser import verbalise
from voice.verbaliser.numerals import CASES, Case, Gender, cardinal, ordinal
from voice.verbaliser.tables import ordered

RUSSIAN = re.compile(r"[А-Яа-яЁё .,!?:;+-]*")
ENGLISH = re.compile(r"[A-Za-z .,!?:;'-]*")
PIECES = [
    *ordered("от до с по в на за к о из не более и или первые последние стоит равен"),
    *ordered(
        "дня дней дни рублей рубля процентов года году лет раза минут марта число числа картами банков"
        " этаже часов"
    ),
    *ordered(
        "1 2 3 5 10 11 21 40 90 100 1000 2024 15.03 01.03.2026 9:00 23:59 9:00–18:00 5–7 0,8 1,5 27,40"
        " 3/4 2/2"
    ),
    *ordered(
        "15-е 3-х 90-х ₽ % $ € руб. тыс. млн кг м² г. ул. д. стр. мин. ч. т. е. № § & * # + - — – / ( )"
        " « » , . : ;"
    ),
    *ordered(
        "! ? мск пн–пт утра +7 МП-000123 *1234 А123ВС77 1С PDF QR-код e-mail I II XX a@b.ru https://a.рф"
        " iPhone"
    ),
    *ordered("most-finance.example/help СМС ООО НДФЛ 2-НДФЛ 5-дневный 😀 ½ ² ٣ Ⅳ é ї ß з+амок замо\u0301к"),
    *("1 000", "8 800 000-00-00", "+7 (999) 123-45-67", "4276 1234 5678 9010", "\n", "\t"),
]
sentences = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)
glued = st.lists(st.sampled_from(PIECES), max_size=15).map("".join)
signs = st.text("0123456789 .,:-–+/()№%₽*#абвДЕxXIV", max_size=80)
texts = st.one_of(st.text(max_size=150), sentences, glued, signs)
# Targets of links and tags are markup: they are not said, so their digits are not either.
plain = texts.filter(lambda text: not re.search(r"[\[\]<>&`]", text))


@settings(max_examples=3000, deadline=None)
@given(texts)
@example("1" * 6000)
@example("1,1" * 500)
def test_russian_speech_has_words_and_pauses_only(text: str) -> None:
    said = verbalise(text)
    assert RUSSIAN.fullmatch(said), said
    assert not re.search(r"\+(?![аеёиоуыэюя])", said, re.IGNORECASE), said


@settings(max_examples=3000, deadline=None)
@given(texts)
def test_what_is_said_stays_as_it_is(text: str) -> None:
    said = verbalise(text)
    assert verbalise(said) == said


@settings(max_examples=300, deadline=None)
@given(texts)
def test_english_speech_has_words_and_pauses_only(text: str) -> None:
    said = verbalise(text, locale="en")
    assert ENGLISH.fullmatch(said), said
    assert verbalise(said, locale="en") == said


def _other_digits(text: str, place: int) -> str:
    return text[:place] + ("7" if text[place] != "7" else "4") + text[place + 1 :]


@settings(max_examples=3000, deadline=None)
@given(plain, st.data())
def test_every_digit_matters(text: str, data: st.DataObject) -> None:
    """Another digit in any place is another sentence: nothing is swallowed."""
    places = [place for place, sign in enumerate(text) if sign in "0123456789"]
    if places:
        place = data.draw(st.sampled_from(places))
        for locale in ("ru", "en"):
            said, other = verbalise(text, locale=locale), verbalise(_other_digits(text, place), locale=locale)
            assert said != other, (said, other)


GENDERS: tuple[Gender, ...] = ("masc", "femn", "neut")
WORTH = {
    word: number
    for number in [*range(20), *range(20, 100, 10), *range(100, 1000, 100)]
    for case in CASES
    for gender in GENDERS
    for word in [cardinal(number, case, gender)]
}
SCALE = {"тысяч": 10**3, "миллион": 10**6, "миллиард": 10**9, "триллион": 10**12}


def _heard(words: str) -> int:
    """The number read back, by rules of its own."""
    total = part = 0
    for word in words.split():
        size = next((size for stem, size in reversed(SCALE.items()) if word.startswith(stem)), 0)
        if size:
            total, part = total + (part or 1) * size, 0
        else:
            part += WORTH[word]
    return total + part


@settings(max_examples=3000, deadline=None)
@given(st.integers(0, 10**15 - 1), st.sampled_from(CASES), st.sampled_from(GENDERS))
def test_a_number_is_heard_back_in_every_case(number: int, case: Case, gender: Gender) -> None:
    assert _heard(cardinal(number, case, gender)) == number


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 999_999), st.integers(1, 999_999))
def test_different_numbers_have_different_ordinals(one: int, other: int) -> None:
    assert (ordinal(one) == ordinal(other)) == (one == other)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 999_999))
def test_a_sum_is_heard_back(roubles: int) -> None:
    said = verbalise(f"{roubles:,} ₽".replace(",", " "))
    assert _heard(re.sub(r" рубл\w+$", "", said.replace("+", ""))) == roubles
