"""Signs: which words in a message are certain evidence, in a notation that an editor can read.

`a|b + c* - d` means: (a or b) and a word that begins with c, and not d. A word stands for all its
forms, `=a` for this form only, two words or more are a phrase. `^a`: the message begins with a.
`a > b` in place of a group: b follows a with at most two words between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot.nlu.query import Query

Read = Callable[[str], Query]
GAP = 2  # words that may stand between the two of `a > b`


@dataclass(frozen=True, slots=True)
class Message:
    """A message as signs see it: all its words and lemmas, what these begin with, and lines to find
    phrases in (`said` by words, `lines` by words and then by lemmas)."""

    words: frozenset[str]
    forms: frozenset[str]  # the words as they were written
    beginnings: frozenset[str]
    said: str
    lines: str
    pairs: tuple[tuple[str, str], ...]  # token and lemma of every word in order

    @classmethod
    def of(cls, query: Query) -> Message:
        return _message(query.tokens, query.lemmas)


@lru_cache(256)  # a turn looks at the same few texts again and again
def _message(tokens: tuple[str, ...], lemmas: tuple[str, ...]) -> Message:
    words = frozenset((*tokens, *lemmas))
    beginnings = frozenset(word[:size] for word in words for size in range(1, len(word) + 1))
    said = f" {' '.join(tokens)} "
    lines = f"{said}\n {' '.join(lemmas)} "
    pairs = tuple(zip(tokens, lemmas, strict=True))
    return Message(words, frozenset(tokens), beginnings, said, lines, pairs)


@dataclass(frozen=True, slots=True)
class Words:
    """Any of these words, beginnings of words, phrases, openings of the message, or chains."""

    words: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    phrases: tuple[tuple[str, str], ...] = ()  # the first word, and the whole between spaces
    openings: tuple[str, ...] = ()
    chains: tuple[tuple[Words, Words], ...] = ()  # the second follows the first closely
    keys: frozenset[str] = field(init=False, repr=False, compare=False)  # without one of these none is found

    def __post_init__(self) -> None:
        firsts = (first for first, _ in self.phrases)
        keys = frozenset((*self.words, *self.forms, *self.beginnings, *firsts))
        object.__setattr__(self, "keys", keys)

    def found(self, message: Message) -> bool:
        if not self.openings and not self.chains and self.keys.isdisjoint(message.beginnings):
            return False  # nearly always
        return (
            not self.words.isdisjoint(message.words)
            or not self.forms.isdisjoint(message.forms)
            or not message.beginnings.isdisjoint(self.beginnings)
            or any(first in message.words and phrase in message.lines for first, phrase in self.phrases)
            or (bool(self.openings) and message.said.startswith(self.openings))
            or any(_follows(first, second, message) for first, second in self.chains)
        )

    def is_word(self, pair: tuple[str, str]) -> bool:
        """Whether one word, given as token and lemma, is among these."""
        token, lemma = pair
        known = token in self.words or lemma in self.words or token in self.forms
        return known or (bool(self.beginnings) and token.startswith(self.beginnings))


@dataclass(frozen=True, slots=True)
class Sign:
    """All of `needed`, none of `excluded`."""

    needed: tuple[Words, ...]
    excluded: Words

    def found(self, message: Message) -> bool:
        return all(words.found(message) for words in self.needed) and not self.excluded.found(message)

    @property
    def keys(self) -> frozenset[str] | None:
        """It is never found without one of these; None when no such words are known."""
        groups = [words.keys for words in self.needed if not words.openings and not words.chains]
        return min(groups, key=len, default=None)


class Signs:
    """Many signs, of which nearly always none is in a message."""

    def __init__(self, signs: Sequence[Sign]) -> None:
        self._signs = tuple(signs)
        self._anyway = frozenset(number for number, sign in enumerate(signs) if sign.keys is None)
        self._by_key: dict[str, list[int]] = defaultdict(list)
        for number, sign in enumerate(signs):
            for key in sign.keys or ():
                self._by_key[key].append(number)

    def first(self, message: Message) -> int | None:
        """The number of the first sign that is found."""
        keys = self._by_key.keys() & message.beginnings
        likely = self._anyway.union(*(self._by_key[key] for key in keys))
        return next((number for number in sorted(likely) if self._signs[number].found(message)), None)


def parse_sign(sign: str, read: Read) -> Sign:
    """A sign in the notation of this module."""
    needed, _, excluded = sign.partition(" - ")
    return Sign(tuple(_group(group, read) for group in needed.split(" + ")), parse_words(excluded, read))


def parse_words(group: str, read: Read) -> Words:
    """Alternatives separated by `|`."""
    words: set[str] = set()
    forms: set[str] = set()
    beginnings: list[str] = []
    phrases: list[tuple[str, str]] = []
    openings: list[str] = []
    for alternative in filter(None, (part.strip() for part in group.split("|"))):
        query = read(alternative.strip("^*="))
        said = " ".join(query.tokens)
        if alternative.startswith("="):
            forms.update(query.tokens)
        elif alternative.startswith("^"):
            openings.append(f" {said}")
        elif alternative.endswith("*"):
            beginnings.append(said)
        elif len(query.tokens) > 1:
            lines = dict.fromkeys((query.tokens, query.lemmas))
            phrases += ((line[0], f" {' '.join(line)} ") for line in lines)
        else:
            words.update((*query.tokens, *query.lemmas))
    return Words(frozenset(words), frozenset(forms), tuple(beginnings), tuple(phrases), tuple(openings))


def _group(group: str, read: Read) -> Words:
    if " > " in group:
        before, _, after = group.partition(" > ")
        return Words(chains=((parse_words(before, read), parse_words(after, read)),))
    return parse_words(group, read)


def _follows(first: Words, second: Words, message: Message) -> bool:
    at = [index for index, pair in enumerate(message.pairs) if first.is_word(pair)]
    return any(second.is_word(pair) for index in at for pair in message.pairs[index + 1 : index + 2 + GAP])
