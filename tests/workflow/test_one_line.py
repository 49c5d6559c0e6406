"""Each stage, run by its rule's command, reports missing or blocked files in one line."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.finished import TARGET
from tests.workflow.planner import Planner
from world_models.provenance.stages import KINDS, MEASURES, METHOD_FUTURES, STAGES, TABLES

COMMAND = re.compile(r"^Shell command: +python -m world_models\.(\S+) (.+)$", re.MULTILINE)
NEEDS_NOTHING = {
    "collection.behaviour",
    "evaluation.random_policy",
    *(f"successors.{kind}.train" for kind in KINDS),
}
SUCCESSORS = [
    f"results/smoke/car_racing/successors/{methods[-1]}/{file}"
    for file, kinds in (("evaluation.csv", KINDS), ("futures.safetensors", METHOD_FUTURES))
    for methods in kinds.values()
]

# Runs commands in one process; prints a line of JSON for each.
RUN = """
import contextlib, importlib, io, json, sys
from world_models.stage.command import run
for module, arguments in json.load(sys.stdin):
    told, status = io.StringIO(), 0
    with contextlib.redirect_stderr(told):
        try:
            run(importlib.import_module(f"world_models.{module}").main, arguments)
        except SystemExit as end:
            status = end.code
    print(json.dumps([module, status, told.getvalue()]))
"""


@pytest.fixture(scope="module")
def commands(tree: Path, planner: Planner) -> dict[str, list[str]]:
    """Return the arguments of one command of each stage."""
    status, output = planner.ask(
        "--cores", "2", "--forceall", "--printshellcmds", TARGET, *SUCCESSORS
    )
    assert status == 0, output
    found = {match[1]: shlex.split(match[2]) for match in COMMAND.finditer(output)}
    # Only studies collect by a controller, so this command is made by hand.
    modules = {stage.module for stage in STAGES.values()} | {TABLES}
    measures = {STAGES[name].module for name in MEASURES}
    assert modules - set(found) == {"collection.controller"} | measures
    models = "results/smoke/car_racing"
    found["collection.controller"] = [
        "--task", "car_racing", "--environment", "{}", "--settings", "{}", "--shard", "x-0000",
        "--origin", "x", "--noise", "0", "--first", "0", "--episodes", "2",
        "--manifest", f"{models}/rollouts/x-0000.json",
        "--controller", f"{models}/controllers/z_h/model.safetensors",
        "--vision", f"{models}/vision/model.safetensors",
        "--memory", f"{models}/memory/model.safetensors",
    ]  # fmt: skip
    found.update(measures_of(models))
    return found


def measures_of(models: str) -> dict[str, list[str]]:
    """Return the arguments of the stages that only the tables of all studies need."""
    task = ["--task", "car_racing"]
    vision = ["--vision", f"{models}/vision/model.safetensors"]
    memory = ["--memory", f"{models}/memory/model.safetensors"]
    played = ["--environment", "{}", "--settings", "{}", *vision]
    shard = f"{models}/rollouts/0000.json"
    arguments = {
        "seen": [*task, *played, *memory],
        "regions": [*task, *played, "--rollouts", "{}"],
        "horizon": [*task, "--settings", "{}", *vision, *memory, "--held-out", shard,
                    "--temperatures", "1"],
        "experience": [*task, "--rollouts", shard],
    }  # fmt: skip
    return {
        f"evaluation.{name}": [*each, "--output", f"{models}/evaluation/{name}.csv",
                               "--log", f"results/smoke/logs/{name}.log"]
        for name, each in arguments.items()
    }  # fmt: skip


def outcomes(commands: dict[str, list[str]], folder: Path) -> dict[str, tuple[int, str]]:
    """Run each stage in a folder; return its exit status and stderr."""
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=folder, input=json.dumps(list(commands.items())),
        env=dict(os.environ), capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {module: (status, stderr) for module, status, stderr in answers}


def test_missing_input(commands: dict[str, list[str]], tmp_path: Path) -> None:
    """The error names the missing file; nothing but the log is written."""
    selection = {name: each for name, each in commands.items() if name not in NEEDS_NOTHING}
    for module, (status, stderr) in outcomes(selection, tmp_path).items():
        assert status == 2, (module, stderr)
        assert re.fullmatch(r"error: results/smoke/\S+: .+\n", stderr), (module, stderr)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in written} == {".log"}


def test_file_where_a_folder_belongs(commands: dict[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "results").write_text("not a folder")
    for module, (status, stderr) in outcomes(commands, tmp_path).items():
        assert status == 2, (module, stderr)
        assert re.fullmatch(r"error: results\S*: .+\n", stderr), (module, stderr)
    assert (tmp_path / "results").read_text() == "not a folder"
