"""Collection as a user runs it: subprocess, store, manifest and mistakes."""

import json
from pathlib import Path

import pytest

from tests.finished import ROOT, run
from world_models.collection.settings import ShardSettings
from world_models.provenance.imports import SOURCE, closure
from world_models.rollouts.store import Shard
from world_models.seeds import Purpose, derive
from world_models.storage.files import digest
from world_models.tasks import PAPER_TASKS


def collect(
    manifest: Path, environment: str, settings: str, first: str = "0", episodes: str = "2"
) -> str:
    """Run the stage; return its exit status, a space, and its stderr."""
    command = ["python", "-m", "world_models.collection.behaviour", "--task", "take_cover"]
    command += ["--environment", environment, "--settings", settings, "--shard", "0"]
    command += ["--first", first, "--episodes", episodes]
    done = run(*command, "--manifest", str(manifest), cwd=ROOT, check=False)
    return f"{done.returncode} {done.stderr}"


SMALL = json.dumps({"behaviour": "held"})
FAST = json.dumps({"max_steps": 50, "resolution": "160x120"})


def test_a_shard(tmp_path: Path) -> None:
    """The manifest describes the store; a second run gives the same bytes."""
    for name in ("a", "b"):
        assert collect(tmp_path / name / "0000.json", FAST, SMALL).startswith("0 ")
    about = json.loads((tmp_path / "a/0000.json").read_text())
    assert about["sha256"] == digest(tmp_path / "a/0000.zarr") == digest(tmp_path / "b/0000.zarr")
    shard = Shard(tmp_path / "a/0000.json", "rollouts", "take_cover")
    assert (about["episodes"], about["steps"]) == (2, 100) == (len(shard.lengths), shard.steps)
    seeds = [derive(1, Purpose.COLLECTION, "take_cover", number) for number in range(2)]
    assert shard.seeds.tolist() == seeds
    assert not list((tmp_path / "a").glob(".*"))  # no temporary file is left


def test_shards_cover_the_episodes() -> None:
    """Each episode is in one shard; held-out episodes come last, in a shard of their own."""
    settings = ShardSettings(episodes=10, episodes_per_shard=4, held_out_episodes=3)
    played = [settings.episodes_of(shard) for shard in range(5)]
    assert [list(each) for each in played] == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [10, 11, 12], [],
    ]  # fmt: skip


def test_a_behaviour_needs_no_model() -> None:
    """Collection by a behaviour imports no code of V, M, C or dreams, so changes don't rerun it."""
    files = closure(
        "world_models.collection.behaviour", *(f"world_models.tasks.{n}" for n in PAPER_TASKS)
    )
    folders = {path.relative_to(SOURCE / "world_models").parts[0] for path in files}
    above = {"vision", "memory", "world_model", "dream", "controller", "evaluation"}
    assert not folders & above and {"play", "rollouts"} <= folders


@pytest.mark.parametrize(
    ("environment", "settings", "first", "episodes", "message"),
    [
        (FAST, '{"episode": 1}', "0", "1", "take_cover.rollouts.episode: unknown setting"),
        (FAST, '{"min_length": -1}', "0", "1", "take_cover.rollouts.min_length:"),
        (FAST, "{", "0", "1", "take_cover.rollouts: not valid JSON"),
        ('{"skill": 9}', SMALL, "0", "1", "take_cover.environment.skill:"),
        (FAST, SMALL, "0", "0", "--episodes 0: must be at least 1"),
        (FAST, SMALL, "-1", "2", "--first -1: must be at least 0"),
        (FAST, '{"min_length": 99, "behaviour": "held"}', "0", "1", "min_length: none"),
        (FAST, '{"behaviour": "brownian"}', "0", "1", "no policy brownian"),
    ],
)
def test_mistakes_are_named(
    tmp_path: Path, environment: str, settings: str, first: str, episodes: str, message: str
) -> None:
    """Mistakes give one line and exit status 2; earlier files stay as they were."""
    manifest = tmp_path / "0000.json"
    manifest.write_text("earlier")
    outcome = collect(manifest, environment, settings, first, episodes)
    assert outcome.startswith("2 ")
    assert message in outcome and "Traceback" not in outcome
    assert manifest.read_text() == "earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["0000.json"]
