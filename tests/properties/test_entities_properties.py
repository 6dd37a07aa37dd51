"""Whatever is said, entities are found without an error, within the text and apart from each other."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.entities import dates, day_of_month, inn, money, numbers, phones, times
from bot.nlu.entities.calendar_words import MONTHS, WEEKDAYS
from bot.nlu.entities.numerals import CARDINALS, ORDINALS, SCALES
from bot.nlu.entities.tokens import listed
from tests.unit.entities import CASES, ENTITIES, NOW

WORDS = [
    *CARDINALS, *ORDINALS, *SCALES, *MONTHS, *WEEKDAYS,
    *listed("в к на до после с через назад не без половина пол четверть часа дня утра рублей копеек неделе"),
    *listed("следующей конце месяца года число числа договор инн Казань офис карта послезавтра"),
    *listed("20-е 05.06 15:30 2,4 +7 8 900 000 00 01 МП- А123ВС77 мп эм пэ вэ эс Иванов Пётр Ильич"),
    *listed("а@б.рф ₽ - . , : % 😀"),
]  # fmt: skip
sentences = st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)
glued = st.lists(st.sampled_from(WORDS), max_size=20).map("".join)
digits = st.text("0123456789 .,:-+/()№", max_size=300)
cases = st.lists(st.sampled_from([text for text, _ in CASES]), max_size=8).map(" ".join)
texts = st.one_of(st.text(max_size=200), sentences, glued, digits, cases)
EAST = timezone(timedelta(hours=3))
moments = st.dates(date(2000, 1, 1), date(2090, 1, 1)).map(
    lambda day: datetime(day.year, day.month, day.day, 12, tzinfo=EAST)
)


@settings(max_examples=400, deadline=None)
@given(texts, moments, st.sampled_from(["future", "past"]))
def test_spans_lie_within_the_text_and_apart(text: str, now: datetime, prefer: dates.Prefer) -> None:
    end = 0
    for span in ENTITIES.find(text, now, prefer):
        assert end <= span.start < span.end <= len(text)
        assert span.value is not None
        end = span.end


@settings(max_examples=300, deadline=None)
@given(texts, moments)
def test_answers_are_read_without_an_error(text: str, now: datetime) -> None:
    dates.read(text, now)
    times.read(text)
    money.read(text)
    numbers.read(text)
    assert numbers.digits(text).isdecimal() or not numbers.digits(text)
    day = day_of_month.read(text)
    assert day is None or 1 <= day <= 31
    phone = phones.read(text)
    assert phone is None or (len(phone) == 12 and phone.startswith("+7"))


@settings(deadline=None)
@given(st.text(st.sampled_from("1аМП-. @:в5😀 ("), min_size=1, max_size=4), st.integers(300, 1500))
def test_long_repetitions_end(part: str, length: int) -> None:
    """A pattern that backtracks without bounds would run out of the suite's time here."""
    ENTITIES.find((part * length)[:length], NOW)


@given(st.dates(date(2026, 6, 3), date(2027, 6, 2)))
def test_a_date_of_the_coming_year_is_found_in_every_spelling(day: date) -> None:
    month = next(form for form, number in MONTHS.items() if number == day.month and form[-1] in "яа")
    for text in (
        f"{day:%d.%m.%Y}",
        f"{day:%d.%m}",
        day.isoformat(),
        f"{day.day} {month}",
        f"к {day.day}-му {month}",
    ):
        assert dates.read(text, NOW) == day


@given(st.integers(0, 23), st.integers(0, 59))
def test_every_minute_of_the_day(hour: int, minute: int) -> None:
    read = times.read(f"в {hour:02}:{minute:02}")
    assert read is not None
    assert (read.hour, read.minute) == (hour, minute)


@given(st.integers(0, 10**9), st.integers(1, 99))
def test_amounts_in_every_spelling(roubles: int, kopecks: int) -> None:
    grouped = f"{roubles:,}".replace(",", " ")
    assert money.read(f"{roubles} рублей") == roubles
    assert money.read(f"{grouped} ₽") == roubles
    assert money.read(f"{grouped},{kopecks:02} ₽") == round(roubles + kopecks / 100, 2)


@given(st.integers(0, 10**9 - 1))
def test_mobile_numbers_in_every_spelling(number: int) -> None:
    rest = f"9{number:09}"
    expected = f"+7{rest}"
    parts = rest[:3], rest[3:6], rest[6:8], rest[8:]
    for text in (
        expected,
        f"8{rest}",
        "8 " + " ".join(parts),
        f"+7 ({parts[0]}) {parts[1]}-{parts[2]}-{parts[3]}",
    ):
        assert phones.read(f"звоните {text}, жду") == expected


@given(st.integers(0, 10**9 - 1), st.integers(0, 9))
def test_one_check_digit_of_ten_is_right(number: int, digit: int) -> None:
    right = [last for last in "0123456789" if inn.valid(f"{number:09}{last}")]
    assert len(right) == (0 if not number else 1)
