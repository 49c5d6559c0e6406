"""What to type after an error that asks to make a result anew."""

import re

RESULT = re.compile(r"(results/[\w./-]+\.(?:safetensors|json|jsonl|csv))[:,]")
ANEW = re.compile(r"run (its stage again|the stage that makes it)|(make|train) it anew")
GONE = re.compile(r"missing|No such file")


def with_command(fault: str) -> str:
    """Return an error's line, with the command where a result has to be made anew.

    The line begins with the result's path. A stage can say what is wrong with a file, but not who
    made it; Snakemake knows by the path.
    """
    found = RESULT.match(fault)
    if not found or not ANEW.search(fault):
        return fault
    first = "" if GONE.search(fault) else f"rm {found[1]} && "
    return f"{fault}: {first}snakemake --cores 1 {found[1]}"
