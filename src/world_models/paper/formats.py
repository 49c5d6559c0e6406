"""A table as CSV, Markdown and LaTeX."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from world_models.paper.tables import Cell, Table

DECIMALS = 6  # in the CSV: more than anyone needs, but too few to show rounding errors
LATEX = {"±": "$\\pm$", "τ": "$\\tau$", "−": "$-$", "%": "\\%", "_": "\\_"}


def as_files(tables: Iterable[Table]) -> dict[str, str]:
    """Return NAME.csv, NAME.md and NAME.tex of each table, by their names."""
    kinds = {"csv": as_csv, "md": as_markdown, "tex": as_latex}
    return {f"{table.name}.{end}": text(table) for table in tables for end, text in kinds.items()}


def as_csv(table: Table) -> str:
    """Return the numbers with at most `DECIMALS` decimals; a missing one is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_plain(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def _plain(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "" if cell is None else str(cell)


def as_metrics(tables: Sequence[Table]) -> str:
    """Return our numbers as nested JSON for `dvc metrics`: table, row, column."""
    nested: dict[str, dict[str, dict[str, Cell]]] = {}
    for table in tables:
        for first, *cells in table.rows:
            named = zip(table.columns[1:], cells, strict=True)
            ours: dict[str, Cell] = {
                n: c for n, c in named if c is not None and not n.startswith("paper_")
            }
            if ours:
                temperature = table.columns[0] == "temperature" and first != "random"
                row = f"tau_{first}" if temperature else str(first)
                nested.setdefault(table.name, {})[row] = ours
    return json.dumps(nested, indent=1) + "\n"


def as_markdown(table: Table) -> str:
    """Return a pipe table with its caption below."""
    rule = [":---", *("---:" for _ in table.heads[1:])]
    lines = [_pipes(line) for line in (table.heads, rule, *table.lines)]
    return "\n".join([*lines, "", table.caption, ""])


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def as_latex(table: Table) -> str:
    """Return a table environment that needs no package."""
    lines = [
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{_latex(table.caption)}}}",
        f"\\label{{tab:{table.name.replace('_', '-')}}}",
        f"\\begin{{tabular}}{{l{'r' * (len(table.heads) - 1)}}}",
        "\\hline",
        " & ".join(_latex(head) for head in table.heads) + " \\\\",
        "\\hline",
        *(" & ".join(_latex(cell) for cell in line) + " \\\\" for line in table.lines),
        "\\hline",
        "\\end{tabular}",
        "\\end{table}",
        "",
    ]
    return "\n".join(lines)


def _latex(text: str) -> str:
    for plain, mark in LATEX.items():
        text = text.replace(plain, mark)
    return text
