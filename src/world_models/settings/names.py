"""Names of scales, tasks and studies: they become folders among the results."""

import re

from world_models.errors import WorldModelsError

NAME = re.compile(r"[a-z][a-z0-9_]*")
# Names of other folders and files beside those of scales and tasks.
TAKEN = {
    *(
        "again",
        "bench",
        "gymnasium",
        "benchmarks",
        "films",
        "logs",
        "paper",
        "paper_tables",
        "progress",
        "scale",
    ),
    *("report", "results", "studies", "studies_tables", "successors_tables", "tables"),
}


def check_name(where: str, name: object) -> None:
    """Refuse a name that cannot be a folder among the results.

    Raises:
        WorldModelsError: the name has invalid characters, or is taken.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise WorldModelsError(
            f"config.yaml: {where}: {name!r} is not a valid folder name; use lower-case letters, "
            "digits and _, starting with a letter"
        )
    if name in TAKEN:
        raise WorldModelsError(f"config.yaml: {where}: {name} is taken; choose another name")
