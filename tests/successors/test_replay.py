"""The replay: what it keeps and what it draws."""

from pathlib import Path

import numpy as np

from world_models.successors.replay import Replay


def rows(first: int, count: int) -> dict[str, np.ndarray]:
    """Return numbered rows."""
    return {"number": np.arange(first, first + count), "pair": np.ones((count, 2), np.float32)}


COLUMNS = {"number": ("int64", ()), "pair": ("float32", (2,))}


def test_replay(tmp_path: Path) -> None:
    """Windows hold consecutive kept rows; the newest rows replace the oldest."""
    replay = Replay(tmp_path, COLUMNS, 10)
    assert replay.windows(3) == 0
    for first, count in ((0, 4), (4, 5), (9, 5)):
        assert replay.overwrites(count) == (first + count > 10)
        replay.add(rows(first, count))
    assert replay.column("number").tolist() == [*range(4, 14)]
    assert replay.column("number", np.array([0, 9])).tolist() == [4, 13]
    drawn = replay.draw(np.random.default_rng(0), 500, 3)["number"]
    assert drawn.shape == (3, 500)
    assert (np.diff(drawn, axis=0) == 1).all()
    assert {*drawn[0].tolist()} == {*range(4, 12)}
    again = Replay(tmp_path, COLUMNS, 10, rows=9)  # as saved before the last five rows
    assert again.column("number").tolist()[-5:] == [4, 5, 6, 7, 8]
    grown = Replay(tmp_path / "large", COLUMNS, 100_000)
    for first in range(0, 9000, 3000):
        grown.add(rows(first, 3000))
    assert grown.column("number").tolist() == [*range(9000)]
