"""How long a customer will wait: what the formula does, and what it says nothing about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.waiting import ENOUGH, LATEST, Wait, minutes
from bot.dialog.phrases import Phrases
from voice.verbaliser import verbalise

PHRASES = Phrases.load()
START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def served(since: float, waited: float) -> Wait:
    return Wait(at(since), at(since + waited), served=True)


def one_by_one(waited: float, count: int = ENOUGH, first: float = 0) -> list[Wait]:
    """Customers who come when the one before has been served."""
    return [served(first + number * (waited + 1), waited) for number in range(count)]


def test_with_too_few_nothing_is_said() -> None:
    few = one_by_one(4, ENOUGH - 1)
    gone = [Wait(at(60), at(63))] * 20
    waiting = [Wait(at(70))] * 20
    assert minutes([], 0) is None
    assert minutes([*few, *gone, *waiting], 0) is None
    assert minutes([*few, *gone, *waiting, served(90, 4)], 0) is not None


def test_who_waits_alone_waits_as_long_as_others_have_alone() -> None:
    assert minutes(one_by_one(4), 0) == 4
    assert minutes(one_by_one(4.2), 0) == 5


@pytest.mark.parametrize(("ahead", "expected"), [(0, 4), (1, 8), (4, 20)])
def test_each_who_waits_before_adds_as_much(ahead: int, expected: int) -> None:
    assert minutes(one_by_one(4), ahead) == expected


def test_a_long_queue_of_before_does_not_lengthen_an_empty_one() -> None:
    rush = [served(number * 0.001, 3 * (number + 1)) for number in range(10)]  # one every three minutes
    assert minutes(rush, 0) == 3
    assert minutes(rush, 9) == 30


def test_who_left_or_still_waits_stood_before_the_others_too() -> None:
    waits = one_by_one(6)
    assert minutes(waits, 0) == 6
    assert minutes([*waits, Wait(at(-1))], 0) == 3
    assert minutes([*waits, Wait(at(-1), at(-0.5))], 0) == 6


def test_it_is_never_less_than_a_minute() -> None:
    assert minutes(one_by_one(0), 0) == 1
    assert minutes(one_by_one(0.1), 3) == 1


def test_one_who_was_forgotten_does_not_count_for_all() -> None:
    assert minutes([*one_by_one(4), served(200, 170)], 0) == 4


def test_only_the_latest_count_in_whatever_order_they_come() -> None:
    slow, quick = one_by_one(20, 30), one_by_one(2, LATEST, first=700)
    assert minutes([*quick, *slow], 0) == 2
    assert minutes([*reversed(slow), *quick[:5]], 0) == 20


@pytest.mark.parametrize(
    ("locale", "number", "words"),
    [
        ("ru", 1, "ждать примерно одну минуту"),
        ("ru", 2, "ждать примерно две минуты"),
        ("ru", 21, "ждать примерно двадцать одну минуту"),
        ("ru", 25, "ждать примерно двадцать пять минут"),
        ("en", 1, "the wait is about one minute"),
        ("en", 12, "the wait is about twelve minutes"),
    ],
)
@pytest.mark.parametrize("key", ["voice.wait", "voice.nobody_free_wait"])
def test_it_is_said_in_words_that_agree(key: str, locale: str, number: int, words: str) -> None:
    said = verbalise(PHRASES(key, locale, minutes=number), locale=locale).lower()
    assert f"{words}." in said
