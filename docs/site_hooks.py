"""MkDocs hooks: the repository's own pages (CONTRIBUTING.md and such) belong to the site, too."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
OWN = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages."""
    for name in OWN:
        files.append(File.generated(config, name, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Have links lead to where pages lie in the site."""
    if page.file.src_uri in OWN:
        return re.sub(r"\]\((?:docs/)?(\w[\w/.-]*\.md)", r"](\1", markdown)
    return markdown.replace("](../", "](")
