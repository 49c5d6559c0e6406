"""Repair of damaged copies in a remote: found by their digests, and pushed again."""

import hashlib
import json
from typing import Any

from world_models.sharing.dvc import ShareError, dvc, has_remote, known, targets


def mend(scale: str) -> None:
    """Compare the remote's copies of a scale with their digests, and push the bad ones again.

    This reads all of them. DVC does not push an object that the remote has, even a damaged one,
    nor the contents of a folder whose list (.dir) is there. So both are removed first.
    """
    has_remote()
    from dvc.repo import Repo  # a slow import, needed only here

    every = known()
    stages = {name: stage for name, stage in every.items() if name.endswith(f"@{scale}")}
    if not stages or "records" not in every:
        raise ShareError(f"{scale}: never published from here; dvc.lock has nothing of it")
    stages["records"] = every["records"]
    lists = [out["md5"] for stage in stages.values() for out in stage["outs"]]
    with Repo() as repo:
        cache, place = repo.cache.local, repo.cloud.get_remote_odb()
        bad = set()
        for name in lists:
            if not cache.fs.exists(cache.oid_to_path(name)):
                raise ShareError(
                    f"{scale}: only its publisher, whose cache has all of it, can repair it"
                )
            content = json.loads(cache.fs.cat_file(cache.oid_to_path(name)))
            wrong = {each["md5"] for each in content if not _is_whole(place, each["md5"])}
            bad |= wrong | ({name} if wrong or not _is_whole(place, name) else set())
        for name in bad:
            if place.fs.exists(place.oid_to_path(name)):
                place.fs.remove(place.oid_to_path(name))
    print(f"{len(bad)} damaged or missing")
    dvc(
        "push", *targets(stages),
        failure="not everything was mended; the same command goes on from there",
    )  # fmt: skip


def _is_whole(place: Any, name: str) -> bool:
    """Say whether a remote holds an object whose content matches its name."""
    path = place.oid_to_path(name)
    if not place.fs.exists(path):
        return False
    with place.fs.open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return found.hexdigest() == name.removesuffix(".dir")
