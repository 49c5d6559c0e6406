"""`world-models`: one entry point for every stage and tool."""

import subprocess
import sys
from pathlib import Path

import pytest

from world_models import cli
from world_models.errors import WorldModelsError
from world_models.provenance.stages import STAGES


def entry(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the entry point as the installed program does."""
    command = [sys.executable, "-m", "world_models.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_program_is_installed() -> None:
    """The installed program runs this entry point."""
    program = Path(sys.executable).parent / "world-models"
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout == cli.listing() + "\n"


def test_every_stage_and_tool_is_listed_with_what_it_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The listing describes every stage and tool."""
    cli.main([])
    listing = capsys.readouterr().out
    tools = [path.stem for path in cli.TOOLS.glob("*.py")]
    assert {"evaluate", "share", "watch", "why"} <= set(tools)
    for name in {*(stage.module for stage in STAGES.values()), *tools, *cli.OTHERS}:
        (line,) = [each for each in listing.splitlines() if each.startswith(f"  {name} ")]
        assert len(line.split()) > 3, line
    assert "__future__" not in listing


def test_it_becomes_the_command() -> None:
    """The command gets its own options, and its exit status is returned."""
    process = entry("evaluation.random_policy", "--help")
    assert process.returncode == 0 and "--environment" in process.stdout
    assert entry("settings", "nonsense").returncode == 2


@pytest.mark.parametrize("arguments", [["nonsense"], ["completion"], ["completion", "dos"]])
def test_mistakes(arguments: list[str]) -> None:
    with pytest.raises(WorldModelsError):
        cli.main(arguments)
    assert entry(*arguments).stderr.startswith("error: ")


def test_completion_in_a_real_shell() -> None:
    """Bash completes the names of stages."""
    script = cli.completion("bash")
    program = (
        f"{script}\nCOMP_WORDS=(world-models vision.); COMP_CWORD=1; _shtab_world_models; "
        'echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["vision.train", "vision.encode"]
