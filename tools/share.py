"""Share results through a DVC remote. `make remote`, `make publish` and `make fetch` call this.

    python tools/share.py remote URL            keep this place as the default remote
    python tools/share.py publish SCALE         commit a finished scale to the cache, and push it
    python tools/share.py fetch SCALE [KIND …]  pull a scale, or only some kinds of its results
    python tools/share.py mend SCALE            look for damaged copies there, and replace them

DVC itself says what fails; the last line says what that means. Whatever came through is kept, and
the same command goes on from there.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import yaml

from world_models.stage.surroundings import prepare

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
    command = [sys.executable, "-m", "dvc", *arguments]
    if subprocess.run(command, check=False).returncode:
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
    root = _root_of(scale)
    head, published = _published()
    if scale not in published:
        lines = [f"  {name}: {path}" for name, path in {**published, scale: root}.items()]
        PUBLISHED.write_text("\n".join([head, "published:", *lines, ""]), encoding="utf-8")
    known = _known()
    stages = [f"{kind}@{scale}" for kind in _outside_git(root)]
    # What was published before and not fetched here stays as it is.
    stages = [each for each in stages if each not in known or _is_here(known[each]["outs"])]
    stages.append("records")
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
    stages = _known()
    outside = _outside_git(_root_of(scale))
    wanted = [f"{kind}@{scale}" for kind in kinds or KINDS if kind in outside]
    missing = [stage for stage in wanted if stage not in stages]
    if missing:
        raise ShareError(f"{missing[0]}: never published; dvc.lock has {', '.join(stages) or '-'}")
    outputs = [out for stage in wanted for out in stages[stage]["outs"]]
    room, start = _room_for(outputs), time.time()
    try:
        dvc(
            "pull", *wanted,
            failure="not everything was fetched: the remote can't be reached, lacks some of it or "
            "holds damaged copies (its publisher: make mend), or results of your own are in the "
            f"way (see above). What came is kept; the same command goes on from there{room}",
        )  # fmt: skip
    except ShareError:
        _clear_cache(start)
        raise
    _fetch_records([Path(out["path"]) for out in outputs])


def mend(scale: str) -> None:
    """Compare the remote's copies of a scale with their digests, and push the bad ones anew.

    This reads all of them. DVC pushes no object that lies there, whatever is in it, nor looks
    for the contents of a folder whose list (.dir) lies there; so both are removed first.
    """
    _has_remote()
    from dvc.repo import Repo  # takes a second, and only this needs it

    stages = {name: stage for name, stage in _known().items() if name.endswith(f"@{scale}")}
    stages["records"] = _known()["records"]
    lists = [out["md5"] for stage in stages.values() for out in stage["outs"]]
    with Repo() as repo:
        cache, place = repo.cache.local, repo.cloud.get_remote_odb()
        bad = set()
        for name in lists:
            if not cache.fs.exists(cache.oid_to_path(name)):
                raise ShareError(f"{scale}: its publisher can mend it, with all of it in the cache")
            content = json.loads(cache.fs.cat_file(cache.oid_to_path(name)))
            wrong = {each["md5"] for each in content if not _is_whole(place, each["md5"])}
            bad |= wrong | ({name} if wrong or not _is_whole(place, name) else set())
        for name in bad:
            if place.fs.exists(place.oid_to_path(name)):
                place.fs.remove(place.oid_to_path(name))
    print(f"{len(bad)} damaged or missing")
    dvc("push", *stages, failure="not everything was mended; the same command goes on from there")


def _root_of(scale: str) -> str:
    return "results" if scale == "paper" else f"results/{scale}"


def _outside_git(root: str) -> list[str]:
    """Return the kinds that travel through DVC: those that git doesn't keep; say which it does."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--", root], capture_output=True, text=True, check=True
    )
    kept = {part for name in told.stdout.split("\0") for part in Path(name).parts}
    inside = [kind for kind in KINDS if {"tables": "paper_tables"}.get(kind, kind) in kept]
    if inside:
        print(f"{root}: in git already: {', '.join(inside)}")
    return [kind for kind in KINDS if kind not in inside]


def _is_whole(place: Any, name: str) -> bool:
    """Say whether a remote holds an object, with the content that its name says."""
    path = place.oid_to_path(name)
    if not place.fs.exists(path):
        return False
    with place.fs.open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return found.hexdigest() == name.removesuffix(".dir")


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


def _clear_cache(start: float) -> None:
    """Remove what a failed pull left half in the cache: DVC doesn't, and the disk stays full."""
    for path in _cache().glob("files/md5/??/.*.tmp"):
        if path.stat().st_mtime >= start:
            path.unlink()


def _cache() -> Path:
    told = subprocess.run(
        [sys.executable, "-m", "dvc", "cache", "dir"], capture_output=True, text=True, check=False
    )
    return Path(told.stdout.strip() or ".dvc/cache")


def _known() -> dict[str, Any]:
    """Return the stages of dvc.lock: what was published so far."""
    lock = Path("dvc.lock")
    if not lock.is_file():
        return {}
    stages: dict[str, Any] = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"]
    return stages


def _is_here(outputs: list[dict[str, Any]]) -> bool:
    return any(Path(out["path"]).exists() for out in outputs)


def main(argv: list[str]) -> None:
    """Do what is asked; one line for a failure, and exit status 1."""
    try:
        match argv:
            case ["remote", url]:
                remote(url)
            case ["publish", scale]:
                publish(scale)
            case ["mend", scale]:
                mend(scale)
            case ["fetch", scale, *kinds]:
                fetch(scale, kinds)
            case _:
                sys.exit(
                    "usage: share.py remote URL | publish SCALE | fetch SCALE [KIND …] | mend SCALE"
                )
    except ShareError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    prepare()
    main(sys.argv[1:])
