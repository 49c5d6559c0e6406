"""Helpers shared by all methods' tests of training and evaluation stages, on the echo."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.successors.toys import get_echo
from world_models.errors import WorldModelsError
from world_models.section import Section
from world_models.storage.files import digest
from world_models.successors import command, evaluation, futures

OUTPUTS = ("model.safetensors", "model.json", "curve.csv")


@contextmanager
def playing_echo(train: ModuleType) -> Iterator[None]:
    """Make a method's stages play the echo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "get_task", get_echo)
        patch.setattr(evaluation, "get_task", get_echo)
        patch.setattr(futures, "get_task", get_echo)
        patch.setattr(command, "progress_digest", lambda *modules: "code")
        yield


def arguments(folder: Path, settings: Section, *more: str, **changes: Any) -> list[str]:
    """Return the training stage's command line."""
    return [
        "--task", "echo", "--environment", "{}", "--seed", "3", "--device", "cpu", *more,
        "--settings", json.dumps({**settings.model_dump(), **changes}),
        "--output", str(folder / "model.safetensors"), "--curve", str(folder / "curve.csv"),
        "--cost", str(folder / "cost.json"), "--progress", str(folder / "progress"),
        "--save-every", "1e-6", "--log", str(folder / "log"),
    ]  # fmt: skip


def digests(folder: Path) -> list[str]:
    """Return the digests of the reproducible outputs."""
    return [digest(folder / name) for name in OUTPUTS]


class KilledError(Exception):
    """Simulates the end of the process."""


class Interruption:
    """Stops a training run at an update, or after a round of play.

    Args:
        patch: undone after the test. train: the method's module.
        learner, learn: the class, and the name of its method that makes an update.
    """

    def __init__(
        self, patch: pytest.MonkeyPatch, train: ModuleType, learner: type, learn: str
    ) -> None:
        self.calls, self.limit = 0, -1
        update, play = getattr(learner, learn), train.Training._play

        def learning(*args: Any) -> Any:
            self._count()
            return update(*args)

        def playing(*args: Any) -> None:
            play(*args)
            self._count()  # the round is in the replay, but not yet in a snapshot

        patch.setattr(learner, learn, learning)
        patch.setattr(train.Training, "_play", playing)

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self.limit:
            raise KilledError

    def at(self, limit: int) -> None:
        """Stop the next run at its call with this number; never if -1."""
        self.calls, self.limit = 0, limit


def resume(train: ModuleType, argv: list[str], interruption: Interruption, *stops: int) -> None:
    """Train with an interruption at each of `stops` in turn, then to the end."""
    output = Path(argv[argv.index("--output") + 1])
    for stop in stops:
        interruption.at(stop)
        with pytest.raises(KilledError):
            train.main(argv)
        assert not output.exists()
    interruption.at(-1)
    train.main(argv)
    assert "continuing" in (output.parent / "log").read_text()


def check_evaluation(main: Callable[[list[str]], None], agent: Path, folder: Path) -> None:
    """Check that a trained agent plays the evaluation episodes the same way each time."""
    output = folder / "evaluation.csv"
    argv = [
        "--task", "echo", "--environment", "{}", "--seed", "3",
        "--settings", json.dumps({"episodes": 6, "slots": 3}),
        "--agent", str(agent), "--output", str(output), "--log", str(folder / "log"),
    ]  # fmt: skip
    main(argv)
    first = output.read_text()
    assert len(first.splitlines()) == 7
    main(argv)
    assert output.read_text() == first


def check_futures(main: Callable[[list[str]], None], agent: Path, folder: Path) -> futures.Futures:
    """Check that a trained agent's model imagines the same futures each time; return them."""
    output = folder / "futures.safetensors"
    argv = [
        "--task", "echo", "--environment", "{}", "--seed", "3",
        "--agent", str(agent), "--output", str(output), "--log", str(folder / "log"),
    ]  # fmt: skip
    main(argv)
    first = output.read_bytes()
    main(argv)
    assert output.read_bytes() == first
    result = futures.read(output, "echo")
    assert len(result.rewards) == len(result.frames) - 1 == result.imagined.rewards.shape[1] > 0
    with pytest.raises(WorldModelsError, match="not imagined futures of other"):
        futures.read(output, "other")
    output.write_bytes(first[: len(first) // 2])
    with pytest.raises(WorldModelsError, match="not readable"):
        futures.read(output, "echo")
    return result
