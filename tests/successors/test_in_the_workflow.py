"""Snakemake trains, scores and compares successors with the real rules."""

import csv
from pathlib import Path

import pytest

from tests.finished import edit_config, planned, snakemake, write_clone
from world_models.successors.futures import read

TASK = "results/smoke/car_racing"
SCORES = f"{TASK}/successors/ppo/evaluation.csv"
FUTURES = f"{TASK}/successors/muzero/futures.safetensors"
TABLES = "results/smoke/successors_tables"
SHORT = {"steps": 120, "slots": 2, "round_rows": 8, "batch_size": 8, "epochs": 1}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a clone whose tables compare the cheapest methods: PPO and, for one task, MuZero."""
    tree = tmp_path_factory.mktemp("successors") / "tree"
    tree.mkdir()
    write_clone(tree)
    own = {"successors": {"methods": ["ppo"]}, "ppo": SHORT}
    both = {**own, "successors": {"methods": ["ppo", "muzero"]}, "muzero": {"steps": 120}}
    edit_config(tree, {"scales": {"smoke": {"car_racing": both, "take_cover": own}}})
    snakemake(tree, "--cores", "2", SCORES, FUTURES)
    return tree


def test_trained_and_scored(tree: Path) -> None:
    """All files are there, and nothing is left to do."""
    folder = (tree / SCORES).parent
    names = {path.name for path in folder.iterdir()}
    assert names == {"model.safetensors", "model.json", "curve.csv", "cost.json", "evaluation.csv"}
    scores = [float(row["score"]) for row in csv.DictReader((tree / SCORES).open())]
    assert len(scores) == 2
    futures = read(tree / FUTURES, "car_racing")
    assert len(futures.rewards) == futures.imagined.rewards.shape[1] > 5
    assert planned(tree, SCORES, FUTURES) == {}


def test_what_reruns(tree: Path) -> None:
    """A method's settings rerun that method alone; the number of episodes only its scores."""
    config = (tree / "config.yaml").read_text()
    for section, setting, jobs in (
        ("ppo", {"epochs": 2}, {"train_method": 1, "evaluate_method": 1}),
        ("muzero", {"simulations": 5}, {}),
        ("evaluation", {"episodes": 3}, {"evaluate_method": 1}),
        ("controller", {"sigma": 0.3}, {}),
    ):
        edit_config(tree, {"scales": {"smoke": {"car_racing": {section: setting}}}})
        assert planned(tree, SCORES) == jobs, section
        (tree / "config.yaml").write_text(config)


def test_the_tables_compare_all_that_is_asked_for(tree: Path) -> None:
    """For each task the tables need the scores of each method and the random policy, but no C."""
    jobs = planned(tree, TABLES)
    assert jobs == {
        "train_method": 1, "evaluate_method": 2, "evaluate_random_policy": 2,
        "draw_successors_tables": 1,
    }  # fmt: skip
