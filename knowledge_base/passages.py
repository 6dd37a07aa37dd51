"""The first stage of retrieval: passages of any base by words and vectors, from one to a million.

Immutable; a change makes a new index that shares what has not changed. Rows are never renumbered by an
edit: rows of changed articles die, new ones come at the end, and when too many are dead all is compacted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import structlog

from bot.core.errors import FrontlineError
from bot.core.ports import Encoder, Vectors
from bot.nlu.query import Query
from bot.nlu.words import analyse
from knowledge_base import blending
from knowledge_base.articles import Article
from knowledge_base.chunking import passages
from knowledge_base.indexes.faiss import FaissIndex
from knowledge_base.lexical import LexicalIndex, Rows, best_rows

log = structlog.get_logger(__name__)

CANDIDATES = 200  # rows that words and vectors each propose
MOST_DEAD = 0.25  # share of dead rows above which the index is compacted
REMEASURE = 1.5  # growth in rows after which the weight of the vectors is measured again
_BATCH = 512  # rows encoded at once
_MARKUP = re.compile(r"\[\[[^\]\n]*\]\]|\]\([^)\s]*\)|<[^>\n]*>|https?://\S+|^[|: \t-]+$", re.MULTILINE)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PassageHit:
    """The best passage of an article. `p_score` orders hits, 0..1; it is not a calibrated probability."""

    article_id: str
    text: str
    p_score: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in the index: its rows are `first` to `first + rows`. `encoded` is False after a failure.

    `body` is None until the articles are given again: what is saved holds no text.
    """

    id: str
    hash: str
    first: int
    rows: int
    encoded: bool = True
    body: str | None = None


@dataclass(frozen=True, slots=True)
class PassageIndex:
    """`spans` are (rows, 2): where the row's text stands in its body; an example question has no span."""

    encoder: str
    entries: tuple[Entry, ...]
    spans: npt.NDArray[np.int32]
    lexical: LexicalIndex
    vectors: FaissIndex
    weight: float  # of the cosine beside BM25 / (its maximum)
    measured_rows: int  # how many rows there were when the weight was measured
    owners: npt.NDArray[np.int32]  # number of the entry per row, -1 for a dead row

    @classmethod
    def of(  # noqa: PLR0917 - the fields in their order
        cls,
        encoder: str,
        entries: Sequence[Entry],
        spans: npt.NDArray[np.int32],
        lexical: LexicalIndex,
        vectors: FaissIndex,
        weight: float,
        measured_rows: int,
    ) -> PassageIndex:
        owners = np.full(len(spans), -1, np.int32)
        sizes = np.asarray([entry.rows for entry in entries], np.int64)
        owners[_all_rows(entries)] = np.repeat(np.arange(len(entries), dtype=np.int32), sizes)
        return cls(encoder, tuple(entries), spans, lexical, vectors, weight, measured_rows, owners)

    @classmethod
    def empty(cls, encoder: Encoder) -> PassageIndex:
        nothing = FaissIndex.build(np.zeros((0, encoder.dim), np.float32))
        return cls.of(encoder.name, (), np.zeros((0, 2), np.int32), LexicalIndex.empty(), nothing, 0.0, 0)

    @classmethod
    def build(
        cls,
        articles: Iterable[Article],
        encoder: Encoder,
        *,
        previous: PassageIndex | None = None,
        on_progress: Progress | None = None,
    ) -> PassageIndex:
        """Articles with the hash of `previous` are not read again; progress is (articles read, to read)."""
        wanted = {article.id: article for article in articles}
        if previous is None or previous.encoder != encoder.name:
            previous = cls.empty(encoder)
        kept = [
            replace(entry, body=wanted.pop(entry.id).body)
            for entry in previous.entries
            if entry.encoded and entry.id in wanted and wanted[entry.id].hash == entry.hash
        ]
        base = previous._with(kept)
        fresh = list(wanted.values())
        return base._extended(fresh, encoder, on_progress) if fresh else base

    def _with(self, kept: Sequence[Entry]) -> PassageIndex:
        """Only these of its articles; compacted when much is dead."""
        if not len(self.spans):
            return self
        rows = _all_rows(kept)
        live = np.zeros(len(self.spans), np.bool_)
        live[rows] = True
        if len(rows) == (self.owners >= 0).sum():
            return self.of(*self._rest(kept))
        if (~live).mean() <= MOST_DEAD:
            lexical = self.lexical.extended(self.lexical.new_rows(), ~live)
            return self.of(
                self.encoder, kept, self.spans, lexical, self.vectors, self.weight, self.measured_rows
            )
        numbers = np.cumsum(live) - 1
        return self.of(
            self.encoder,
            [replace(entry, first=int(numbers[entry.first])) for entry in kept],
            self.spans[live],
            self.lexical.compacted(live),
            FaissIndex.build(self.vectors.vectors(np.flatnonzero(live))),
            self.weight,
            self.measured_rows,
        )

    def _rest(
        self, entries: Sequence[Entry]
    ) -> tuple[str, Sequence[Entry], npt.NDArray[np.int32], LexicalIndex, FaissIndex, float, int]:
        return (
            self.encoder,
            entries,
            self.spans,
            self.lexical,
            self.vectors,
            self.weight,
            self.measured_rows,
        )

    def _extended(
        self, fresh: Sequence[Article], encoder: Encoder, on_progress: Progress | None
    ) -> PassageIndex:
        read = _Reading(fresh, encoder, self.lexical, len(self.spans))
        read.run(on_progress)
        rows = len(self.spans) + len(read.vectors)
        weight, measured = self.weight, self.measured_rows
        if rows > REMEASURE * measured:
            weight, measured = blending.measure(read.sample(), encoder), rows
        return self.of(
            self.encoder,
            (*self.entries, *read.entries),
            np.concatenate([self.spans, read.spans]),
            self.lexical.extended(read.counts),
            self.vectors.extended(read.vectors),
            weight,
            measured,
        )

    @property
    def content(self) -> frozenset[tuple[str, str, bool]]:
        """Which articles it holds: id, hash, and whether they could be encoded."""
        return frozenset((entry.id, entry.hash, entry.encoded) for entry in self.entries)

    def __len__(self) -> int:
        """Rows that can be found."""
        return int((self.owners >= 0).sum())

    @property
    def pending(self) -> int:
        """Articles that have no vectors because the encoder failed; the next build tries them again."""
        return sum(not entry.encoded for entry in self.entries)

    def search(self, query: Query, limit: int = 10) -> list[PassageHit]:
        """The best passage of each of the best articles; by words alone when the query has no vector."""
        words, most = self.lexical.scores(query.lemmas)
        words /= np.float32(max(most, 1e-9))
        rows = best_rows(words, CANDIDATES)
        vector = query.vector if self.weight > 0 and len(self.vectors) else None
        if vector is None or not vector.any():
            return self._hits(rows, words[rows], np.zeros(len(rows), np.float32), 0.0, limit)
        _, near = self.vectors.search(vector[None, :], CANDIDATES)
        rows = np.union1d(rows, near[0][near[0] >= 0])
        rows = rows[self.owners[rows] >= 0]
        cosines = self.vectors.vectors(rows) @ vector
        return self._hits(rows, words[rows], cosines, self.weight, limit)

    def _hits(
        self, rows: Rows, words: Vectors, cosines: Vectors, weight: float, limit: int
    ) -> list[PassageHit]:
        blend = np.maximum((words + weight * cosines) / (1 + weight), 0)
        hits: dict[int, PassageHit] = {}
        for place in np.lexsort((rows, -blend)):
            owner = int(self.owners[rows[place]])
            if owner in hits or blend[place] <= 0:
                continue
            if len(hits) == limit:
                break
            parts = {"bm25": float(words[place]), "dense": float(cosines[place])}
            hits[owner] = PassageHit(
                self.entries[owner].id, self._text(owner, int(rows[place])), float(blend[place]), parts
            )
        return list(hits.values())

    def _text(self, owner: int, row: int) -> str:
        """The passage; for an example question that of the article's beginning."""
        entry = self.entries[owner]
        start, end = self.spans[row]
        if end == 0:
            start, end = self.spans[entry.first]
        return (entry.body or "")[start:end]


class _Reading:
    """Articles read into rows: terms counted, vectors made, batch by batch."""

    def __init__(
        self, articles: Sequence[Article], encoder: Encoder, lexical: LexicalIndex, first: int
    ) -> None:
        self._articles, self._encoder = articles, encoder
        self.counts = lexical.new_rows()
        self.entries: list[Entry] = []
        cut = [passages(article.body) for article in articles]
        self._cut = cut
        rows = sum(map(len, cut))
        self.spans = np.zeros((rows, 2), np.int32)
        self.vectors = np.zeros((rows, encoder.dim), np.float32)
        self._first = first
        self._encodes = True

    def run(self, on_progress: Progress | None) -> None:
        texts: list[str] = []
        done = 0
        for number, (article, cut) in enumerate(zip(self._articles, self._cut, strict=True), 1):
            self.entries.append(
                Entry(article.id, article.hash, self._first + done + len(texts), len(cut), body=article.body)
            )
            for passage in cut:
                self.spans[done + len(texts)] = passage.start, passage.end
                texts.append(row_text(article, passage.headings, article.body[passage.start : passage.end]))
            if len(texts) >= _BATCH or number == len(self._articles):
                self._read(texts, done)
                done += len(texts)
                texts = []
                if on_progress:
                    on_progress(number, len(self._articles))
        if not self._encodes:
            self.entries = [replace(entry, encoded=False) for entry in self.entries]

    def _read(self, texts: Sequence[str], first: int) -> None:
        for text in texts:
            self.counts.add(analyse(text)[1])
        if not self._encodes:
            return
        try:
            self.vectors[first : first + len(texts)] = self._encoder.encode(texts)
        except FrontlineError as error:
            # Words still find these articles; their vectors are made by a later build.
            log.warning("passages.not_encoded", code=error.code, articles=len(self._articles))
            self._encodes = False

    def sample(self) -> list[str]:
        """Texts of passages, evenly over the articles, for measuring."""
        step = max(1, len(self._articles) // (2 * blending.SAMPLE))
        return [
            _MARKUP.sub(" ", article.body[passage.start : passage.end])
            for article, cut in zip(self._articles[::step], self._cut[::step], strict=True)
            for passage in cut
        ]


def row_text(article: Article, headings: Sequence[str], text: str) -> str:
    """What of a passage is counted and encoded: its words under its title and headings, without markup."""
    plain = _MARKUP.sub(" ", text)
    above = [
        line for line in (article.title, *headings, " ".join(article.tags)) if line and line not in plain
    ]
    return "\n".join((*above, plain))


def _all_rows(entries: Sequence[Entry]) -> Rows:
    firsts = np.asarray([entry.first for entry in entries], np.int64)
    sizes = np.asarray([entry.rows for entry in entries], np.int64)
    starts = np.cumsum(sizes) - sizes
    return np.repeat(firsts - starts, sizes) + np.arange(sizes.sum())
