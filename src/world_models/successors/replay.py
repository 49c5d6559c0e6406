"""The replay: a stream of rows in memory-mapped files, from which windows are drawn."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.storage.files import NO_ROOM, no_room

Columns = Mapping[str, tuple[str, tuple[int, ...]]]
"""Maps a column's name to its NumPy dtype and the shape of one row's value."""
Batch = dict[str, NDArray[Any]]

GROWTH = 4096  # rows that files grow by: memory-mapped files need a size


class Replay:
    """A ring buffer of rows on disk: once it is full, new rows replace the oldest.

    Memory holds only what the system caches of the files. Rows beyond `rows`, left behind by an
    interrupted run, are overwritten, so a caller that saved `rows` can resume from there.

    Args:
        folder: holds the files, one per column.
        columns: the columns of a row.
        capacity: how many rows are kept.
        rows: how many rows an earlier run added; 0 for a new replay.

    Attributes:
        rows: how many rows were added in all.

    Raises:
        WorldModelsError: files of an earlier run are missing or shorter than `rows` says.
    """

    def __init__(self, folder: Path, columns: Columns, capacity: int, rows: int = 0) -> None:
        self.folder, self.columns, self.capacity, self.rows = folder, columns, capacity, rows
        folder.mkdir(parents=True, exist_ok=True)
        self.maps: dict[str, NDArray[Any]] = {}
        self.size = 0
        if rows:
            for name in columns:
                path = self._path(name)
                if not path.is_file() or path.stat().st_size < min(rows, capacity) * self._bytes(
                    name
                ):
                    raise WorldModelsError(f"{path}: missing or cut short; remove {folder}")
        self._grow(min(rows, capacity))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.bin"

    def _bytes(self, name: str) -> int:
        kind, shape = self.columns[name]
        return int(np.dtype(kind).itemsize * np.prod(shape, dtype=np.int64))

    def _grow(self, needed: int) -> None:
        """Grow the files to hold at least `needed` rows, which is at most `capacity`."""
        if needed <= self.size and self.maps:
            return
        size = min(self.capacity, -(-max(needed, 1) // GROWTH) * GROWTH)
        for name, (kind, shape) in self.columns.items():
            path = self._path(name)
            try:
                with path.open("ab") as file:
                    # Allocate real blocks: writing to a hole on a full disk kills the process.
                    os.posix_fallocate(file.fileno(), 0, size * self._bytes(name))
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                raise no_room(path, error.strerror or str(error)) from error
            self.maps[name] = np.memmap(path, kind, "r+", shape=(size, *shape))
        self.size = size

    def add(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Add n rows, given as an array (n, ...) for each column.

        Raises:
            WorldModelsError: the disk is full.
        """
        count = len(rows[next(iter(self.columns))])
        self._grow(min(self.rows + count, self.capacity))
        places = np.arange(self.rows, self.rows + count) % self.capacity
        for name in self.columns:
            self.maps[name][places] = rows[name]
        self.rows += count

    def overwrites(self, count: int) -> bool:
        """Return whether adding `count` rows would overwrite old ones."""
        return self.rows + count > self.capacity

    def windows(self, length: int) -> int:
        """Return how many windows of that length there are."""
        return max(0, min(self.rows, self.capacity) - length + 1)

    def draw(self, rng: np.random.Generator, count: int, length: int) -> Batch:
        """Sample windows uniformly; return a copy, (length, count, ...) for each column."""
        first = max(0, self.rows - self.capacity)
        starts = first + rng.integers(self.windows(length), size=count)
        places = (starts + np.arange(length)[:, None]) % self.capacity
        return {name: self.maps[name][places] for name in self.columns}

    def column(self, name: str, places: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Return a column's values, copied.

        Args:
            places: numbers of kept rows, counted from the oldest, 0; None takes all.
        """
        first = max(0, self.rows - self.capacity)
        chosen = np.arange(self.rows - first) if places is None else places
        values: NDArray[Any] = self.maps[name][(first + chosen) % self.capacity]
        return values

    def flush(self) -> None:
        """Flush all rows to disk."""
        for each in self.maps.values():
            each.flush()  # type: ignore[attr-defined]
