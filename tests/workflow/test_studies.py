"""A study makes what it changes and shares the rest: Snakemake's plans, and a real run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.finished import copy, edit_config, planned, snakemake
from tests.workflow.expected import (
    COVER,
    EVERYTHING,
    MEMORY,
    NOTHING,
    OPEN_LOOP,
    RACING,
    RANDOM,
    ROLLOUTS,
    TABLES,
    VISION,
    Jobs,
    both,
    changed,
    shards,
)
from tests.workflow.planner import Plan

STUDY = "results/smoke/studies/x/tables"


@pytest.mark.parametrize(
    ("settings", "jobs"),
    [
        ({"car_racing": {}}, NOTHING),
        ({"car_racing": {"memory": {"epochs": 1}}}, NOTHING),  # equal to the scale's value
        ({"runtime": {"attempts": 5}}, NOTHING),
        ({"car_racing": {"evaluation": {"episodes": 3}}}, {"evaluate_controller": 2, **RANDOM}),
        ({"car_racing": {"controller": {"sigma": 0.2}}}, RACING[2]),
        ({"car_racing": {"controllers": {"variants": ["z"]}}}, NOTHING),
        ({"car_racing": {"controllers": {"variants": ["z_hidden"]}}}, RACING[1]),
        ({"car_racing": {"memory": {"hidden_size": 64}}}, MEMORY["car_racing"]),
        ({"car_racing": {"vision": {"kl_tolerance": 1.0}}}, VISION["car_racing"]),
        ({"car_racing": {"rollouts": {"behaviour": "uniform"}}}, ROLLOUTS["car_racing"]),
        ({"car_racing": {"shards": {"episodes": 6}}}, shards("car_racing", 1, 4)),
        ({"take_cover": {"controller": {"population": 8}}}, COVER[2]),
        ({"take_cover": {"controllers": {"temperatures": [1.3]}}}, {**COVER[1], **OPEN_LOOP}),
        ({"take_cover": {"memory": {"mixtures": 1}}}, MEMORY["take_cover"]),
        ({"seed": 2}, both(*EVERYTHING.values())),
    ],
)
def test_a_study_makes_what_it_changes(
    tree: Path, plan: Callable[..., Plan], settings: dict[str, Any], jobs: Jobs
) -> None:
    """With a finished scale, a study makes only its own results and doesn't change the scale's."""
    with changed(tree / "config.yaml"):
        edit_config(tree, {"studies": {"x": {"title": "A study", "settings": settings}}})
        found = plan(STUDY)
        assert plan().counts == NOTHING
    assert found.counts == {**jobs, **TABLES}
    for job in found.jobs:
        assert all(path.startswith("results/smoke/studies/x/") for path in job.outputs), job


def round_after(study: str | None, episodes: int, noise: float) -> dict[str, Any]:
    """Return a study: a round of iterative training on Take Cover."""
    rollouts = {"take_cover": {"controller": "tau_1.15", "episodes": episodes, "noise": noise}}
    return {
        "title": "A further round",
        "after": {"study": study, "rollouts": rollouts},
        "settings": {"take_cover": {"controllers": {"temperatures": [1.15]}}},
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_three_rounds_of_iterative_training(finished: Path, tmp_path: Path) -> None:
    """Two rounds after the scale's own are run; V and M learn from all earlier rollouts."""
    tree = copy(finished, tmp_path / "tree")
    rounds = {
        "second": round_after(None, 3, 0.0),
        "third": round_after("second", 2, 0.5),
    }
    edit_config(tree, {"studies": rounds})
    target = "results/smoke/studies/third/tables"
    each = {**COVER[1], "train_vision": 1, "train_memory": 1, **OPEN_LOOP}
    played = (2, 1)  # shards of two episodes
    expected = {name: 2 * n for name, n in each.items() if name not in TABLES}
    # Of the second round only what the third needs is made, not its scores.
    for name, n in each.items():
        if name.startswith(("evaluate", "measure", "play")):
            expected[name] = n
    expected["collect_controller_rollouts"] = sum(played)
    expected["encode_rollouts"] = sum(3 + sum(played[: n + 1]) for n in range(2))
    expected.update(TABLES)
    assert planned(tree, target) == expected
    snakemake(tree, "--cores", "2", target)
    assert planned(tree, target) == {}
    seen = []
    for name in rounds:
        folder = tree / f"results/smoke/studies/{name}/take_cover"
        seen.append(json.loads((folder / "vision/model.json").read_text())["trained_on"])
    assert [len(digests) for digests in seen] == [2 + 2, 2 + 3]
    assert set(seen[0]) < set(seen[1])
    table = (tree / target / "take_cover.csv").read_text()
    assert "\n1.15," in table
    # Other noise in the last round reruns its own rollouts and what follows, but no earlier round.
    edit_config(tree, {"studies": {"third": round_after("second", 2, 0.1)}})
    again = planned(tree, target)
    assert again["collect_controller_rollouts"] == again["train_vision"] == 1
    assert again["encode_rollouts"] == 3 + sum(played)
