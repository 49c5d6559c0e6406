"""What a source text says is kept by its content, and a lost or damaged copy does no harm."""

from pathlib import Path

import pytest

from world_models.provenance import source_facts
from world_models.provenance.source_facts import Import, facts_of

TEXT = b'''"""Doc."""
import a.b
from ..c import d, e  # why


def f():
    """Doc."""
    return 1
'''


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache folder; nothing in memory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    forget()
    return tmp_path


def forget() -> None:
    """As in a new process."""
    facts_of.cache_clear()
    source_facts._folder.cache_clear()


def test_imports_and_digest() -> None:
    found = facts_of(TEXT)
    assert found.imports == [Import(0, "a.b", []), Import(2, "c", ["d", "e"])]
    assert facts_of(TEXT.replace(b"# why", b"# because").replace(b"Doc.", b"Words.")) == found
    assert facts_of(TEXT.replace(b"return 1", b"return 2")).digest != found.digest


def test_kept_and_damaged(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process parses nothing; a damaged file is written anew."""
    found = facts_of(TEXT)
    (kept,) = fresh.rglob("*.json")
    forget()
    with monkeypatch.context() as patch:
        patch.setattr(source_facts.ast, "parse", lambda text: pytest.fail("parsed again"))
        assert facts_of(TEXT) == found
    for damage in ("", "{", "[1]", '["x", [["y"]]]', "null"):
        kept.write_text(damage)
        forget()
        assert facts_of(TEXT) == found


def test_no_place_to_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    forget()
    assert facts_of(TEXT).imports
