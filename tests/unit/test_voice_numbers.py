"""Digits of what was heard."""

from __future__ import annotations

import pytest

from bot.nlu.entities.spoken import is_dictation
from voice.asr.numbers import by_pauses, dictated, in_digits
from voice.ports import Heard, Word


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("восемь девятьсот двадцать три сто двадцать три сорок пять шестьдесят семь", "89231234567"),
        (
            "плюс семь девятьсот двадцать шесть пятьсот пять сорок четыре тридцать три",
            "79265054433",
        ),
        ("восемь восемьсот два нуля пять пять пять тридцать пять тридцать пять", "8800005553535"),
        ("мой номер восемь девятьсот три четыреста пять ноль ноль ноль один", "89034050001"),
        ("номер договора сто двадцать три четыреста пятьдесят шесть", "123456"),
        ("ноль семь ноль два", "0702"),
        ("ноль ноль семь", "007"),
        ("два нуля", "00"),
        ("три ноля один", "0001"),
        ("сто два нуля пять", "100005"),
        ("двадцать три ноль ноль", "2300"),
        ("тысяча пятьсот", "1500"),
        ("девятьсот двадцать одна тысяча", "921000"),
        ("код один два три четыре", "1234"),
        ("три семёрки", "777"),
        ("пять пятёрок", "55555"),
        ("один четыре девятки два", "199992"),
        ("восьмёрка девятьсот одиннадцать", "8911"),
        ("семерка восьмерка ноль", "780"),
        ("шесть шесть один ноль четыре один", "661041"),
        ("8 923 123-45-67", "89231234567"),
        ("double seven one oh three", "77103"),
        ("one two three", "123"),
        ("не знаю", ""),
        ("", ""),
        ("дайте тройку минут", ""),
        ("в пятёрке на углу", ""),
        ("нулевой баланс", ""),
    ],
)
def test_dictated(text: str, digits: str) -> None:
    assert dictated(text) == digits


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("нажмите четыре", "нажмите 4"),
        ("двадцать три рубля", "23 рубля"),
        ("пятнадцать миллионов пятьсот тысяч рублей", "15 500 000 рублей"),
        ("два два ноль", "2 2 0"),
        ("с двадцати до тридцати", "с 20 до 30"),
        ("первого мая", "первого мая"),
        ("", ""),
    ],
)
def test_numbers_are_alike_in_words_and_digits(spoken: str, written: str) -> None:
    assert in_digits(spoken).split() == in_digits(written).split()


def heard(text: str) -> Heard:
    """An utterance; `|` is a pause of 0.3 s."""
    words, at = [], 0.0
    for group in text.split("|"):
        for word in group.split():
            words.append(Word(word, at, at + 0.4, 1.0))
            at += 0.4
        at += 0.3
    return Heard(" ".join(word.text for word in words), 1.0, tuple(words))


def test_pauses_tell_the_groups_of_a_telephone_number() -> None:
    told = heard("восемь | девятьсот тридцать четыре | шестьсот | сорок пять | семьдесят два")
    assert by_pauses(told) == "8 934 600 45 72"


@pytest.mark.parametrize(
    "text",
    [
        "восемь девятьсот двадцать | три сто двадцать три сорок пять шестьдесят семь",  # a number as it is
        "шестьсот | сорок пять",  # of no telephone
        "заём на двадцать | три тысячи рублей",
        "мой номер | вы знаете",
    ],
)
def test_other_pauses_change_nothing(text: str) -> None:
    assert by_pauses(heard(text)) == " ".join(text.replace("|", "").split())


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("восемь девятьсот двенадцать", True),
        ("эм пэ двести четыре пятьсот восемнадцать", True),
        ("4276 1234", True),
        ("мне двенадцать лет", False),
        ("украли 50000 рублей", False),
        ("двенадцать", False),
        ("", False),
    ],
)
def test_a_dictation_is_a_number_and_nothing_else(text: str, whole: bool) -> None:
    assert is_dictation(text) is whole
