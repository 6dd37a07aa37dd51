"""The answers to one question, as forms read them: more counts than in a free message."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.nlu.entities import dates, day_of_month, inn, money, numbers, phones, times
from tests.unit.entities import ENTITIES, NOW


@pytest.mark.parametrize(
    ("text", "future", "past"),
    [
        ("28 мая", date(2027, 5, 28), date(2026, 5, 28)),
        ("20 мая, в выписке «плата за услугу»", date(2027, 5, 20), date(2026, 5, 20)),
        ("5 июня", date(2026, 6, 5), date(2025, 6, 5)),
        ("05.06", date(2026, 6, 5), date(2025, 6, 5)),
        ("3 июня", date(2026, 6, 3), date(2026, 6, 3)),
        ("в пятницу", date(2026, 6, 5), date(2026, 5, 29)),
        ("в среду", date(2026, 6, 10), date(2026, 5, 27)),
        ("десятого", date(2026, 6, 10), date(2026, 5, 10)),
        ("31 числа", date(2026, 7, 31), date(2026, 5, 31)),
        ("29 февраля", date(2028, 2, 29), date(2024, 2, 29)),
        ("в конце месяца", date(2026, 6, 30), date(2026, 5, 31)),
        ("в начале месяца", date(2026, 7, 1), date(2026, 6, 1)),
        ("в начале июня", date(2027, 6, 1), date(2026, 6, 1)),
        ("на 20-е", date(2026, 6, 20), date(2026, 5, 20)),
        ("двадцатое", date(2026, 6, 20), date(2026, 5, 20)),
        ("вчера", date(2026, 6, 2), date(2026, 6, 2)),
        ("завтра", date(2026, 6, 4), date(2026, 6, 4)),
        ("14.02.1988", date(1988, 2, 14), date(1988, 2, 14)),
        ("14021988", date(1988, 2, 14), date(1988, 2, 14)),
        ("нет, не пятого, а десятого", date(2026, 6, 10), date(2026, 5, 10)),
        ("не в пятницу, в субботу", date(2026, 6, 6), date(2026, 5, 30)),
        ("в пятницу, нет, лучше в субботу", date(2026, 6, 6), date(2026, 5, 30)),
        ("в пятницу или в субботу", date(2026, 6, 5), date(2026, 5, 29)),
        ("14 02 88", date(1988, 2, 14), date(1988, 2, 14)),
        ("140288", date(1988, 2, 14), date(1988, 2, 14)),
        ("четырнадцатое ноль два восемьдесят восемь", date(1988, 2, 14), date(1988, 2, 14)),
        ("четырнадцать ноль два тысяча девятьсот восемьдесят восемь", date(1988, 2, 14), date(1988, 2, 14)),
        ("999999", None, None),
        ("31 февраля", None, None),
        ("31.04.2026", None, None),
        ("не в пятницу", None, None),
        ("не знаю", None, None),
        ("", None, None),
    ],
)
def test_dates(text: str, future: date | None, past: date | None) -> None:
    assert dates.read(text, NOW) == future
    assert dates.read(text, NOW, prefer="past") == past


def test_a_date_belongs_to_the_day_of_the_company() -> None:
    night = datetime(2026, 12, 31, 23, 59, tzinfo=ZoneInfo("Europe/Moscow"))
    assert dates.read("завтра", night) == date(2027, 1, 1)
    assert dates.read("1 января", night) == date(2027, 1, 1)
    assert dates.read("31 декабря", night) == date(2026, 12, 31)


def test_what_is_read_as_past_has_that_role() -> None:
    (span,) = ENTITIES.find("28 мая", NOW, prefer="past")
    assert (span.value, span.role) == ("2026-05-28", "past")
    (span,) = ENTITIES.find("28 мая", NOW)
    assert (span.value, span.role) == ("2027-05-28", None)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("на 20-е", 20),
        ("двадцатое", 20),
        ("пятого", 5),
        ("28 числа", 28),
        ("на 15", 15),
        ("17", 17),
        ("давайте двадцать пять", 25),
        ("двадцать восемь", 28),
        ("нет, не пятого, а десятого", 10),
        ("не 5, а 10", 10),
        ("на тридцатое", 30),
        ("31 февраля", 31),
        ("к одиннадцатому числу", 11),
        ("32", None),
        ("0", None),
        ("через 5 дней", None),
        ("15 рублей", None),
        ("первый платёж", None),
        ("после зарплаты", None),
        ("05.06.2026", None),
    ],
)
def test_days_of_a_month(text: str, day: int | None) -> None:
    assert day_of_month.read(text) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15:30", time(15, 30)),
        ("15", time(15)),
        ("три", time(15)),
        ("три часа", time(15)),
        ("11 часов", time(11)),
        ("в девять", time(9)),
        ("на пять", time(17)),
        ("нет, не в три, а в пять", time(17)),
        ("в пять, нет, лучше в шесть", time(18)),
        ("с двух до пяти", time(14)),
        ("полдень", time(12)),
        ("24:00", time(0)),
        ("25:00", None),
        ("через два часа", None),
        ("два часа назад", None),
        ("в 5 городах", None),
        ("не знаю", None),
    ],
)
def test_times(text: str, expected: time | None) -> None:
    assert times.read(text) == expected


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("450", 450),
        ("5 000", 5000),
        ("4 300", 4300),
        ("пятьсот", 500),
        ("девятьсот девяносто", 990),
        ("сто рублей пятьдесят копеек", 100.5),
        ("2,50", 2.5),
        ("не 500, а 5000", 5000),
        ("480 рублей, а не 450", 480),
        ("-500 рублей", -500),
        ("3 дня", None),
        ("10 %", None),
        ("9" * 40, None),
        ("много", None),
    ],
)
def test_money(text: str, amount: float | None) -> None:
    read = money.read(text)
    assert read == amount
    assert read is None or isinstance(read, int) == (read == int(read))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("полторы тысячи", 1500),
        ("двадцать три", 23),
        ("тридцатое", 30),
        ("сто одиннадцать", 111),
        ("девятьсот девяносто девять тысяч девятьсот девяносто девять", 999_999),
        ("два миллиона триста тысяч", 2_300_000),
        ("2,4", 2.4),
        ("ноль", 0),
        ("нет чисел", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    assert numbers.read(text) == value


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("восемь девятьсот двадцать три", "8923"),
        ("восемь девятьсот двадцать три сто двадцать три сорок пять шестьдесят семь", "89231234567"),
        ("ноль ноль семь", "007"),
        ("004512", "004512"),
        ("двадцать", "20"),
        ("двадцать двадцать", "2020"),
        ("", ""),
    ],
)
def test_dictated_digits(text: str, digits: str) -> None:
    assert numbers.digits(text) == digits


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+7 900 000-00-01", "+79000000001"),
        ("мой номер восемь девятьсот сто двадцать три сорок пять шестьдесят семь", "+79001234567"),
        ("8 900 000 00 0", None),
        ("телефона нет", None),
    ],
)
def test_phones(text: str, phone: str | None) -> None:
    assert phones.read(text) == phone


def test_check_digits_of_taxpayer_numbers() -> None:
    assert inn.valid("7707083893")
    assert inn.valid("500100732259")
    for wrong in ("7707083890", "500100732258", "500100732269", "770708389", "", "00000000000", "буквы"):
        assert not inn.valid(wrong)


def test_spans_are_those_of_the_message() -> None:
    text = "А123ВС77. брат Иванов Пётр Ильич"
    found = [(span.entity, text[span.start : span.end]) for span in ENTITIES.find(text, NOW)]
    assert found == [("plate", "А123ВС77"), ("person", "Иванов Пётр Ильич")]
    text = "мой договор эм пэ двести четыре пятьсот восемнадцать, спасибо"
    (span,) = ENTITIES.find(text, NOW)
    assert text[span.start : span.end] == "эм пэ двести четыре пятьсот восемнадцать"


def test_thirty_values_in_one_sentence() -> None:
    text = ", ".join(f"{day} июля в {8 + day % 10}:15 {day * 100} рублей" for day in range(1, 11))
    found = ENTITIES.find(text, NOW)
    assert [span.entity for span in found] == ["date", "time", "money"] * 10
    assert [span.value for span in found[2::3]] == [day * 100 for day in range(1, 11)]
