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
"""By name: what a column's values are in NumPy's words, and the shape of one row's."""
Batch = dict[str, NDArray[Any]]

GROWTH = 4096  # rows that files grow by: memory-mapped files need a size


class Replay:
    """Rows in the order in which they were added; the newest replace the oldest.

    Memory holds only what the system caches of the files. Rows beyond `rows` that an interrupted
    run left behind are written over, so whoever keeps `rows` can go on from there.

    Args:
        folder: where the files lie, one a column.
        columns: what a row holds.
        capacity: rows that are kept.
        rows: how many were added so far, by an earlier run.

    Attributes:
        rows: how many were added in all.

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
        """Have the files hold that many rows, of which there are at most `capacity`."""
        if needed <= self.size and self.maps:
            return
        size = min(self.capacity, -(-max(needed, 1) // GROWTH) * GROWTH)
        for name, (kind, shape) in self.columns.items():
            path = self._path(name)
            try:
                with path.open("ab") as file:
                    # Real blocks, not a hole: a full disk would kill whoever writes to one.
                    os.posix_fallocate(file.fileno(), 0, size * self._bytes(name))
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                raise no_room(path, error.strerror or str(error)) from error
            self.maps[name] = np.memmap(path, kind, "r+", shape=(size, *shape))
        self.size = size

    def add(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Add rows: for each column (n, ...).

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
        """Say whether adding that many rows would replace some."""
        return self.rows + count > self.capacity

    def windows(self, length: int) -> int:
        """Return how many windows of that length there are."""
        return max(0, min(self.rows, self.capacity) - length + 1)

    def draw(self, rng: np.random.Generator, count: int, length: int) -> Batch:
        """Return windows drawn uniformly: for each column (length, count, ...), a copy."""
        first = max(0, self.rows - self.capacity)
        starts = first + rng.integers(self.windows(length), size=count)
        places = (starts + np.arange(length)[:, None]) % self.capacity
        return {name: self.maps[name][places] for name in self.columns}

    def column(self, name: str, places: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Return a column's values, copied.

        Args:
            places: of some rows that are kept, the oldest being 0; None takes all.
        """
        first = max(0, self.rows - self.capacity)
        chosen = np.arange(self.rows - first) if places is None else places
        values: NDArray[Any] = self.maps[name][(first + chosen) % self.capacity]
        return values

    def flush(self) -> None:
        """Have the disk hold all rows."""
        for each in self.maps.values():
            each.flush()  # type: ignore[attr-defined]
