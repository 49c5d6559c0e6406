"""Why Snakemake would run a job, in words, parsed from the output of `snakemake -n`."""

import ast
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from world_models.provenance.records import record_of
from world_models.provenance.targets import DRAWN

FOLLOWS = "follows from "


class Job(NamedTuple):
    """A job that would run."""

    rule: str
    outputs: list[str]
    reason: str


def planned(output: str) -> list[Job]:
    """Parse the jobs from the output of `snakemake -n`."""
    jobs = []
    for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", output)[1:]:
        fields = dict(re.findall(r"^    (\w+): (.*)$", block, re.MULTILINE))
        rule = block[: block.index(":")].split()[-1]
        rule = "tables" if rule in ("draw_tables", "keep_tables") else rule
        jobs.append(Job(rule, fields.get("output", "").split(", "), fields.get("reason", "")))
    return jobs


def explain(job: Job, makers: dict[str, str]) -> list[str]:
    """Return a job's causes in words; `makers` maps each file to the rule that would make it."""
    causes = []
    for part in re.split(r"; (?=[A-Z])", job.reason):
        name, _, rest = part.partition(": ")
        files = rest.split(", ")
        if name == "Missing output files":
            files = [file for file in files if not file.endswith(DRAWN)]
            without_record = [file for file in files if not record_of(file)]
            if files:
                causes.append("never made here" if without_record else "deleted since it was made")
        elif name == "Incomplete output files":
            causes.append("its last run was interrupted")
        elif name == "Updated input files":
            causes += [f"{file} changed{when(file)}" for file in files if file]
        elif name == "Input files updated by another job":
            rules = sorted({makers.get(file, "another rule") for file in files} - {job.rule})
            causes += [FOLLOWS + ", ".join(rules)] if rules else []
        elif name == "Params have changed since last execution":
            causes += differences(*before_and_now(rest))
        elif name == "Code has changed since last execution":
            causes.append("its command in workflow/rules changed")
        elif name == "Set of input files has changed since last execution":
            causes.append("its set of input files changed")
        else:
            causes.append(part)
    return causes


def before_and_now(text: str) -> tuple[list[Any], list[Any]]:
    """Return the params that only the last run had, and those that only the next one has."""
    found = re.search(r"before: (.*) now: (.*?) *$", text)
    old, new = (literals(side) for side in found.groups()) if found else ([], [])
    return [each for each in old if each not in new], [each for each in new if each not in old]


def literals(text: str) -> list[Any]:
    """Return the values of comma-separated Python literals, with lists flattened."""
    values = [] if "<nothing" in text else ast.literal_eval(f"[{text}]")
    return [one for each in values for one in (each if isinstance(each, list) else [each])]


def differences(before: list[Any], now: list[Any]) -> list[str]:
    """Return the differences between the provenance lines of two runs, in words."""
    old, new = (dict(map(key_and_value, side)) for side in (before, now))
    changes, whole = [], []
    for key in sorted(old.keys() | new.keys()):
        was, is_ = old.get(key), new.get(key)
        if was == is_:
            continue
        if key.split()[-1] == "settings":  # a digest of all: other lines say which one
            whole = ["its settings changed"]
        elif "code " in key:
            stage = key.partition("code ")[2]
            fate = "changed" if was and is_ else "is new here" if is_ else "no longer runs"
            changes.append(f"the code of {stage} {fate}")
        elif was and is_ and was.startswith("{") and is_.startswith("{"):
            changes += settings_between(key, was, is_)
        else:
            changes.append(f"{key.replace('pin ', '')}: {was or 'nothing'} → {is_ or 'nothing'}")
    return sorted(set(changes)) or whole


def key_and_value(line: Any) -> tuple[str, str]:
    """Split a provenance line into its key and its value.

    Lines are `seed 1`, `vision {...}`, `code vision.train 1a2b`, `pin numpy==2.4`, prefixed with
    their root or task if that isn't the result's own.
    """
    text = str(line)
    where = re.match(r"(?:[\w./]+: )*", text)
    start = where[0] if where else ""
    rest = text[len(start) :]
    if rest.startswith("pin "):
        name, _, value = rest.partition("==")
    elif rest.startswith("code "):
        name, _, value = rest.rpartition(" ")
    else:
        name, _, value = rest.partition(" ")
    return start + name, value


def settings_between(section: str, before: str, now: str) -> list[str]:
    """Return the keys of a section that differ, with both values."""
    old, new = json.loads(before), json.loads(now)
    return [
        f"{section}.{key}: {json.dumps(old.get(key))} → {json.dumps(new.get(key))}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def when(file: str) -> str:
    """Return when a file was last written, as part of a sentence."""
    path = Path(file)
    return f" on {clock(path.stat().st_mtime)}" if path.exists() else ""


def clock(seconds: float) -> str:
    """Return a time as YYYY-MM-DD HH:MM."""
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"
