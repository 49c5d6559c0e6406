"""`make why` explains in words what changed."""

from pathlib import Path

import pytest

from tests.finished import TARGET, copy, edit_config, run


@pytest.fixture
def tree(finished: Path, tmp_path: Path) -> Path:
    return copy(finished, tmp_path / "tree")


def why(tree: Path) -> dict[str, list[str]]:
    """Return the printed causes by the heading above them, which is a rule or a message."""
    found: dict[str, list[str]] = {}
    rule = ""
    for line in run("python", "tools/why.py", TARGET, cwd=tree).stdout.splitlines():
        if line.startswith("    "):
            found[rule].append(line.strip())
        else:
            rule = line.partition(":")[0]
            found[rule] = []
    return found


def test_nothing(tree: Path) -> None:
    assert list(why(tree)) == ["Nothing would run"]


def test_all_kinds_of_changes(tree: Path) -> None:
    """A setting, a pin, a line of code and a new controller change at once."""
    edit_config(
        tree,
        {
            "scales": {
                "smoke": {
                    "car_racing": {"controller": {"sigma": 0.3}},
                    "take_cover": {"controllers": {"temperatures": [1.0, 1.15, 1.3]}},
                }
            }
        },
    )
    lock = tree / "requirements.lock"
    lock.write_text(lock.read_text().replace("\nmatplotlib==", "\nmatplotlib==9"))
    code = tree / "src/world_models/evaluation/random_policy.py"
    code.write_text(code.read_text() + "UNUSED = 1\n")
    found = why(tree)
    assert set(found) == {
        "evolve_controller", "evaluate_controller", "evaluate_in_dream", "measure_transfer",
        "measure_death_prediction", "play_open_loop", "evaluate_random_policy",
        "tables",
    }  # fmt: skip
    evolved = found["evolve_controller"]
    assert any(line.startswith("controller.sigma: 0.1 → 0.3") for line in evolved)
    assert any(line.startswith("never made here") for line in evolved)
    assert found["evaluate_random_policy"] == ["the code of evaluation.random_policy changed"]
    assert any("follows from" in line and "evolve_controller" in line for line in found["tables"])
    # The scores follow from the controllers and don't repeat their causes.
    assert any("follows from evolve_controller" in each for each in found["evaluate_controller"])
    assert not any("sigma" in line for line in found["evaluate_controller"])


def test_a_seed(tree: Path) -> None:
    """A changed seed is named like any setting, and only where it first counts."""
    edit_config(tree, {"seed": 2})
    found = why(tree)
    assert found["collect_rollouts"] == found["evaluate_random_policy"] == ["seed: 1 → 2"]
    assert not any("seed" in line for line in found["train_vision"])


def test_a_fresh_clone(finished: Path, tmp_path: Path) -> None:
    """In a fresh clone nothing has been made yet, so no line reports a change."""
    run("git", "clone", "--quiet", str(finished), str(tmp_path / "clone"), cwd=tmp_path)
    found = why(tmp_path / "clone")
    assert found.pop("evaluate_random_policy") == found.pop("collect_rollouts")
    for lines in found.values():
        assert all(line.startswith(("follows from", "never made here")) for line in lines), lines


def test_a_pin_and_a_deleted_result(tree: Path) -> None:
    lock = tree / "requirements.lock"
    old = next(line for line in lock.read_text().splitlines() if line.startswith("matplotlib=="))
    version = old.split("==")[1].split()[0]
    lock.write_text(lock.read_text().replace(f"matplotlib=={version}", "matplotlib==99.1"))
    assert why(tree) == {"tables": [f"matplotlib: {version} → 99.1"]}
    (tree / "results/smoke/car_racing/evaluation/z.csv").unlink()
    edit_config(tree, {"scales": {"smoke": {"car_racing": {"evaluation": {"slots": 1}}}}})
    found = why(tree)
    assert (
        "deleted since it was made  (results/smoke/car_racing/evaluation/z.csv)"
        in found["evaluate_controller"]
    )
