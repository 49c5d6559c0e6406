"""A change of code reruns only the stages that run it, according to `snakemake -n`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.expected import (
    EVERYTHING,
    MEMORY,
    NOTHING,
    OPEN_LOOP,
    TABLES,
    VISION,
    both,
    changed,
)
from tests.workflow.planner import Plan

PACKAGE = "src/world_models"
COMMENT, STATEMENT = "\n# a comment\n", "\nADDED = 1\n"


@pytest.mark.parametrize(
    ("file", "addition", "expected"),
    [
        ("execution/pool.py", STATEMENT, NOTHING),
        ("execution/heartbeat.py", STATEMENT, NOTHING),
        ("stage/log.py", STATEMENT, NOTHING),
        ("settings/resolve.py", STATEMENT, NOTHING),
        ("vision/train.py", COMMENT, NOTHING),
        ("play/loop.py", COMMENT, NOTHING),
        ("vision/train.py", STATEMENT, both(VISION["car_racing"], VISION["take_cover"])),
        ("memory/train.py", STATEMENT, both(MEMORY["car_racing"], MEMORY["take_cover"])),
        ("tasks/take_cover/environment.py", STATEMENT, EVERYTHING["take_cover"]),
        ("evaluation/open_loop.py", STATEMENT, OPEN_LOOP),
        ("paper/tables.py", STATEMENT, TABLES),
        ("dream/environment.py", STATEMENT, NOTHING),
    ],
)
def test_an_edit(
    tree: Path, plan: Callable[..., Plan], file: str, addition: str, expected: dict[str, int]
) -> None:
    """Comments and execution code rerun nothing; a new statement reruns the stages that run it."""
    with changed(tree / PACKAGE / file) as path:
        path.write_text(path.read_text(encoding="utf-8") + addition, encoding="utf-8")
        assert plan().counts == expected


def test_a_plan_is_short_to_read(tree: Path, plan: Callable[..., Plan]) -> None:
    """No job lists the project's code as input."""
    output = plan("--forceall").output
    assert "src/world_models" not in output
