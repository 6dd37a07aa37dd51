"""Entities of a project: what its examples mark, its look-up tables and regular expressions name.

Words are tagged one after another by a linear classifier over their forms and neighbours, so that a
value never seen is found in a place where values stand; values that were seen are found anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from bot.engine import amounts
from bot.project.model import EntitySpan, Example, Project

_WORD = re.compile(r"\w+|[^\w\s]")
_Tag = tuple[str, str | None, str | None]  # entity, role, group
OUTSIDE: _Tag = ("", None, None)
LEARNT = frozenset({"DIETClassifier", "CRFEntityExtractor"})


@dataclass(frozen=True, slots=True)
class Tagger:
    """Make one with `learn`; never changed."""

    tables: tuple[tuple[str, re.Pattern[str]], ...]
    known: Mapping[tuple[str, ...], _Tag]
    tags: tuple[_Tag, ...]
    model: Pipeline | None
    synonyms: Mapping[str, str]
    counts: bool

    @classmethod
    def learn(cls, project: Project) -> Tagger:
        names = {component.name for component in project.pipeline}
        marked = [each for each in project.nlu.examples if each.entities]
        taught = bool(LEARNT & names and marked)
        known = _values(marked) if taught else {}
        tags = tuple(dict.fromkeys(known.values()))
        return cls(
            _tables(project) if "RegexEntityExtractor" in names else (),
            known,
            (OUTSIDE, *tags),
            _model(project.nlu.examples, (OUTSIDE, *tags), known) if taught else None,
            project.nlu.synonyms if "EntitySynonymMapper" in names else {},
            amounts.EXTRACTOR in names,
        )

    def find(self, text: str) -> tuple[EntitySpan, ...]:
        """In the order of the text; values are those of synonyms where there are any."""
        found = list(self._tagged(text)) if self.model else []
        for name, pattern in self.tables:
            for match in pattern.finditer(text):
                span = EntitySpan(name, match[0], *match.span(), extractor="RegexEntityExtractor")
                if match[0] and not any(_same(span, other) for other in found):
                    found.append(span)
        if self.counts:
            found += amounts.numbers(text)
        found.sort(key=lambda span: (span.start, span.end))
        return tuple(replace(each, value=self._value(each.value)) for each in found)

    def _value(self, said: str | float) -> str | float:
        return self.synonyms.get(said.lower(), said) if isinstance(said, str) else said

    def _tagged(self, text: str) -> Iterator[EntitySpan]:
        words = [(match[0], *match.span()) for match in _WORD.finditer(text)]
        forms = [word for word, _, _ in words]
        seen = _seen(forms, self.known)
        before = OUTSIDE
        open_span: EntitySpan | None = None
        for at, (_, start, end) in enumerate(words):
            tag = self._tag(forms, at, before, seen)
            same = open_span is not None and tag == before != OUTSIDE
            if same and open_span is not None:
                open_span = replace(open_span, end=end, value=text[open_span.start : end])
            else:
                if open_span is not None:
                    yield open_span
                open_span = _begun(tag, text, start, end)
            before = tag
        if open_span is not None:
            yield open_span

    def _tag(self, words: Sequence[str], at: int, before: _Tag, seen: Sequence[frozenset[_Tag]]) -> _Tag:
        if self.model is None or len(self.tags) < 2:
            return OUTSIDE
        chances = self.model.predict_proba([_features(words, at, before, seen, self.tags)])[0]
        classes = self.model.classes_
        return self.tags[int(classes[int(chances.argmax())])]


def _begun(tag: _Tag, text: str, start: int, end: int) -> EntitySpan | None:
    if tag == OUTSIDE:
        return None
    return EntitySpan(tag[0], text[start:end], start, end, tag[1], tag[2], extractor="DIETClassifier")


def _same(one: EntitySpan, other: EntitySpan) -> bool:
    return (one.entity, one.start, one.end) == (other.entity, other.start, other.end)


def _tables(project: Project) -> tuple[tuple[str, re.Pattern[str]], ...]:
    found: list[tuple[str, str]] = []
    for name, patterns in project.nlu.regexes.items():
        found += [(name, pattern) for pattern in patterns]
    for name, texts in project.nlu.lookups.items():
        longest = sorted(texts, key=len, reverse=True)
        found.append((name, r"\b(?:" + "|".join(map(re.escape, longest)) + r")\b"))
    entities = project.domain.entities
    return tuple((name, re.compile(text, re.IGNORECASE)) for name, text in found if name in entities)


def _tag_of(span: EntitySpan) -> _Tag:
    return span.entity, span.role, span.group


def _values(examples: Iterable[Example]) -> dict[tuple[str, ...], _Tag]:
    return {
        tuple(_WORD.findall(example.text[span.start : span.end].lower())): (
            span.entity,
            span.role,
            span.group,
        )
        for example in examples
        for span in example.entities
    }


def _seen(words: Sequence[str], known: Mapping[tuple[str, ...], _Tag]) -> list[frozenset[_Tag]]:
    """For each word the tags of values, seen in examples, that it is part of here."""
    lower = [word.lower() for word in words]
    found: list[set[_Tag]] = [set() for _ in words]
    for size in {len(value) for value in known}:
        for start in range(len(lower) - size + 1):
            if tag := known.get(tuple(lower[start : start + size])):
                for at in range(start, start + size):
                    found[at].add(tag)
    return [frozenset(tags) for tags in found]


def _model(
    examples: Sequence[Example], tags: Sequence[_Tag], known: Mapping[tuple[str, ...], _Tag]
) -> Pipeline:
    rows: list[dict[str, float]] = []
    targets: list[int] = []
    number = {tag: at for at, tag in enumerate(tags)}
    for turn, example in enumerate(examples):
        matches = list(_WORD.finditer(example.text))
        words = [match[0] for match in matches]
        # Half of the examples are read as if their values were not known, or no others would be found.
        seen = _seen(words, known if turn % 2 else {})
        before = OUTSIDE
        for at, match in enumerate(matches):
            tag = next(
                (_tag_of(span) for span in example.entities if span.start <= match.start() < span.end),
                OUTSIDE,
            )
            tag = tag if tag in number else OUTSIDE
            rows.append(_features(words, at, before, seen, tags))
            targets.append(number[tag])
            before = tag
    model = make_pipeline(DictVectorizer(), LogisticRegression(C=10.0, max_iter=300))
    return model.fit(rows, targets)


def _features(
    words: Sequence[str], at: int, before: _Tag, seen: Sequence[frozenset[_Tag]], tags: Sequence[_Tag]
) -> dict[str, float]:
    word = words[at]
    lower = word.lower()
    shape = "d" if word.isdigit() else "T" if word[:1].isupper() else "x" if word.isalpha() else "."
    found = {
        "bias": 1.0,
        f"word={lower}": 1.0,
        f"end={lower[-3:]}": 1.0,
        f"begin={lower[:3]}": 1.0,
        f"shape={shape}{min(len(word), 6) if shape == 'd' else ''}": 1.0,
        f"before={tags.index(before)}": 1.0,
    }
    for step in (-2, -1, 1, 2):
        near = words[at + step].lower() if 0 <= at + step < len(words) else "^"
        found[f"{step}={near}"] = 1.0
    for tag in seen[at]:
        found[f"seen={tags.index(tag)}"] = 2.0
    return found
