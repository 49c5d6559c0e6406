"""Streams: each row comes once per epoch, aligned with its action, reward and flags."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.memory.stores import episode, store
from world_models.errors import WorldModelsError
from world_models.memory.latents import Latents
from world_models.memory.streams import Epoch, Window, ahead
from world_models.tasks.contract import End

LENGTHS = (5, 9, 1, 7, 4, 12, 3)
DEADLY = (True, False, True, True, False, True, False)


@pytest.fixture
def latents(tmp_path: Path) -> Latents:
    """Write seven episodes to two stores."""
    episodes = [
        episode(number + 1, length, End.TERMINATED if dies else End.TRUNCATED)
        for number, (length, dies) in enumerate(zip(LENGTHS, DEADLY, strict=True))
    ]
    paths = [store(tmp_path / "0.json", episodes[:4]), store(tmp_path / "1.json", episodes[4:])]
    return Latents(paths[::-1], "take_cover", tmp_path)


def windows(latents: Latents, streams: int, length: int, order: list[int]) -> list[Window]:
    """Return all windows of one epoch."""
    return list(Epoch(latents, np.array(order), streams, length).read(5))


@pytest.mark.parametrize("streams", [1, 3, 7, 50])
@pytest.mark.parametrize("length", [1, 4, 6, 100])
def test_alignment(latents: Latents, streams: int, length: int) -> None:
    """Each row comes once, with its action, reward, death, restart and next latent."""
    order = [6, 2, 0, 5, 1, 3, 4]
    seen = []
    for window in windows(latents, streams, length, order):
        assert window.rows.shape[0] == min(streams, 7)
        for n, t in np.argwhere(window.rows.numpy() > 0):
            mark = round(window.z[n, t, 0].item())
            number, row = divmod(mark, 100)
            last = row == LENGTHS[number - 1] - 1
            assert window.actions[n, t].item() == mark + 0.25
            assert window.rewards[n, t].item() == mark + 0.5
            assert window.restarts[n, t].item() == (row == 0)
            assert window.deaths[n, t].item() == (last and DEADLY[number - 1])
            assert window.follows[n, t].item() == (not last)
            if not last:
                assert round(window.z[n, t + 1, 0].item()) == mark + 1
            seen.append(mark)
        padding = window.rows == 0
        for part in window[1:]:
            assert not part[padding].any()
    expected = [100 * (n + 1) + row for n in range(7) for row in range(LENGTHS[n])]
    assert sorted(seen) == expected


def test_streams_go_on_from_window_to_window(latents: Latents) -> None:
    """Concatenated windows equal the whole streams, so carrying the state over is right."""
    order = [0, 1, 2, 3, 4, 5, 6]
    (whole,) = windows(latents, 3, 1000, order)
    parts = windows(latents, 3, 4, order)
    for name in ("actions", "rewards", "restarts", "deaths", "rows", "follows"):
        joined = torch.cat([getattr(part, name) for part in parts], dim=1)
        torch.testing.assert_close(joined, getattr(whole, name))


def test_a_seam_is_drawn_once(tmp_path: Path) -> None:
    """A window's last target is the next window's first input; other rows and epochs differ."""
    arrays = episode(1, 40, End.TERMINATED)
    arrays["log_sigma2"] = np.zeros_like(arrays["log_sigma2"])
    latents = Latents([store(tmp_path / "0.json", [arrays])], "take_cover", tmp_path)
    epoch = Epoch(latents, np.array([0]), 4, 8)
    parts = list(epoch.read(5))
    for before, after in pairwise(parts):
        torch.testing.assert_close(before.z[:, -1], after.z[:, 0])
    noise = torch.cat([part.z[0, :-1, 0] for part in parts]) - 100 - torch.arange(40)
    assert len(noise.unique()) == 40 and 0.5 < noise.std() < 1.5
    again = list(epoch.read(5, first=3))
    torch.testing.assert_close(again[0].z, parts[3].z)
    assert not torch.equal(next(epoch.read(6)).z, parts[0].z)


def test_streams_end_together(tmp_path: Path) -> None:
    """With many episodes less than 5 % of the rows is padding."""
    rng = np.random.default_rng(0)
    episodes = [episode(n, int(rng.integers(1, 60)), End.TERMINATED) for n in range(400)]
    latents = Latents([store(tmp_path / "0.json", episodes)], "take_cover", tmp_path)
    epoch = Epoch(latents, rng.permutation(400), 10, 50)
    assert epoch.streams * epoch.length < 1.05 * latents.lengths.sum()


def test_first_frames(latents: Latents) -> None:
    """`first_frames` returns the first rows of at most that many episodes, in order."""
    mu, _ = latents.first_frames(3)
    assert mu[:, 0].tolist() == [100, 200, 300]
    assert len(latents.first_frames(1000)[0]) == 7


def test_bad_stores(tmp_path: Path) -> None:
    """Refused: another task, latent size or V, one-step episodes, values not finite, truncation."""
    good = store(tmp_path / "0.json", [episode(1, 5, End.TERMINATED)])
    with pytest.raises(WorldModelsError, match=r"0.json: belongs to task take_cover"):
        Latents([good], "car_racing", tmp_path)
    wide = store(tmp_path / "1.json", [episode(1, 5, End.TERMINATED, size=3)])
    with pytest.raises(WorldModelsError, match=r"1.json: latent size 3, but .*0.json has 2"):
        Latents([good, wide], "take_cover", tmp_path)
    other = store(tmp_path / "4.json", [episode(1, 5, End.TERMINATED)], vision="another")
    with pytest.raises(WorldModelsError, match=r"4.json: encoded with a different V from .*0.json"):
        Latents([good, other], "take_cover", tmp_path)
    single = store(tmp_path / "2.json", [episode(1, 1, End.TERMINATED)])
    with pytest.raises(WorldModelsError, match=r"2.json: no episode has two steps"):
        Latents([single], "take_cover", tmp_path)
    broken = episode(1, 5, End.TERMINATED)
    broken["mu"][2] = np.nan
    with pytest.raises(WorldModelsError, match=r"3.json: mu or log_sigma2 has values that are not"):
        Latents([store(tmp_path / "3.json", [broken])], "take_cover", tmp_path)
    victim = next(path for path in (tmp_path / "0.zarr/mu/c").rglob("*") if path.is_file())
    victim.write_bytes(victim.read_bytes()[:-5])
    with pytest.raises(WorldModelsError, match=r"0.zarr: content differs"):
        Latents([good], "take_cover", tmp_path)


def test_reading_ahead() -> None:
    """Reading ahead keeps the order and passes errors on; an abandoned reader stops."""

    def three(fails: bool) -> Iterator[int]:
        yield from range(3)
        if fails:
            raise WorldModelsError("broken")

    assert list(ahead(three(False))) == [0, 1, 2]
    with pytest.raises(WorldModelsError, match="broken"):
        list(ahead(three(True)))
    endless = ahead(iter(range(10**9)))
    assert next(endless) == 0
    endless.close()  # type: ignore[attr-defined]
