"""Share results through a DVC remote. `make remote`, `make publish` and `make fetch` call this.

    python tools/share.py remote URL            keep this place as the default remote
    python tools/share.py publish SCALE         commit a finished scale to the cache, and push it
    python tools/share.py fetch SCALE [KIND …]  pull a scale, or only some kinds of its results
    python tools/share.py mend SCALE            find damaged copies in the remote, and replace them

DVC itself reports what failed; the last line says what that means. Whatever was transferred is
kept, and the same command continues from there.
"""

import sys
import time
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.sharing.contents import check_complete, is_expected, outside_git, plan_of
from world_models.sharing.dvc import (
    ShareError,
    clear_cache,
    dvc,
    has_remote,
    in_git,
    is_here,
    known,
    list_scale,
    room_for,
    targets,
)
from world_models.sharing.dvc_yaml import KINDS
from world_models.sharing.mend import mend
from world_models.sharing.records import fetch_records, none_yet
from world_models.stage.surroundings import prepare

REMOTE = "storage"


def remote(url: str) -> None:
    """Add the default remote; files fetched from it are checked against their digests."""
    if not url:
        raise ShareError("no URL given; make remote URL=<a folder or ssh://host/path>")
    failure = (
        f"{url}: not accepted as a remote; for remotes other than folders, see docs/sharing.md"
    )
    dvc("remote", "add", "--force", "--default", REMOTE, url, failure=failure)
    # Otherwise a damaged object would be accepted silently.
    dvc("remote", "modify", REMOTE, "verify", "true", failure=failure)
    if "://" not in url:  # a folder: members of its group may add to it
        dvc("remote", "modify", REMOTE, "shared", "group", failure=failure)


def publish(scale: str) -> None:
    """Commit all results of a scale, and push them."""
    has_remote()
    plan, root = plan_of(scale)
    before, stages, groups = known(), [], set()
    for each in outside_git(plan, root):
        stage = f"{each.name}@{scale}"
        # What was published before and not fetched here stays as it is. Studies and tasks of your
        # own need not have been run.
        if stage in before and not is_here(before[stage]["outs"]):
            continue
        if Path(root, each.folder).exists() or is_expected(plan, root, each):
            stages.append(stage)
            groups.add(each.group)
            check_complete(plan, root, each)
    list_scale(scale, root, sorted(groups))
    stages.append("records")
    # Not `dvc add`: it would change the files' modification times.
    dvc("commit", "--force", *targets(stages), failure=f"{root}: not committed; see above")
    dvc(
        "push", *targets(stages),
        failure="not everything was pushed; nothing is lost here, and `make publish` continues "
        "from there. If permission was denied in a shared folder, whoever made it runs "
        "`make remote` again, and `chmod -R g+rwX` on it once",
    )  # fmt: skip
    print("pushed; now: git add dvc.lock published.yaml && git commit && git push")


def fetch(scale: str, kinds: list[str]) -> None:
    """Pull kinds of a scale, and the records that go with them."""
    has_remote()
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ShareError(f"{unknown[0]}: no such kind; there are {', '.join(KINDS)}")
    plan, root = plan_of(scale)
    stages = known()
    selection = [each for each in outside_git(plan, root) if each.kind in (kinds or KINDS)]
    names = [name for each in selection if (name := f"{each.name}@{scale}") in stages]
    lost = [f"{each.name}@{scale}" for each in selection if is_expected(plan, root, each)]
    lost = [name for name in lost if name not in stages]
    if lost:
        raise ShareError(f"{lost[0]}: never published; dvc.lock has {', '.join(stages) or '-'}")
    outputs = [out for name in names for out in stages[name]["outs"]]
    room, start, first = room_for(outputs), time.time(), none_yet()
    try:
        dvc(
            "pull", *(targets([*names, "records"]) if first else names),
            failure="not everything was fetched: the remote can't be reached, lacks some of it or "
            "holds damaged copies (its publisher: make mend), or results of your own are in the "
            f"way (see above). What came is kept; the same command goes on from there{room}",
        )  # fmt: skip
    except ShareError:
        clear_cache(start)
        raise
    if not first:
        fetch_records([Path(out["path"]) for out in outputs])


def main(argv: list[str]) -> None:
    """Run the command; on failure print one line and exit with status 1."""
    try:
        in_git()
        match argv:
            case ["remote", *url]:
                remote(" ".join(url))
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
    except WorldModelsError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    prepare()
    main(sys.argv[1:])
