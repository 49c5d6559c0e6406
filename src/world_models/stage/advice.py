"""The command to type after an error that asks to make a result again."""

import re

RESULT = re.compile(r"(results/[\w./-]+\.(?:safetensors|json|jsonl|csv|zarr))[:,]")
ANEW = re.compile(
    r"run (its stage again|the stage that makes it)"
    r"|(make|train|record) it anew|make it again|retrain it|recreate the store"
    r"|record the rollouts again|evolve the controller anew"
)
GONE = re.compile(r"missing(?! or)|No such file")


def with_command(fault: str) -> str:
    """Return an error line, with a command appended if a result has to be made again.

    Such a line begins with the result's path. A stage can say what is wrong with a file, but not
    what makes it; Snakemake knows from the path.
    """
    found = RESULT.match(fault)
    if not found or not ANEW.search(fault):
        return fault
    remove = "rm -r" if found[1].endswith(".zarr") else "rm -f"  # -f: it may be missing
    first = "" if GONE.search(fault) else f"{remove} {found[1]} && "
    return f"{fault}: {first}snakemake --cores 1 {found[1]}"
