"""The contents of finished tables, for Snakemake's report."""

import json
import re
from pathlib import Path

MARKUP = re.compile(r"([\\*_`|])")  # of reStructuredText


class Contents:
    """Titles, captions and places of the files in a folder of tables, read on first use.

    Args:
        tables: the folder. If it has no list of contents, as from earlier versions, files have no
            caption and their names are their titles.
    """

    def __init__(self, tables: str) -> None:
        self.path = Path(tables) / "contents.json"
        self._entries: dict[str, dict[str, str]] | None = None

    def __getitem__(self, name: str) -> dict[str, str]:
        """Return the entry of a file, by its name without suffix; see `paper.contents.Entry`."""
        if self._entries is None:
            known = self.path.is_file()
            self._entries = json.loads(self.path.read_text(encoding="utf-8")) if known else {}
        plain = {"kind": "", "title": name, "caption": "", "section": "Tables and figures"}
        return self._entries.get(name, {**plain, "part": ""})

    def caption(self, name: str) -> str:
        """Return a file's caption as reStructuredText."""
        return MARKUP.sub(r"\\\1", self[name]["caption"])

    def __str__(self) -> str:
        return str(self.path)
