"""FAISS: exact search for small bases, an inverted file with scalar quantisation for large ones."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from bot.core.errors import FrontlineError
from bot.core.ports import Vectors

# Up to here exact search stays within the time of a turn: 50,000 x 300 floats are 60 MB and about 5 ms.
EXACT_UP_TO = 50_000
TRAINING_VECTORS = 100_000


class FaissIndex:
    """Inner product over unit vectors; rows are numbered in the order of the build.

    Up to `EXACT_UP_TO` rows `Flat` (recall 1 by definition). Above, `IVF{4 sqrt(n)},SQ8`: one byte a
    dimension, and `nprobe` lists of it read per query. `bench/index.py` prints its recall against exact.
    """

    kind: str

    def __init__(self, index: faiss.Index, kind: str) -> None:
        self._index = index
        self.kind = kind

    @classmethod
    def build(cls, vectors: Vectors) -> FaissIndex:
        """Builds from a (rows, dim) float32 array."""
        rows, dim = vectors.shape
        if rows <= EXACT_UP_TO:
            flat = faiss.IndexFlatIP(dim)
            flat.add(np.ascontiguousarray(vectors))
            return cls(flat, "Flat")
        lists = int(4 * np.sqrt(rows))
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dim), dim, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        sample = np.random.default_rng(0).choice(rows, min(rows, TRAINING_VECTORS), replace=False)
        index.cp.niter = 10
        index.cp.min_points_per_centroid = 1
        index.train(np.ascontiguousarray(vectors[np.sort(sample)]))
        for start in range(0, rows, TRAINING_VECTORS):
            index.add(np.ascontiguousarray(vectors[start : start + TRAINING_VECTORS]))
        index.nprobe = max(8, lists // 64)
        return cls(index, f"IVF{lists},SQ8 nprobe={index.nprobe}")

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, vectors: Vectors, k: int) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """Scores and row numbers, both (n, k), best first; row -1 where fewer than k exist."""
        scores, rows = self._index.search(np.ascontiguousarray(vectors), k)
        return scores, rows

    def save(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path, kind: str) -> FaissIndex:
        """Raises `FrontlineError("index_corrupt")` when the file is not a FAISS index."""
        try:
            return cls(faiss.read_index(str(path)), kind)
        except RuntimeError as error:
            raise FrontlineError("index_corrupt", f"{path.name} is not a readable index") from error
