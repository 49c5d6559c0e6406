"""What studies need from the tasks: other looks, places, regions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vizdoom

from world_models.errors import WorldModelsError
from world_models.evaluation.regions import watch
from world_models.tasks import get_kind, get_task
from world_models.tasks.car_racing.regions import masks
from world_models.tasks.contract import VectorEnvironment
from world_models.tasks.looks import TwoLooks, with_look
from world_models.tasks.take_cover import wad
from world_models.tasks.take_cover.looks import TEXTURES

SHIPPED = Path(vizdoom.scenarios_path) / "take_cover.wad"
SMALL = {"kind": "take_cover", "max_steps": 30, "resolution": "160x120"}


def test_a_wad_is_written_as_it_was_read() -> None:
    content = SHIPPED.read_bytes()
    assert wad.write(*wad.read(content, "x")) == content


def test_only_the_walls_change() -> None:
    """Repainting changes only the texture of the six walls in the map."""
    before = wad.read(SHIPPED.read_bytes(), "x")[1]
    after = wad.read(wad.repaint(SHIPPED.read_bytes(), TEXTURES, "x"), "x")[1]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    ((name, old), (_, new)) = changed[0]
    assert len(changed) == 1 and name == "TEXTMAP"
    assert old.count(b'"BRICK12"') == 6
    assert new == old.replace(b'"BRICK12"', b'"STONE2"')


@pytest.mark.parametrize("content", [b"", b"JUNK" + bytes(8), SHIPPED.read_bytes()[:-20]])
def test_what_is_no_wad_is_named(content: bytes) -> None:
    with pytest.raises(WorldModelsError, match=r"x\.wad: not a WAD"):
        wad.read(content, "x.wad")


def test_a_texture_that_is_not_there_is_named() -> None:
    with pytest.raises(WorldModelsError, match="uses texture WOOD1"):
        wad.repaint(SHIPPED.read_bytes(), {"WOOD1": "STONE2"}, "x.wad")


@pytest.mark.parametrize("environment", [SMALL, {"kind": "car_racing", "max_steps": 30}])
def test_another_look_is_the_same_game(environment: dict[str, Any]) -> None:
    """The frames differ; Take Cover's floor and rewards stay; places are counted in both games."""
    task = get_task(environment["kind"], environment)
    frames, rewards = [], []
    for look in ("usual", "changed"):
        game, seen = with_look(task, look).make_environment(), set[int]()
        try:
            frames.append(game.reset(3))
            brought = []
            for _ in range(10):
                brought.append(game.step(np.zeros(task.action_size, dtype=np.float32))[1])
            assert task.places is not None
            task.places.visit(game, seen)
            assert 0 < len(seen) <= 4 and max(seen) < task.places.count(game)
        finally:
            game.close()
        rewards.append(brought)
    different = (frames[0] != frames[1]).any(axis=-1)
    assert different.mean() > 0.05
    if task.kind == "take_cover":
        assert rewards[0] == rewards[1] and different.mean() < 0.5


def test_a_kind_with_one_look_is_named() -> None:
    task = get_task("lander", {"kind": "gymnasium", "id": "LunarLander-v3"})
    with pytest.raises(WorldModelsError, match="has only one look"):
        with_look(task, "changed")


class Constant(VectorEnvironment):
    """An environment that shows and pays one number."""

    def __init__(self, slots: int, value: int) -> None:
        super().__init__(slots)
        self.value = value

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        self.observations[list(slots)] = self.value

    def step(self, slots: Sequence[int], actions: Any) -> Any:
        rewards = np.zeros(self.slots)
        rewards[list(slots)] = self.value
        return rewards, np.zeros(self.slots, dtype=np.uint8)

    def close(self) -> None:
        self.value = -1


def test_a_seed_has_one_look() -> None:
    """A seed has the same look in any slot, whatever look the slot had before."""
    both = TwoLooks(Constant(3, 5), Constant(3, 7))
    both.start([0, 1, 2], [10, 11, 12])
    assert both.observations[:, 0, 0, 0].tolist() == [5, 7, 5]
    both.start([0], [13])
    rewards, ends = both.step([0, 2], np.zeros((3, 1)))
    assert rewards.tolist() == [7, 0, 5] and not ends.any()
    both.close()
    assert [each.value for each in both.both] == [-1, -1]  # type: ignore[attr-defined]


def test_regions_of_car_racing() -> None:
    """CarRacing's regions follow its colours; every pixel belongs to exactly one."""
    frame = np.full((1, 64, 64, 3), (100, 202, 100), dtype=np.uint8)  # grass
    frame[0, :, 20:44] = 102  # road
    frame[0, 10:12, 44:46] = (253, 0, 0)
    frame[0, 12:14, 44:46] = 253
    frame[0, 53:58, 31:34] = (202, 0, 0)
    frame[0, 53:55, 30] = 0
    found = masks(frame)
    assert {name: int(mask.sum()) for name, mask in found.items() if name != "rest"} == {
        "road": 64 * 24 - 15 - 2, "kerb": 8, "car": 17,
    }  # fmt: skip
    assert (sum(mask.astype(int) for mask in found.values()) == 1).all()


@pytest.mark.parametrize("environment", [SMALL, {"kind": "car_racing", "max_steps": 30}])
def test_frames_kept_with_what_they_show(environment: dict[str, Any]) -> None:
    """Every fifth frame of each episode is kept, with the first; each pixel has one region."""
    task = get_task(environment["kind"], environment)
    assert task.regions is not None
    seen = watch(task, task.regions.make_environment(), task.random_behaviour, 5, [3, 4]).episodes
    assert len(seen) == 2
    for (frames, shown), seed in zip(seen, (3, 4), strict=True):
        assert frames.shape == (6, 64, 64, 3)
        assert (sum(mask.astype(int) for mask in shown.values()) == 1).all()
        game = task.make_environment()
        try:
            assert (frames[0] == game.reset(seed)).all()
        finally:
            game.close()


def test_whose_score_counts_steps() -> None:
    assert get_kind("take_cover").score_is_steps and not get_kind("car_racing").score_is_steps
