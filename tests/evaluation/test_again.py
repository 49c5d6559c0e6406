"""`evaluate` on published controllers, as a user runs it, and its statistics."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_ind

from tests.evaluation.untrained import tool
from world_models.evaluation.rows import rows_csv
from world_models.inspection.agreement import compare
from world_models.inspection.published import beside, find, scale_of
from world_models.paper.reading import read_scores
from world_models.play.episodes import Episode
from world_models.seeds import Purpose, derive
from world_models.tasks.contract import End

SCALE = Path("results/smoke")
PUBLISHED = {"car_racing": "z", "take_cover": "tau_1.15"}


def change(path: Path, by: Callable[[float], float]) -> None:
    """Rewrite an evaluation's CSV, with `by` applied to each score."""
    old = read_scores(path)
    path.write_text(
        rows_csv([
            Episode(0, int(seed), 9, by(float(score)), End.TERMINATED)
            for seed, score in zip(old["seed"], old["score"], strict=True)
        ], lambda end, _: end.name)
    )  # fmt: skip


def test_the_same_scores_again(place: Path) -> None:
    """Both tasks (with M and without) give the published rows in another folder; exit status 0."""
    paths = {t: place / SCALE / t / "evaluation" / f"{n}.csv" for t, n in PUBLISHED.items()}
    before = {task: path.read_bytes() for task, path in paths.items()}
    done = tool(place, "evaluate", str(SCALE))
    assert done.returncode == 0, done.stderr
    for task, path in paths.items():
        again = place / "results" / "again" / "smoke" / task / path.name
        assert again.read_bytes() == path.read_bytes() == before[task]
        mean = read_scores(path)["score"].mean()
        (line,) = (line for line in done.stdout.splitlines() if line.startswith(task))
        assert f"{mean:.1f} ± " in line and "the same, score for score" in line
    assert "published 95 % interval" in done.stdout


def test_other_scores_are_told(place: Path, tmp_path: Path) -> None:
    """If the published mean is not reproduced, the error is one line and the exit status 1."""
    shutil.copytree(place, tmp_path, dirs_exist_ok=True)
    change(tmp_path / SCALE / "car_racing" / "evaluation" / "z.csv", lambda score: score + 900)
    done = tool(tmp_path, "evaluate", str(SCALE), "--task", "car_racing", "--episodes", "3")
    assert done.returncode == 1
    assert done.stderr == "error: 1 of 1 do not agree: car_racing z\n"
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("car_racing"))
    assert "DIFFERS" in line and line.split()[2] == "3"


def test_fresh_episodes(place: Path) -> None:
    """Another seed plays its own evaluation episodes; the output says that they differ."""
    done = tool(
        place, "evaluate", str(SCALE), "--seed", "2", "--episodes", "4", "--controller", "z"
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Episodes other than the published ones" in done.stdout
    found = read_scores(place / "results" / "again" / "smoke" / "car_racing" / "z.csv")
    seeds = [derive(2, Purpose.EVALUATION, "car_racing", "real", n) for n in range(4)]
    assert found["seed"].tolist() == seeds


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["results/lab"], "results/lab: no published controllers with scores"),
        ([str(SCALE), "--controller", "z_h"], "controller z_h with scores; available: tau_1.15, z"),
        ([str(SCALE), "--controller", "z", "--episodes", "1"], "car_racing.evaluation.episodes: "),
    ],
)
def test_mistakes_are_named(place: Path, arguments: list[str], message: str) -> None:
    """Mistakes give one line and exit status 2."""
    done = tool(place, "evaluate", *arguments)
    assert done.returncode == 2
    assert message in done.stderr and len(done.stderr.splitlines()) == 1


def test_what_is_found(place: Path) -> None:
    """`find` passes M only to controllers that use it, and ignores the scores of dreams."""
    z, tau = find(place / SCALE)
    assert (z.task, z.name, "--memory" in z.models) == ("car_racing", "z", False)
    assert (tau.task, tau.name, "--memory" in tau.models) == ("take_cover", "tau_1.15", True)
    assert [each.name for each in find(place / SCALE, "take_cover")] == ["tau_1.15"]
    assert [each.name for each in find(place / SCALE, names=["z"])] == ["z"]
    assert (scale_of(SCALE), scale_of(Path("results"))) == ("smoke", "paper")
    assert beside(SCALE, "again") == beside(Path("results"), "again") == Path("results/again")


def test_a_studys_controllers(place: Path, tmp_path: Path) -> None:
    """A study's C plays with the study's settings and the V and M that it was evolved with."""
    shutil.copytree(place, tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.yaml").read_text())
    shorter = {"title": "fewer", "settings": {"take_cover": {"evaluation": {"episodes": 3}}}}
    config["scales"]["smoke"]["studies"] = {"fewer": shorter, "before": {"title": "before"}}
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    scale, studies = tmp_path / SCALE / "take_cover", tmp_path / SCALE / "studies"
    own = studies / "fewer" / "take_cover"
    own.mkdir(parents=True)
    for part in ("controllers", "evaluation", "memory"):
        (scale / part).rename(own / part)
    (studies / "before").mkdir()
    scale.rename(studies / "before" / "take_cover")  # V alone is left in it
    done = tool(tmp_path, "evaluate", f"{SCALE}/studies/fewer")
    assert done.returncode == 0, done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("take_cover"))
    assert "the same, score for score" in line and line.split()[2] == "3"
    again = tmp_path / "results/again/smoke/studies/fewer/take_cover/tau_1.15.csv"
    assert len(read_scores(again)["seed"]) == 3
    shutil.rmtree(studies / "before")
    done = tool(tmp_path, "evaluate", f"{SCALE}/studies/fewer")
    assert done.returncode == 2
    assert "the vision that the controllers were evolved with is neither here nor" in done.stderr


SEEDS = np.arange(100.0)


def test_the_same_episodes_are_compared_one_with_one() -> None:
    """Only episodes in both runs are compared, with the confidence interval of the earlier mean."""
    scores = np.random.default_rng(0).normal(900, 20, size=100)
    whole = compare(SEEDS, scores, SEEDS, scores)
    assert whole.identical and whole.agrees
    part = compare(SEEDS, scores, SEEDS[:30], scores[:30] + 1e-9)
    assert part.same_episodes and not part.identical and part.agrees
    assert part.before.mean == pytest.approx(scores[:30].mean())
    assert (part.low, part.high) == (part.before.ci_low, part.before.ci_high)
    assert compare(SEEDS[:30], scores[:30], SEEDS, scores).again.episodes == 30
    assert not compare(SEEDS, scores, SEEDS, scores - 6).agrees  # three standard errors


def test_equal_scores() -> None:
    """Without any variance only equal means agree."""
    ones = np.ones(100)
    assert compare(SEEDS, ones, SEEDS + 100, ones).agrees
    assert not compare(SEEDS, ones, SEEDS + 100, 1.5 * ones).agrees


@pytest.mark.parametrize("comparisons", [1, 8])
def test_fresh_episodes_are_compared_by_the_difference(comparisons: int) -> None:
    """Means agree if SciPy's interval of their difference, at 5 % / comparisons, contains 0."""
    rng = np.random.default_rng(1)
    before = rng.normal(900, 20, size=100)
    for shift in (0, 10, 12, 14, 16, 30):
        again = rng.normal(900 + shift, 40, size=30)
        found = compare(SEEDS, before, SEEDS[:30] + 100, again, comparisons)
        interval = ttest_ind(again, before, equal_var=False).confidence_interval(
            1 - 0.05 / comparisons
        )
        assert found.again.mean - found.high == pytest.approx(interval.low)
        assert found.again.mean - found.low == pytest.approx(interval.high)
        assert found.agrees == (interval.low <= 0 <= interval.high)
