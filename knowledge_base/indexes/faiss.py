"""FAISS: exact search for small bases, an inverted file with scalar quantisation for large ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from bot.core.errors import FrontlineError
from bot.core.ports import Vectors

# Up to here exact search stays within the time of a turn: 50,000 x 300 floats are 60 MB and about 5 ms.
EXACT_UP_TO = 50_000
TRAINING_PER_LIST = 40  # vectors; fewer make lists uneven, more only take time
GROWTH = 3  # an inverted file that has grown this much since it was trained is trained anew
_BATCH = 100_000


class FaissIndex:
    """Inner product over unit vectors; rows are numbered in the order they were added.

    Up to `EXACT_UP_TO` rows `Flat` (recall 1 by definition). Above, `IVF{4 sqrt(n)},SQ8`: one byte a
    dimension, and `nprobe` lists of it read per query. `bench/index.py` prints its recall against exact.
    """

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @property
    def kind(self) -> str:
        if isinstance(self._index, faiss.IndexIVF):
            return f"IVF{self._index.nlist},SQ8 nprobe={self._index.nprobe}"
        return "Flat"

    @classmethod
    def build(cls, vectors: Vectors) -> FaissIndex:
        """Builds from a (rows, dim) float32 array."""
        rows, dim = vectors.shape
        if rows <= EXACT_UP_TO:
            flat = faiss.IndexFlatIP(dim)
            flat.add(np.ascontiguousarray(vectors))
            return cls(flat)
        lists = int(4 * np.sqrt(rows))
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim),
            dim,
            lists,
            faiss.ScalarQuantizer.QT_8bit,
            faiss.METRIC_INNER_PRODUCT,
            False,
        )
        sample = np.random.default_rng(0).choice(rows, min(rows, TRAINING_PER_LIST * lists), replace=False)
        index.cp.niter = 10
        index.cp.min_points_per_centroid = 1
        index.cp.max_points_per_centroid = TRAINING_PER_LIST
        index.train(np.ascontiguousarray(vectors[np.sort(sample)]))
        index.set_direct_map_type(faiss.DirectMap.Array)  # type: ignore[attr-defined]  # missing in the stubs; for `vectors`: 8 bytes a row
        for start in range(0, rows, _BATCH):
            index.add(np.ascontiguousarray(vectors[start : start + _BATCH]))
        index.nprobe = max(8, lists // 64)
        return cls(index)

    def extended(self, vectors: Vectors) -> FaissIndex:
        """A new index with more rows at the end; this one goes on serving."""
        rows = len(self) + len(vectors)
        if rows > GROWTH * self._trained_rows() or (rows > EXACT_UP_TO and self.kind == "Flat"):
            return self.build(np.concatenate([self.vectors(range(len(self))), vectors]))
        index = faiss.clone_index(self._index)
        index.add(np.ascontiguousarray(vectors))
        return FaissIndex(index)

    def _trained_rows(self) -> float:
        """About how many rows the number of lists was chosen for; exact search needs no training."""
        return (self._index.nlist / 4) ** 2 if isinstance(self._index, faiss.IndexIVF) else np.inf

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vectors: Vectors, k: int) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """Scores and row numbers, both (n, k), best first; row -1 where fewer than k exist."""
        scores, rows = self._index.search(np.ascontiguousarray(vectors), k)
        return scores, rows

    def vectors(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> Vectors:
        """The stored vectors of these rows, (len(rows), dim); quantised ones are approximate."""
        found: Vectors = self._index.reconstruct_batch(np.asarray(rows, np.int64))
        return found

    def save(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> FaissIndex:
        """Raises `FrontlineError("index_corrupt")` when the file is not a FAISS index."""
        try:
            return cls(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise FrontlineError("index_corrupt", f"{path.name} is not a readable index") from error
