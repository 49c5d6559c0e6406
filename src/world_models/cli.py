"""The single entry point: `world-models` lists the stages and tools, or runs one of them.

world-models                      list all commands
world-models vision.train --help  show a stage's options (= python -m world_models.vision.train)
world-models watch results/lab    run a tool (= python tools/watch.py)
world-models completion bash      print a shell script that completes the commands' names
"""

import argparse
import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import shtab

from world_models.errors import WorldModelsError
from world_models.provenance.imports import SOURCE
from world_models.provenance.stages import STAGES, STUDIES_TABLES, SUCCESSORS_TABLES, TABLES
from world_models.stage.command import run

TOOLS = SOURCE.parent / "tools"  # exists only in a clone
# Modules that are not stages, by command name.
OTHERS = {
    "settings": "settings",
    "demo": "inspection.demo",
    "runtimes": "paper.runtimes",
    "film": "inspection.watch",
    "film_temperatures": "inspection.temperatures",
    "film_latents": "inspection.traversal",
}
SHELLS = ("bash", "zsh", "tcsh")


def summary(path: Path) -> str:
    """Return the first line of a file's docstring, without running the file."""
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return doc.partition("\n")[0].partition(" `make")[0]


def commands() -> Iterator[tuple[str, str, list[str], str]]:
    """Yield each command's group, name, arguments to Python, and summary."""
    drawn = (TABLES, STUDIES_TABLES, SUCCESSORS_TABLES)
    modules = dict.fromkeys([*(stage.module for stage in STAGES.values()), *drawn])
    for group, named in (("Stages", {m: m for m in modules}), ("Other commands", OTHERS)):
        for name, module in named.items():
            path = SOURCE / "world_models" / module.replace(".", "/")
            file = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
            yield group, name, ["-m", f"world_models.{module}"], summary(file)
    for path in sorted(TOOLS.glob("*.py")):
        yield "Tools (called by `make`)", path.stem, [str(path)], summary(path)


def listing() -> str:
    """Return the list of commands, by group."""
    lines, before = [__doc__.rstrip() if __doc__ else "", ""], ""
    for group, name, _, description in commands():
        if group != before:
            lines.append(f"\n{group}:" if before else f"{group}:")
            before = group
        lines.append(f"  {name:<28} {description}")
    lines.append("\n`make` on its own lists the most common targets.")
    return "\n".join(lines)


def completion(shell: str) -> str:
    """Return a shell script that completes the commands' names."""
    parser = argparse.ArgumentParser(prog="world-models")
    names = parser.add_subparsers()
    for _, name, _, description in commands():
        names.add_parser(name, help=description.replace("`", ""), add_help=False)
    return str(shtab.complete(parser, shell))


def main(argv: list[str] | None = None) -> None:
    """List the commands, or replace this process with one of them."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help"):
        print(listing())
        return
    first, *rest = arguments
    if first == "completion":
        if rest not in ([each] for each in SHELLS):
            raise WorldModelsError(f"completion: name one shell of {', '.join(SHELLS)}")
        print(completion(rest[0]))
        return
    known = {name: what for _, name, what, _ in commands()}
    if first not in known:
        raise WorldModelsError(f"{first}: no such command; world-models --help lists them")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *known[first], *rest])


def entry() -> None:
    """Run the program `world-models`."""
    run(main, sys.argv[1:])


if __name__ == "__main__":
    entry()
