"""The demo page, built from the published models and played in a headless Chromium."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSER = os.environ.get("CHROMIUM", "/usr/bin/chromium")

pytestmark = pytest.mark.slow


def run(*command: str, cwd: Path) -> str:
    """Run a command and return its output."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_page(tmp_path: Path) -> None:
    """Build the page and run its own tests.

    demo/tests/page.test.mjs tests that keys act, τ matters, the controller survives, the models
    agree with PyTorch, and everything is small.
    """
    lacking = [name for name in ("npm", BROWSER) if shutil.which(name) is None]
    if lacking and os.environ.get("DEMO_TESTS") != "required":
        pytest.skip(f"no {', '.join(lacking)}: install Node.js 20.19 or later, and chromium")
    listed = run("git", "ls-files", "-z", "-co", "--exclude-standard", "demo", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    demo = tmp_path / "demo"
    run("npm", "ci", "--no-audit", "--no-fund", cwd=demo)
    run(
        sys.executable, "-m", "world_models.inspection.demo", "--models", str(ROOT / "results/lab"),
        "--output", "public/models", "--reference", "reference", cwd=demo,
    )  # fmt: skip
    run("npm", "run", "build", cwd=demo)
    output = run("npm", "test", cwd=demo)
    assert "# fail 0" in output and "# pass 11" in output, output
