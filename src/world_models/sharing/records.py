"""Snakemake's records of results, which travel with them."""

import shutil
from base64 import urlsafe_b64decode
from pathlib import Path

from world_models.sharing.dvc import dvc

RECORDS = Path(".snakemake/metadata")
OURS = Path(".snakemake/metadata.ours")  # a copy of our records while a fetch replaces them


def none_yet() -> bool:
    """Say whether this clone has no records, so that there are none to keep."""
    return not OURS.exists() and not any(RECORDS.glob("*"))


def fetch_records(fetched: list[Path]) -> None:
    """Replace the records of fetched results; other results keep their own."""
    if RECORDS.is_dir() and not OURS.is_dir():  # else an interrupted fetch left OURS
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
    """Return the result that a record is about: the decoded file name (split if it is long)."""
    parts = [part.removeprefix("@") for part in record.relative_to(OURS).parts]
    return Path(urlsafe_b64decode("".join(parts)).decode())
