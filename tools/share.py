"""Share results through a DVC remote. `make remote`, `make publish` and `make fetch` call this.

    python tools/share.py remote URL            keep this place as the default remote
    python tools/share.py publish SCALE         commit a finished scale to the cache, and push it
    python tools/share.py fetch SCALE [KIND …]  pull a scale, or only some kinds of its results

DVC itself says what fails; the last line says what that means. Whatever came through is kept, and
the same command goes on from there.
"""

import shutil
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import yaml

KINDS = ("rollouts", "latents", "vision", "memory", "controllers", "evaluation", "tables")
RECORDS = Path(".snakemake/metadata")
OURS = Path(".snakemake/metadata.ours")  # beside it while a fetch replaces it
PUBLISHED = Path("published.yaml")
REMOTE = "storage"


class ShareError(Exception):
    """What went wrong, in one line."""


def dvc(*arguments: str, failure: str) -> None:
    """Run DVC.

    Raises:
        ShareError: it failed.
    """
    if subprocess.run([sys.executable, "-m", "dvc", *arguments], check=False).returncode:
        raise ShareError(failure)


def remote(url: str) -> None:
    """Add the default remote; contents are compared with their digests when they come from it."""
    failure = f"{url}: not accepted as a remote; for other places than folders, see docs/sharing.md"
    dvc("remote", "add", "--force", "--default", REMOTE, url, failure=failure)
    # Else a damaged object would be taken for the real one, without a word.
    dvc("remote", "modify", REMOTE, "verify", "true", failure=failure)


def publish(scale: str) -> None:
    """Commit all kinds of a scale, and push them."""
    _has_remote()
    root = "results" if scale == "paper" else f"results/{scale}"
    head, published = _published()
    if scale not in published:
        lines = [f"  {name}: {path}" for name, path in {**published, scale: root}.items()]
        PUBLISHED.write_text("\n".join([head, "published:", *lines, ""]), encoding="utf-8")
    stages = [*(f"{kind}@{scale}" for kind in KINDS), "records"]
    # Not `dvc add`: it would renew the files' times.
    dvc("commit", "--force", *stages, failure=f"{root}: not committed; finish it: make tables")
    dvc(
        "push", *stages,
        failure="not everything was pushed; nothing is lost here, and `make publish` goes on",
    )  # fmt: skip
    print("pushed; now: git add dvc.lock published.yaml && git commit && git push")


def fetch(scale: str, kinds: list[str]) -> None:
    """Pull kinds of a scale, and the records that go with them."""
    _has_remote()
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ShareError(f"{unknown[0]}: no such kind; there are {', '.join(KINDS)}")
    lock = Path("dvc.lock")
    stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"] if lock.is_file() else {}
    wanted = [f"{kind}@{scale}" for kind in kinds or KINDS]
    missing = [stage for stage in wanted if stage not in stages]
    if missing:
        raise ShareError(f"{missing[0]}: never published; dvc.lock has {', '.join(stages) or '-'}")
    outputs = [out for stage in wanted for out in stages[stage]["outs"]]
    dvc(
        "pull", *wanted,
        failure="not everything was fetched: the remote can't be reached, lacks some of it or "
        "holds damaged copies, or results of your own are in the way (see above). What came is "
        f"kept, and the same command goes on from there{_room_for(outputs)}",
    )  # fmt: skip
    _fetch_records([Path(out["path"]) for out in outputs])


def _fetch_records(fetched: list[Path]) -> None:
    """Replace the records of what was fetched; other results keep their own."""
    if RECORDS.is_dir() and not OURS.is_dir():  # else an earlier fetch was cut off: those are ours
        shutil.copytree(RECORDS, OURS)
    dvc(
        "pull", "--force", "records",
        failure="the results are here, but not Snakemake's records of them; fetch again",
    )  # fmt: skip
    if OURS.is_dir():
        for path in (each for each in OURS.rglob("*") if each.is_file()):
            if not any(_output_of(path).is_relative_to(folder) for folder in fetched):
                copy = RECORDS / path.relative_to(OURS)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, copy)
        shutil.rmtree(OURS)


def _output_of(record: Path) -> Path:
    """Return the result that a record is about: its name, encoded (in parts, where it is long)."""
    parts = [part.removeprefix("@") for part in record.relative_to(OURS).parts]
    return Path(urlsafe_b64decode("".join(parts)).decode())


def _published() -> tuple[str, dict[str, str]]:
    text = PUBLISHED.read_text(encoding="utf-8")
    return text.partition("\npublished:")[0], yaml.safe_load(text)["published"]


def _has_remote() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "dvc", "remote", "default"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode or "No default remote" in told.stdout:
        raise ShareError("no remote yet; name one: make remote URL=<a folder or ssh://host/path>")


def _room_for(outputs: list[dict[str, Any]]) -> str:
    """Return a hint if the disk of the cache or of the results may be too small for outputs."""
    told = subprocess.run(
        [sys.executable, "-m", "dvc", "cache", "dir"], capture_output=True, text=True, check=False
    )
    size = sum(out["size"] for out in outputs if not Path(out["path"]).exists())
    cache = Path(told.stdout.strip() or ".")
    places = [
        next(each for each in (path, *path.parents) if each.exists())
        for path in (cache, Path(".").resolve())
    ]
    free = min(shutil.disk_usage(place).free for place in places)
    if size <= free:
        return ""
    return (
        f". Too little room: {size / 1e6:.0f} MB to fetch, {free / 1e6:.0f} MB free; make room, or "
        "fetch fewer kinds (KINDS='vision memory')"
    )


def main(argv: list[str]) -> None:
    """Do what is asked; one line for a failure, and exit status 1."""
    try:
        match argv:
            case ["remote", url]:
                remote(url)
            case ["publish", scale]:
                publish(scale)
            case ["fetch", scale, *kinds]:
                fetch(scale, kinds)
            case _:
                sys.exit("usage: share.py remote URL | publish SCALE | fetch SCALE [KIND ...]")
    except ShareError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
