"""The audit of pinned packages: what it looks up and what it reports."""

from pathlib import Path

from tools.audit import UNREACHABLE, pins, report

ROOT = Path(__file__).resolve().parents[2]


def test_every_pin_is_looked_up() -> None:
    """The audit looks up the lock file's pins, and PyTorch, which is pinned elsewhere."""
    listed = pins((ROOT / "requirements.lock").read_text(), "torch==2.13.0").split()
    names = {line.split("==")[0] for line in listed}
    assert {"torch", "numpy", "zarr", "snakemake", "cma"} <= names
    assert len(names) == len(listed) > 100
    assert not any("hash" in line or ";" in line for line in listed)


def test_what_is_said() -> None:
    """A vulnerability fails; an unreachable database is not reported as no vulnerability."""
    fine = {"name": "a", "version": "1", "vulns": []}
    bad = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    unknown = {"name": "c", "version": "4", "skip_reason": "not found"}
    assert report([fine]) == ("1 package audited, no known vulnerability", 0)
    text, status = report([fine, bad, unknown])
    assert status == 1
    assert "b 2: CVE-1, fixed in 3" in text and "not in the database: c" in text
    assert report([unknown]) == report([]) == (UNREACHABLE, 0)
