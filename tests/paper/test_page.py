"""The page: its order, what it shows, and that it loads nothing from elsewhere."""

import base64
import io
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from tests.paper.results_folder import OPEN_LOOP, TASKS
from tests.paper.test_make import FIGURES, FILMS, SHOWN


class Page(HTMLParser):
    """Collects a page's references, and its tags and ids in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.inside: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the tag, the tags around it, and every attribute that may load something."""
        self.tags.append(tag)
        if tag not in ("meta", "img", "source"):
            self.open.append(tag)
        for key, value in attrs:
            if key in ("src", "href", "data", "srcset") and not str(value).startswith("#"):
                self.references.append(value or "")
            if key == "id":
                self.ids.append(value or "")
                self.inside[value or ""] = list(self.open)

    def handle_endtag(self, tag: str) -> None:
        """Check that the end tag closes the innermost open tag."""
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text(paper_tables: Path) -> str:
    """Return the page's HTML."""
    return (paper_tables / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["index", *(f"shown/{name}" for name in SHOWN)])
def test_nothing_comes_from_elsewhere(paper_tables: Path, name: str) -> None:
    """No page loads scripts, styles, fonts or pictures; every tag is closed."""
    content = (paper_tables / f"{name}.html").read_text(encoding="utf-8")
    page = Page(content)
    assert not {"script", "link", "iframe", "object"} & set(page.tags) and page.open == []
    assert all(reference.startswith("data:image/") for reference in page.references)
    assert "url(" not in content and "@import" not in content


def test_films_and_scores_come_first_and_figures_are_folded(text: str) -> None:
    """The sections and their contents come in the order of the menu at the top."""
    page = Page(text)
    sections = ["films", "scores", "diagnostics", "more"]
    assert [each for each in page.ids if each in sections] == sections
    assert re.findall(r'<li><a href="#(\w+)">', text) == sections
    order = [*FILMS, *TASKS, *(f"diagnostics_{task}" for task in TASKS), "parameters", *FIGURES]
    assert set(order) <= set(page.ids) and len(page.ids) == len(set(page.ids))
    for name in (*FILMS, *TASKS):
        assert "details" not in page.inside[name], name
    for name in ("parameters", *FIGURES):
        assert "details" in page.inside[name], name
    assert page.ids.index("scores") > max(page.ids.index(each) for each in FILMS)
    assert page.ids.index("scores") < min(page.ids.index(each) for each in TASKS)
    assert "smoke run" in text and "mean nothing" in text and "paper_tables</code>" in text


def test_it_is_made_for_phones_and_for_night(text: str) -> None:
    """The page fits the device's width, wide tables scroll, and dark mode follows the system."""
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in text
    assert "prefers-color-scheme: dark" in text and "prefers-reduced-motion: reduce" in text
    assert text.count("<table") == text.count('<div class="wide"><table') == 5


@pytest.mark.parametrize("name", FILMS)
def test_films_play(text: str, name: str) -> None:
    """Each film is a WebP with the expected number of panels, and comes with a still image."""
    figure = text[text.index(f'<figure id="{name}"') :].partition("</figure>")[0]
    still, film = (
        Image.open(io.BytesIO(base64.b64decode(each)))
        for each in re.findall(r"data:image/webp;base64,([^\"]+)", figure)
    )
    panels = {"dream": 1, "one": 3}.get(name.partition("_")[0], 2)
    assert film.size == still.size == (66 * panels - 2, 64)
    # A game has at most 40 steps, and every fourth is shown. M is tiny, so its dreams end soon.
    longest = 75 if name.startswith("one_start") else 10
    assert 1 <= film.n_frames <= longest and still.n_frames == 1
    if name == "game_car_racing":
        assert film.n_frames == longest
        film.load()
        assert film.info["duration"] == 1000 * 4 // 50


def cells(text: str, task: str) -> list[list[str]]:
    """Return the texts of a task's matrix, row by row."""
    figure = text[text.index(f'<figure id="diagnostics_{task}"') :].partition("</figure>")[0]
    rows = re.findall(r"<tr.*?>(.*?)</tr>", figure)
    return [
        [unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in rows
    ]


def test_diagnostics_are_one_matrix_a_task(text: str) -> None:
    """A task's matrix has a row per measure and a column per controller, with the CSV's numbers."""
    racing, cover = (cells(text, task) for task in ("car_racing", "take_cover"))
    assert racing == [
        ["V", "held out", "compared with"],
        ["squared error of a frame", "27.5", "mean image 44"],
        ["latent dimensions in use", "9", ""],
        ["M", "held out", "compared with"],
        ["negative log-likelihood of the next z, nats per dimension", "0.5",
         "normal around the present z 0.75; given another episode's actions 0.625"],
        ["C, candidates of its evolution", "", "z only", "z, hidden layer", "z and h"],
        ["rank correlation, where evolved and in reality", "", "0.8", "0.8", "0.8"],
        ["mean score where evolved", "", "212", "212", "212"],
        ["mean score in reality", "", "23.8", "23.8", "23.8"],
    ]  # fmt: skip
    temperatures = ["τ = 0.10", "τ = 1.15", "τ = 2.00"]
    assert ["M, in C's games", "held out", *temperatures] in cover
    assert ["precision of predicted deaths", "", "0.25", "0.25", "0.25"] in cover
    assert ["Open loop: steps survived, in the dream", "reality", *temperatures] in cover
    assert ["always left", "168", "", "446", ""] in cover
    assert len(cover) < 20


def test_a_dream_that_spares_the_senseless_is_marked(text: str) -> None:
    """Exactly the dream scores of at least 1.5 times the real score are marked."""
    game, dreamt = (line.split(",")[1:] for line in OPEN_LOOP["take_cover"].splitlines()[1:])
    marked = [float(b) >= 1.5 * float(a) for a, b in zip(game, dreamt, strict=True)]
    assert marked == [False, True, False, False, False]
    assert text.count('class="marked"') == 1 and 'class="marked">446<' in text


def test_contents_follow_the_papers_sections(paper_tables: Path) -> None:
    """contents.json gives each item's title, caption, file and place in the paper."""
    contents = json.loads((paper_tables / "contents.json").read_text())
    assert list(contents)[:3] == ["game_car_racing", "one_start_car_racing", "game_take_cover"]
    for name, each in contents.items():
        assert each["title"] and len(each["caption"].split()) > 5, name
        suffix = "figures/{}.png" if each["kind"] == "figure" else "shown/{}.html"
        assert (paper_tables / suffix.format(name)).is_file()
        where = name.removeprefix("one_").partition("_")[2]
        if where in TASKS:
            chapter = {"car_racing": "3", "take_cover": "4"}[where]
            assert each["section"][0] == each["part"][0] == chapter
    assert contents["parameters"]["section"] == "2 Agent Model"
    assert contents["trap_take_cover"]["part"] == "4.5 Cheating the World Model"
    assert contents["take_cover"]["part"] == "4.4 Transfer Policy to Actual Environment"
