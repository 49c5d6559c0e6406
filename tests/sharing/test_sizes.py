"""Stores are few, large files, within the budget of docs/sharing.md."""

import json
from pathlib import Path

import pytest

from world_models.collection.behaviour import main

FIRST_CAR_RACING_SHARD = '{"episodes": 1, "episodes_per_shard": 1}'
FIRST_TAKE_COVER_SHARD = '{"episodes": 2, "episodes_per_shard": 2, "behaviour": "held"}'


@pytest.mark.parametrize(
    ("task", "settings", "budget"),
    [
        ("car_racing", FIRST_CAR_RACING_SHARD, 1300),
        ("take_cover", FIRST_TAKE_COVER_SHARD, 3500),
    ],
)
def test_bytes_of_a_frame(tmp_path: Path, task: str, settings: str, budget: int) -> None:
    """Real episodes, at the paper's settings; so few that the small files still weigh."""
    manifest = tmp_path / "0000.json"
    arguments = ["--task", task, "--environment", "{}", "--settings", settings]
    main([*arguments, "--shard", "0", "--manifest", str(manifest), "--log", str(tmp_path / "log")])
    steps = json.loads(manifest.read_text())["steps"]
    files = [path for path in manifest.with_suffix(".zarr").rglob("*") if path.is_file()]
    assert steps > 100
    assert sum(path.stat().st_size for path in files) < budget * steps
    assert len(files) == 10 + 3
