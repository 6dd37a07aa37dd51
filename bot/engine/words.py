"""Marks on words, learnt from a project's examples: a value never seen is found where values stand.

A linear model over a word's form, its neighbours and the values that examples have; the best row of
marks is found by Viterbi's algorithm. Each example is learnt three times: as it is, as if its own values
were known only from other examples, and, with less weight, as if none had ever been seen.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bot.project.model import EntitySpan, Example

HIDDEN = 0.2  # weight of an example whose values are hidden
SOFTNESS = 3.0  # C of the model
SEEN, NEAR, PLACE = 2.0, 0.5, 0.5  # weights of a seen value, of one beside the word, and of where it stands
NEVER = -50.0  # of a mark that goes on with what did not begin
EXTRACTOR = "DIETClassifier"
_WORD = re.compile(r"\w+|[^\w\s]")

Floats = npt.NDArray[np.float64]
_Value = tuple[str, ...]  # lower-case words
_Kind = tuple[str, str | None, str | None]  # entity, role, group


class _Mark(NamedTuple):
    kind: _Kind | None
    begins: bool = False


OUTSIDE = _Mark(None)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Values of examples, and how often each was marked as what."""

    times: Counter[tuple[_Value, _Kind]]
    kinds: Mapping[_Value, frozenset[_Kind]]
    lengths: frozenset[int]

    @classmethod
    def of(cls, examples: Iterable[Example], others: Iterable[tuple[str, _Kind]]) -> _Seen:
        """`others`: values that stand in no example."""
        times = Counter(value for each in examples for value in _values(each))
        times.update((_split(text), kind) for text, kind in others)
        kinds: dict[_Value, set[_Kind]] = defaultdict(set)
        for value, kind in times:
            kinds[value].add(kind)
        lengths = frozenset(len(value) for value in kinds if value)
        return cls(times, {value: frozenset(each) for value, each in kinds.items()}, lengths)

    def on(self, words: Sequence[str], own: Counter[tuple[_Value, _Kind]] | None = None) -> list[set[_Mark]]:
        """For each word the marks of the values that it is part of; `own` values do not count."""
        lower = [word.lower() for word in words]
        found: list[set[_Mark]] = [set() for _ in words]
        for length in self.lengths:
            for start in range(len(lower) - length + 1):
                value = tuple(lower[start : start + length])
                for kind in self.kinds.get(value, ()):
                    if own is None or self.times[value, kind] > own[value, kind]:
                        for at in range(start, start + length):
                            found[at].add(_Mark(kind, at == start))
        return found


@dataclass(frozen=True, slots=True)
class Words:
    """Make one with `learn`; never changed."""

    seen: _Seen
    marks: tuple[_Mark, ...]
    weights: Mapping[str, Floats]  # of each feature, a number a mark
    base: Floats
    steps: Floats  # from the mark of the word before (rows) to this word's

    @classmethod
    def learn(
        cls,
        examples: Sequence[Example],
        synonyms: Mapping[str, str] | None = None,
        tables: Mapping[str, Sequence[str]] | None = None,
    ) -> Words | None:
        """None where no example has an entity, or every word of all is one.

        Synonyms of values that examples have, and look-up tables of entities, are seen values too.
        """
        marked = [each for each in examples if each.entities]
        if not marked:
            return None
        seen = _Seen.of(marked, _others(marked, synonyms or {}, tables or {}))
        rows: list[dict[str, float]] = []
        targets: list[_Mark] = []
        shares: list[float] = []
        for example in examples:
            words, marks = _read(example)
            before = [OUTSIDE, *marks[:-1]]
            for known, share in _ways_to_see(example, words, seen):
                for at, mark in enumerate(marks):
                    row = _features(words, at, known, hidden=share == HIDDEN and mark != OUTSIDE)
                    rows.append(row | {f"before={before[at]}": 1.0})
                    targets.append(mark)
                    shares.append(share)
        return cls._fitted(seen, rows, targets, shares)

    @classmethod
    def _fitted(
        cls, seen: _Seen, rows: list[dict[str, float]], targets: list[_Mark], shares: list[float]
    ) -> Words | None:
        marks = tuple(sorted(set(targets), key=repr))
        if len(marks) < 2:
            return None
        number = {mark: at for at, mark in enumerate(marks)}
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression

        vectors = DictVectorizer()
        model = LogisticRegression(C=SOFTNESS, max_iter=1000, tol=1e-3)
        model.fit(vectors.fit_transform(rows), [number[mark] for mark in targets], sample_weight=shares)
        weights, base = model.coef_, model.intercept_
        if len(marks) == 2:  # one row for both
            weights, base = np.vstack([-weights / 2, weights / 2]), np.array([-base[0] / 2, base[0] / 2])
        columns = {name: weights[:, at].copy() for name, at in vectors.vocabulary_.items()}
        nothing = np.zeros(len(marks))
        steps = np.stack([columns.get(f"before={mark}", nothing) for mark in marks])
        for row, before in enumerate(marks):
            for column, mark in enumerate(marks):
                if mark.kind and not mark.begins and before.kind != mark.kind:
                    steps[row, column] += NEVER
        return cls(seen, marks, columns, base, steps)

    def find(self, text: str) -> list[EntitySpan]:
        """The entities of a text, each with what was said as its value.

        A text that is nothing but a value seen in examples is that entity.
        """
        found = list(self._spans(text))
        kinds = self.seen.kinds.get(_split(text.lower()), ())
        if found or len(kinds) != 1:
            return found
        ((entity, role, group),) = kinds
        start = len(text) - len(text.lstrip())
        said = text.strip()
        return [EntitySpan(entity, said, start, start + len(said), role, group, EXTRACTOR)]

    def _spans(self, text: str) -> Iterator[EntitySpan]:
        matches = list(_WORD.finditer(text))
        span: EntitySpan | None = None
        for match, mark in zip(matches, self._best([match[0] for match in matches]), strict=True):
            if span and mark.kind and not mark.begins:
                span = replace(span, end=match.end(), value=text[span.start : match.end()])
                continue
            if span:
                yield span
            span = None
            if mark.kind:
                entity, role, group = mark.kind
                span = EntitySpan(entity, match[0], *match.span(), role, group, EXTRACTOR)
        if span:
            yield span

    def _best(self, words: Sequence[str]) -> list[_Mark]:
        if not words:
            return []
        known = self.seen.on(words)
        ways: list[npt.NDArray[np.intp]] = []
        sums: Floats | None = None
        for at in range(len(words)):
            scores = _shares(self._score(words, at, known)[None, :] + self.steps)
            if sums is None:
                sums = scores[self.marks.index(OUTSIDE)] if OUTSIDE in self.marks else scores[0]
                continue
            through = sums[:, None] + scores
            ways.append(through.argmax(axis=0))
            sums = through.max(axis=0)
        assert sums is not None  # noqa: S101 - there are words
        row = [int(sums.argmax())]
        for way in reversed(ways):
            row.append(int(way[row[-1]]))
        return [self.marks[at] for at in reversed(row)]

    def _score(self, words: Sequence[str], at: int, known: Sequence[set[_Mark]]) -> Floats:
        score = self.base.copy()
        for name, share in _features(words, at, known).items():
            if (column := self.weights.get(name)) is not None:
                score += share * column
        return score


def _ways_to_see(
    example: Example, words: Sequence[str], seen: _Seen
) -> Iterator[tuple[Sequence[set[_Mark]], float]]:
    """The seen values on the words, and the weight of seeing them so."""
    yield seen.on(words), 1.0
    if example.entities:
        yield seen.on(words, Counter(_values(example))), 1.0
        yield [set() for _ in words], HIDDEN


def _shares(scores: Floats) -> Floats:
    """Logarithms of the shares of each row."""
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


def _values(example: Example) -> Iterator[tuple[_Value, _Kind]]:
    for span in example.entities:
        said = example.text[span.start : span.end].lower()
        yield _split(said), (span.entity, span.role, span.group)


def _others(
    marked: Iterable[Example], synonyms: Mapping[str, str], tables: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, _Kind]]:
    kinds: dict[str, set[_Kind]] = defaultdict(set)
    for example in marked:
        for span in example.entities:
            for said in (str(span.value), example.text[span.start : span.end]):
                kinds[said.lower()].add((span.entity, span.role, span.group))
    for text, value in synonyms.items():
        if text not in kinds and value.lower() in kinds:
            yield from ((text, kind) for kind in kinds[value.lower()])
    plain = {kind for known in kinds.values() for kind in known if kind[1:] == (None, None)}
    for name, texts in tables.items():
        if (name, None, None) in plain:
            yield from ((text.lower(), (name, None, None)) for text in texts)


def _split(text: str) -> _Value:
    return tuple(_WORD.findall(text))


def _read(example: Example) -> tuple[list[str], list[_Mark]]:
    matches = list(_WORD.finditer(example.text))
    marks: list[_Mark] = []
    latest: EntitySpan | None = None
    for match in matches:
        span = next((each for each in example.entities if each.start <= match.start() < each.end), None)
        marks.append(_Mark((span.entity, span.role, span.group), span is not latest) if span else OUTSIDE)
        latest = span
    return [match[0] for match in matches], marks


def _features(
    words: Sequence[str], at: int, known: Sequence[set[_Mark]], *, hidden: bool = False
) -> dict[str, float]:
    """`hidden`: the word is seen as one that no example has."""
    word = words[at]
    shape = "d" if word.isdigit() else "T" if word[:1].isupper() else "x" if word.isalpha() else "."
    size = min(len(word), 6) if shape == "d" else ""
    found = {
        "bias": 1.0,
        f"shape={shape}{size}": 1.0,
        f"place={min(len(words), 4)}|{min(at, 3)}": PLACE,
    }
    if not hidden:
        lower = word.lower()
        found |= {f"word={lower}": 1.0, f"end={lower[-3:]}": 1.0, f"begin={lower[:3]}": 1.0}
    for step in (-2, -1, 1, 2):
        near = words[at + step].lower() if 0 <= at + step < len(words) else "^"
        found[f"{step}={near}"] = 1.0
    for mark in known[at]:
        found[f"seen={mark}"] = SEEN
    for step in (-1, 1):
        if 0 <= at + step < len(words):
            found |= {f"seen{step}={mark}": NEAR for mark in known[at + step]}
    return found
