"""One clone pushes results; another fetches them and has nothing left to do."""

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.finished import TARGET, copy, edit_config, git, planned, run, snakemake
from tests.sharing.conftest import Published
from tests.sharing.places import clone, objects, publish
from tests.workflow.expected import TABLES

# All on one pytest worker: the fixtures are slow.
pytestmark = pytest.mark.xdist_group("sharing")

TASKS = ("car_racing", "take_cover")
WITHOUT_ROLLOUTS = ("vision", "memory", "controllers", "evaluation", "tables")


def digests(tree: Path) -> dict[str, str]:
    """Return dvc.lock's digest of each output, by path."""
    stages = yaml.safe_load((tree / "dvc.lock").read_text())["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}


def test_nothing_to_do_after_a_plain_pull(published: Published, tmp_path: Path) -> None:
    """After `git clone` and `dvc pull` the results are there and up to date."""
    there = clone(published.tree, tmp_path / "elsewhere", published.place)
    assert "collect_rollouts" in planned(there)  # with git alone, everything is still to do
    run("dvc", "pull", cwd=there)
    assert planned(there) == {}
    assert run("dvc", "status", cwd=there).stdout.strip() == "Data and pipelines are up to date."
    assert run("dvc", "data", "status", "--not-in-remote", cwd=there, check=False).returncode == 0


def test_publishing_changes_no_time(in_a_folder: Published, finished: Path) -> None:
    """Publishing changes no file's time and permissions, and nothing needs another run."""
    for path in (finished / "results/smoke").rglob("*"):
        twin = in_a_folder.tree / path.relative_to(finished)
        if path.is_file():
            assert twin.stat().st_mtime == path.stat().st_mtime, path
            assert os.access(twin, os.W_OK)
            assert twin.stat().st_nlink == 1 and not twin.is_symlink()
    assert planned(in_a_folder.tree) == {}


def test_ones_own_controllers_without_rollouts(published: Published, tmp_path: Path) -> None:
    """A changed setting of C, or a new τ, needs only the fetched V and M."""
    there = clone(published.tree, tmp_path / "own", published.place)
    run("python", "tools/share.py", "fetch", "smoke", *WITHOUT_ROLLOUTS, cwd=there)
    assert planned(there) == {}
    edit_config(there, {"scales": {"smoke": {"car_racing": {"controller": {"sigma": 0.3}}}}})
    follows = {"evolve_controller": 2, "evaluate_controller": 2, "measure_transfer": 2}
    assert planned(there) == {**follows, **TABLES}
    git(there, "checkout", "--quiet", "config.yaml")
    temperatures = {"take_cover": {"controllers": {"temperatures": [1.0, 1.15, 1.3]}}}
    edit_config(there, {"scales": {"smoke": temperatures}})
    evolved = ("evolve_controller", "evaluate_controller", "evaluate_in_dream")
    measured = ("measure_transfer", "measure_death_prediction", "play_open_loop")
    assert planned(there) == {**{rule: 1 for rule in (*evolved, *measured)}, **TABLES}
    for task in ("car_racing", "take_cover"):
        for kind in ("rollouts", "latents"):
            assert not (there / "results/smoke" / task / kind).exists()


def test_a_new_controller_really_runs(in_a_folder: Published, tmp_path: Path) -> None:
    """A new controller is evolved, scored and put in the tables with the fetched V and M."""
    there = clone(in_a_folder.tree, tmp_path / "runs", in_a_folder.place)
    run("python", "tools/share.py", "fetch", "smoke", *WITHOUT_ROLLOUTS, cwd=there)
    temperatures = {"take_cover": {"controllers": {"temperatures": [1.0, 1.15, 1.3]}}}
    edit_config(there, {"scales": {"smoke": temperatures}})
    snakemake(there, "--cores", "2", TARGET)
    assert "\n1.30," in (there / TARGET / "take_cover.csv").read_text()
    assert planned(there) == {}
    assert not (there / "results/smoke/take_cover/rollouts").exists()
    # DVC shows the difference, and the new results can be published too.
    output = run("dvc", "metrics", "diff", "--json", "--all", cwd=there).stdout
    changed = json.loads(output)["results/smoke/paper_tables/scores.json"]
    assert [name for name in changed if "1.30" in name]
    before, held = digests(there), len(objects(in_a_folder.folder))
    run("python", "tools/share.py", "publish", "smoke", cwd=there)
    after = digests(there)
    named = {path for path in after if after[path] != before[path]}
    kinds = {f"results/smoke/take_cover/{kind}" for kind in ("controllers", "evaluation")}
    assert named == {*kinds, TARGET, ".snakemake/metadata"}
    assert len(objects(in_a_folder.folder)) > held


def test_ones_own_records_survive_a_fetch(in_a_folder: Published, tmp_path: Path) -> None:
    """A fetch of other kinds keeps the records of results that were made here."""
    there = clone(in_a_folder.tree, tmp_path / "mine", in_a_folder.place)
    edit_config(there, {"seed": 7})
    mine = "results/smoke/take_cover/evaluation/random.csv"
    snakemake(there, "--cores", "2", mine)
    run("python", "tools/share.py", "fetch", "smoke", "vision", cwd=there)
    assert planned(there, mine) == {}
    git(there, "checkout", "--quiet", "config.yaml")
    assert planned(there, mine) == {"evaluate_random_policy": 1}
    assert planned(there, "results/smoke/take_cover/vision/model.safetensors") == {}


def test_metrics_and_plots(in_a_folder: Published) -> None:
    """DVC's own commands show scores and training curves."""
    output = run("dvc", "metrics", "show", "--json", cwd=in_a_folder.tree).stdout
    scores = json.loads(output)[""]["data"]["results/smoke/paper_tables/scores.json"]["data"]
    assert scores["car_racing"]["z_h"]["episodes"] == 2
    assert scores["take_cover"]["tau_1.15"]["actual_mean"] > 1
    output = run("dvc", "plots", "diff", "--json", "HEAD", cwd=in_a_folder.tree).stdout
    found = json.loads(output)["data"]
    assert any("V's loss" in name and points for name, points in found.items()), list(found)


def test_dvc_is_no_second_workflow(in_a_folder: Published) -> None:
    """In dvc.yaml no stage depends on another, and all outputs persist."""
    stages = yaml.safe_load((in_a_folder.tree / "dvc.yaml").read_text())["stages"]
    for stage in stages.values():
        inner = stage.get("do", stage)
        assert "deps" not in inner
        assert all(out[path]["persist"] for out in inner["outs"] for path in out)


def test_what_git_keeps_is_left_to_it(finished: Path, tmp_path: Path) -> None:
    """Models that are committed to git, as those of results/lab are, are not pushed as well."""
    publication = Published(copy(finished, tmp_path / "tree"), tmp_path / "contents")
    git(publication.tree, "add", "--force", *(f"results/smoke/{task}/vision" for task in TASKS))
    git(publication.tree, "commit", "--quiet", "--message", "V in git")
    publish(*publication)
    assert not [path for path in digests(publication.tree) if "vision" in path]
    there = clone(publication.tree, tmp_path / "there", publication.place)
    output = run("python", "tools/share.py", "fetch", "smoke", cwd=there).stdout
    assert "results/smoke: in git already: car_racing-vision, take_cover-vision" in output
    assert planned(there) == {}
