"""Where the reader stands in a text, and what the words before ask of a number: the case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.nlu.words import parses
from voice.verbaliser.nouns import Noun, adjective, is_adjective, readings
from voice.verbaliser.numerals import Case
from voice.verbaliser.tables import ordered

_REACH = 60  # characters before a number that may say its case
_CLAUSE = re.compile(r"[^.!?;:,()\n—=]*\Z")
_WORD = re.compile(r"[А-Яа-яЁё+-]+|№|\d+")
_AHEAD = re.compile(r" ?([А-Яа-яЁё]+(?:-[а-яё]+)*)")

_PARTICLES = frozenset(
    ordered(
        "примерно почти ровно всего только лишь ещё еще уже именно хотя бы приблизительно максимум"
        " минимум где-то целых даже"
    )
)
_GOVERNED: dict[Case, str] = {
    "gent": "от до из без около более больше менее меньше свыше сверх после для у кроме вместо против выше"
    " ниже дороже дешевле старше младше моложе длиннее короче чаще реже раньше позже ранее позднее дольше"
    " ближе течение размере объёме пределах протяжении достижении достигает достигнет достигло истечении"
    " возрасте возраста количестве порядка вне хватает недостаёт внутри ради из-за",
    "datv": "к ко благодаря согласно равен равна равно равны равняется соответствует",
    "ablt": "над перед между",
    "loct": "о об обо при",
    "accs": "через про спустя стоит стоят стоила стоило стоить весит сквозь",
}
_GOVERNMENT: dict[str, tuple[Case, ...]] = {
    **{word: (case,) for case, words in _GOVERNED.items() for word in words.split()},
    "в": ("accs", "loct"),
    "во": ("accs", "loct"),
    "на": ("accs", "loct"),
    "за": ("accs", "ablt"),
    "под": ("accs", "ablt"),
    "по": ("accs", "datv"),
    "с": ("gent", "ablt", "accs"),
    "со": ("gent", "ablt", "accs"),
}
# What comes after hours, roubles, kilograms: a smaller part of the same thing.
_SMALLER = re.compile(
    r"\d{1,3} ?(?:минут|мин|сек|коп|цент|г(?:рамм\w{0,3})?(?![а-яё])|час|ч(?![а-яё])|дн|дня|день|месяц|мес)"
)
_COMPARED = re.compile(r"[<>≤≥] ?\Z")
_NEAR = 24  # characters between «и» and what it joins: «2 раз в неделю и 8 раз»
_AND = frozenset({"и", "или", "либо", "да"})


@dataclass(frozen=True, slots=True)
class Said:
    """Words for a stretch of the text that ends at `end`; `cases` is what governed them, if a number did."""

    words: str
    end: int
    cases: tuple[Case, ...] = ()


@dataclass(slots=True)
class Scan:
    """A clean text being read from left to right. `numbers_end`, `cases`: the last number with its noun."""

    text: str
    spellings: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    numbers_end: int = -1
    cases: tuple[Case, ...] = ()

    def before(self, at: int) -> list[str]:
        """Words of the same clause before `at`, the nearest first, lower case."""
        clause = _CLAUSE.search(self.text[max(0, at - _REACH) : at])
        return [word.lower() for word in reversed(_WORD.findall(clause[0]))] if clause else []

    def government(self, at: int) -> tuple[Case, ...]:  # noqa: PLR0911 - one return per kind of word
        """Cases that the words before `at` ask for, the likeliest first; empty: none, the nominative."""
        if self._continues(at):
            return self.cases
        if _COMPARED.search(self.text[max(0, at - 2) : at]):
            return ("gent",)
        words = [word for word in self.before(at) if word not in _PARTICLES]
        if not words:
            return ()
        nearest = words[0]
        if nearest in _GOVERNMENT:
            return _GOVERNMENT[nearest]
        if nearest in _AND:
            return self.cases if 0 <= at - self.numbers_end <= _NEAR else ()
        if is_adjective(nearest) and nearest.endswith(("е", "х", "м", "и")):
            own = tuple(case for case, _, plural in adjective(nearest) if plural)
            asked = _GOVERNMENT.get(words[1], ()) if len(words) > 1 else ()
            return tuple(case for case in asked if case in own) or own
        return ("accs",) if _is_transitive(nearest) else ()

    def _continues(self, at: int) -> bool:
        """«23 часов 59 минут», «6 руб. 35 коп.»: the second number goes on with the case of the first."""
        if self.numbers_end <= 0 or self.text[self.numbers_end : at] != " ":
            return False
        return bool(_SMALLER.match(self.text, at))

    def is_label(self, at: int) -> bool:
        """«страница 12 договора», «дом 5»: the number is a name."""
        words = self.before(at)
        return bool(words) and (words[0] == "№" or any(noun.lemma in _LABELS for noun in readings(words[0])))

    def is_governed(self, at: int) -> bool:
        """A preposition asks for the case, not a verb."""
        words = [word for word in self.before(at) if word not in _PARTICLES]
        return bool(words) and (words[0] in _GOVERNMENT or is_adjective(words[0]))

    def nearest(self, at: int) -> str:
        words = self.before(at)
        return words[0] if words else ""

    def nouns(self, at: int) -> tuple[tuple[Noun, ...], int]:
        """(readings of the noun that stands at `at`, where it ends), past up to three adjectives."""
        last: tuple[Noun, ...] = ()
        for _ in range(4):
            found = _AHEAD.match(self.text, at)
            if found is None:
                break
            word = found[1].lower()
            if found[1].isupper() and len(word) > 1:  # an acronym is not declined
                break
            if is_adjective(word) and word not in _NOT_ADJECTIVES:
                last, at = _adjectival(word), found.end()
                continue
            nouns = readings(word)
            return (nouns, found.end()) if nouns else (last, at)
        return last, at

    def word(self, at: int) -> str:
        """The word that stands at `at`, past a space, lower case; empty: none."""
        found = _AHEAD.match(self.text, at)
        return found[1].lower() if found else ""


_LABELS = frozenset(
    ordered(
        "страница пункт статья шаг дом квартира офис корпус строение номер версия глава часть раздел"
        " параграф вариант"
        " окно кабинет комната форма телефон помещение владение приложение таблица рисунок"
    )
)
# Adjectives by their form only: what they stand for is not counted.
_NOT_ADJECTIVES = frozenset(
    ordered("это этом этого этот эта эти этих тот том того который которые которых все всех всё его её их")
)


def _adjectival(word: str) -> tuple[Noun, ...]:
    """An adjective without a noun after it: «из 3 последних», «2 бесплатных»."""
    return tuple(Noun(word, of or "masc", plural, case, False) for case, of, plural in adjective(word))


def _is_transitive(word: str) -> bool:
    found = parses(word)
    return (
        bool(found)
        and found[0].tag.POS in {"VERB", "INFN", "GRND"}
        and any(parse.tag.POS in {"VERB", "INFN", "GRND"} and "tran" in parse.tag for parse in found)
    )


def closing_dot(text: str, end: int) -> str:
    """The full stop of an abbreviation is also the sentence's when nothing or a capital follows."""
    rest = text[end : end + 2]
    ends = not rest.strip() or rest[0] == "\n" or (rest[0] == " " and rest[1:].isupper())
    return "." if ends and text[end - 1 : end] == "." else ""
