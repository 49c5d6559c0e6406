"""The documentation site builds without warnings and loads nothing from the network."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.packaging.locked import ROOT

# By tag: the attribute that loads something as soon as a page is opened. Plain links don't.
LOADING = {
    "script": "src", "img": "src", "iframe": "src", "source": "srcset", "video": "src",
    "audio": "src", "embed": "src", "object": "data",
}  # fmt: skip
LINKED = {
    "stylesheet",
    "preload",
    "icon",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "prefetch",
}


class Loads(HTMLParser):
    """Collects what a page loads when opened, and its classes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.classes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an attribute that loads something, and the classes."""
        attributes = {key: value or "" for key, value in attrs}
        self.classes |= set(attributes.get("class", "").split())
        if tag in LOADING and LOADING[tag] in attributes:
            self.found.append(attributes[LOADING[tag]])
        if tag == "link" and LINKED & set(attributes.get("rel", "").split()):
            self.found.append(attributes["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(place)]
    surroundings = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return place


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """Every script, style, font and picture of each page is part of the site itself."""
    pages = list(site.rglob("*.html"))
    assert {"index.html", "paper.html", "settings.html"} <= {path.name for path in pages}
    for path in pages:
        page = Loads(path.read_text(encoding="utf-8"))
        assert page.found
        for each in page.found:
            assert not re.match(r"(https?:)?//", each), f"{path.name}: {each}"
            file = path.parent / each.partition("?")[0].partition("#")[0]
            absolute = each.startswith("/") and path.name == "404.html"  # in whatever folder
            assert absolute or each.startswith("data:") or file.exists(), f"{path.name}: {each}"
    for path in site.rglob("*.css"):
        loaded = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')]+)", path.read_text("utf-8"))
        assert not [each for each in loaded if re.match(r"(https?:)?//", each)], path


def test_the_themes_scripts_find_no_reason_to_load_more(site: Path) -> None:
    """Pages have neither Mermaid diagrams nor a repository link.

    Material's script would fetch Mermaid for the one and the number of stars for the other.
    """
    for path in site.rglob("*.html"):
        page = Loads(path.read_text(encoding="utf-8"))
        assert not {"mermaid", "md-source"} & page.classes, path.name
        assert "googletagmanager" not in path.read_text(encoding="utf-8")


# Rules whose results only the tables of all studies show.
OF_STUDIES = {
    "count_experience", "draw_studies_tables", "measure_horizon", "measure_regions", "measure_seen",
}  # fmt: skip


def test_the_flow_shows_the_rules(site: Path) -> None:
    """Each box of the drawing is a rule; rules that it omits make no number in a table."""
    drawing = (ROOT / "docs/images/flow.svg").read_text(encoding="utf-8")
    boxes = set(re.findall(r'class="rule"[^>]*>(\w+)<', drawing))
    files = set((ROOT / "workflow/rules").glob("*.smk"))
    files.remove(ROOT / "workflow/rules/successors.smk")  # the paper has no successors
    text = "".join(path.read_text("utf-8") for path in files)
    rules = set(re.findall(r"^rule (\w+):", text, re.MULTILINE)) - OF_STUDIES
    others = {"films", "keep_tables", "list_runtimes"}
    assert boxes <= rules
    assert rules - boxes - others == {each for each in rules if each.startswith("film_")}
    assert 'src="images/flow.svg"' in (site / "paper.html").read_text(encoding="utf-8")
