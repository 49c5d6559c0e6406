"""Evolution with every search: it finds optima, resumes exactly, and refuses faults."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from world_models.controller.fitness_log import FitnessLog, Generation, text_of
from world_models.controller.generations import Evolution, evolve
from world_models.controller.search import SEARCHES
from world_models.controller.settings import ControllerSettings
from world_models.errors import WorldModelsError

ROOT = Path(__file__).resolve().parents[2]
TARGET = np.linspace(-1, 1, 10)
SETTINGS = ControllerSettings(population=12, generations=150, validation_every=25)


class Sphere:
    """Minus the squared distance to a known point; counts its calls."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def fitness(self, generation: int, candidates: NDArray[np.float32]) -> list[float]:
        """Score candidates."""
        self.calls.append(generation)
        return [-float(((each - TARGET) ** 2).sum()) for each in candidates]

    def validation(self, controller: NDArray[np.float32]) -> float:
        """Score one controller."""
        return self.fitness(0, controller[None])[0]


def run(log: Path | None, settings: ControllerSettings = SETTINGS, seed: int = 3) -> Evolution:
    """Run a search on the sphere."""
    evolution, sphere = Evolution(10, settings, seed), Sphere()
    evolve(evolution, sphere.fitness, sphere.validation, FitnessLog(log))
    return evolution


def test_finds_the_optimum() -> None:
    """The selected mean is the known point; the search starts at zero with the given step."""
    first = Evolution(10, SETTINGS, 3)
    candidates = first.ask()
    assert np.allclose(candidates.mean(axis=0), 0, atol=0.1)
    assert candidates.std() == pytest.approx(SETTINGS.sigma, rel=0.25)
    evolution = run(None)
    assert evolution.best is not None
    assert np.allclose(evolution.best, TARGET, atol=1e-3)
    validated = [each.number for each in evolution.history if each.validation is not None]
    assert validated == [25, 50, 75, 100, 125, 150]


def test_higher_is_better() -> None:
    """The mean fitness rises, and the best validated mean is the one that is kept."""
    evolution = run(None)
    means = [float(np.mean(each.fitness)) for each in evolution.history]
    assert means[-1] > means[0]
    scores = {each.number: each.validation for each in evolution.history if each.validation}
    assert evolution.best_score == max(scores.values())
    assert scores[evolution.best_generation] == evolution.best_score


def test_global_random_numbers_are_left_alone() -> None:
    """Neither does the search depend on NumPy's global state, nor does it touch it."""
    np.random.seed(0)
    before = np.random.get_state()[1].copy()  # type: ignore[union-attr,index]
    first = run(None, SETTINGS.model_copy(update={"generations": 5}))
    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]
    np.random.seed(99)
    again = run(None, SETTINGS.model_copy(update={"generations": 5}))
    assert text_of(first.history) == text_of(again.history)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("cut", [1, 24, 25, 70, 149])
def test_resumes_exactly(tmp_path: Path, cut: int, search: str) -> None:
    """From any generation on, even with a torn last line, the search goes on bit for bit."""
    settings = SETTINGS.model_copy(update={"search": search})
    whole, log = run(tmp_path / "whole.jsonl", settings), tmp_path / "cut.jsonl"
    lines = (tmp_path / "whole.jsonl").read_text().splitlines(keepends=True)
    torn = lines[cut][:30] if cut < len(lines) else ""
    log.write_text("".join(lines[:cut]) + torn)
    evolution, sphere = Evolution(10, settings, 3), Sphere()
    evolve(evolution, sphere.fitness, sphere.validation, FitnessLog(log))
    assert log.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert evolution.best is not None and whole.best is not None
    assert evolution.best.tobytes() == whole.best.tobytes()
    assert evolution.best_generation == whole.best_generation
    assert min(number for number in sphere.calls if number) == cut + 1


@pytest.mark.parametrize(("first", "then"), [(30, 60), (60, 30)])
def test_another_number_of_generations(tmp_path: Path, first: int, then: int) -> None:
    """A longer evolution goes on where a shorter one ended; a shorter one needs no play."""
    log = tmp_path / "log.jsonl"
    run(log, SETTINGS.model_copy(update={"generations": first}))
    settings = SETTINGS.model_copy(update={"generations": then})
    evolution, sphere = Evolution(10, settings, 3), Sphere()
    evolve(evolution, sphere.fitness, sphere.validation, FitnessLog(log))
    assert [number for number in sphere.calls if number] == list(range(first + 1, then + 1))
    whole = run(None, settings)
    assert text_of(evolution.history) == text_of(whole.history)
    assert evolution.best is not None and whole.best is not None
    assert evolution.best.tobytes() == whole.best.tobytes()


def test_stops_at_a_score(tmp_path: Path) -> None:
    """The first validation that is high enough ends it, also in the log of a longer evolution."""
    enough = SETTINGS.model_copy(update={"stop_at_score": -1e-4})
    log = tmp_path / "log.jsonl"
    stopped = run(log, enough)
    assert stopped.best_generation == len(stopped.history) == len(log.read_text().splitlines())
    assert stopped.best_score >= -1e-4
    assert all((each.validation or -1) < -1e-4 for each in stopped.history[:-1])
    assert 25 < len(stopped.history) < 150

    whole = run(log)
    assert text_of(whole.history) == text_of(run(None).history)
    evolution, sphere = Evolution(10, enough, 3), Sphere()
    evolve(evolution, sphere.fitness, sphere.validation, FitnessLog(log))
    assert sphere.calls == []
    assert text_of(evolution.history) == text_of(stopped.history)


def test_faults(tmp_path: Path) -> None:
    """A score that isn't finite, and logs of other searches, are named."""
    evolution = Evolution(10, SETTINGS, 3)
    evolution.ask()
    with pytest.raises(WorldModelsError, match=r"generation 1: candidate 4 scored nan"):
        evolution.tell([0.0] * 4 + [float("nan")] + [0.0] * 7)

    log = tmp_path / "log.jsonl"
    run(log, SETTINGS.model_copy(update={"generations": 30}))
    with pytest.raises(WorldModelsError, match=r"log.jsonl: line 1: replaying the search gives"):
        evolve(Evolution(10, SETTINGS, 4), lambda g, c: [], lambda c: 0.0, FitnessLog(log))
    smaller = SETTINGS.model_copy(update={"population": 8})
    with pytest.raises(WorldModelsError, match="12 candidates, not 8"):
        evolve(Evolution(10, smaller, 3), lambda g, c: [], lambda c: 0.0, FitnessLog(log))
    log.write_text("nonsense\n")
    with pytest.raises(WorldModelsError, match=r"log.jsonl: line 1 is not a fitness-log line"):
        FitnessLog(log).read()
    with pytest.raises(WorldModelsError, match=r"generation 0: the mean scored nan"):
        evolution.keep(float("nan"), 0)


def test_a_log_of_the_other_search_is_refused(tmp_path: Path) -> None:
    """It is not taken for the beginning of this one."""
    run(tmp_path / "log.jsonl", SETTINGS.model_copy(update={"generations": 2}))
    other = SETTINGS.model_copy(update={"search": "openai_es"})
    with pytest.raises(WorldModelsError, match=r"line 1: replaying .*, but the log has 0\.098"):
        run(tmp_path / "log.jsonl", other)


def test_lines_keep_every_digit(tmp_path: Path) -> None:
    """A log line reads back as the generation it was."""
    generation = Generation(3, [1 / 3, -2e-17, 5.0], 0.1 + 0.2, None)
    log = tmp_path / "log.jsonl"
    log.write_text(text_of([generation]))
    with pytest.raises(WorldModelsError, match="line 1 was altered"):  # it is numbered 3
        FitnessLog(log).read()
    log.write_text(text_of([dataclasses.replace(generation, number=1)]))
    assert FitnessLog(log).read() == [dataclasses.replace(generation, number=1)]


def test_published_logs_are_read() -> None:
    """The line's keys are those of the logs in results/, whatever the attributes are called."""
    line = text_of([Generation(1, [0.5], 0.25)])
    assert line.startswith('{"chain": "')
    assert line.endswith('", "fitness": [0.5], "number": 1, "sigma": 0.25, "validation": null}\n')
    published = sorted((ROOT / "results/lab").glob("*/controllers/*/fitness.jsonl"))
    assert len(published) == 8
    for path in published:
        assert text_of(FitnessLog(path).read()) == path.read_text()
