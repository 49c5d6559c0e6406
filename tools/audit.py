"""Audit the pinned packages against the database of known vulnerabilities, if it can be reached.

Run by `make audit` with the Python of an environment that has pip-audit. Exits with status 1 if a
package has a known vulnerability. If the database can't be reached, it says so and exits with 0.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

UNREACHABLE = (
    "Nothing was audited: pip-audit can't reach its database of vulnerabilities from here. Run "
    "`make audit` where the internet can be reached."
)


def run(requirements: Path) -> tuple[list[dict[str, Any]], str]:
    """Return pip-audit's findings, one record per package, and its messages."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--format", "json"]
    done = subprocess.run(
        [*command, "--progress-spinner", "off", "--requirement", str(requirements)],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return json.loads(done.stdout)["dependencies"], done.stderr
    except (ValueError, KeyError):
        return [], done.stderr


def pins(lock: str, torch: str) -> str:
    """Return the pins to look up, without hashes: PyTorch's and the lock file's."""
    found = [line.split(";")[0].rstrip(" \\") for line in lock.splitlines() if "==" in line[:80]]
    return "\n".join([torch, *(line for line in found if not line.startswith((" ", "#")))]) + "\n"


def report(packages: list[dict[str, Any]]) -> tuple[str, int]:
    """Return the text to print, and the exit status."""
    audited = [each for each in packages if "skip_reason" not in each]
    if not audited:
        return UNREACHABLE, 0
    lines = [
        f"{each['name']} {each['version']}: {fault['id']}, fixed in "
        f"{', '.join(fault['fix_versions']) or 'no version yet'}"
        for each in audited
        for fault in each.get("vulns", [])
    ]
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    if skipped:
        lines.append(f"not in the database: {', '.join(skipped)}")
    faulty = any(each.get("vulns") for each in audited)
    packages_audited = "1 package" if len(audited) == 1 else f"{len(audited)} packages"
    lines.append(f"{packages_audited} audited{'' if faulty else ', no known vulnerability'}")
    return "\n".join(lines), int(faulty)


def main() -> int:
    """Audit the lock file and the version of PyTorch given."""
    lock, torch = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text(pins(lock.read_text(encoding="utf-8"), torch), encoding="utf-8")
        packages, messages = run(listed)
    if "No module named pip_audit" in messages:
        print("pip-audit: not installed; run `make audit`", file=sys.stderr)
        return 2
    text, status = report(packages)
    print(text)
    return status


if __name__ == "__main__":
    sys.exit(main())
