"""Facts about a source text are cached by content; a lost or damaged cache does no harm."""

from pathlib import Path

import pytest

from world_models.provenance import source_facts
from world_models.provenance.source_facts import Import, facts_of

TEXT = b'''"""Doc."""
import a.b
from ..c import d, e  # why


class A:
    x: int = 1
    """Doc."""


def f():
    """Doc."""
    return 1
'''


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Use an empty cache folder, with nothing in memory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    forget()
    return tmp_path


def forget() -> None:
    """Clear what is in memory, as in a new process."""
    facts_of.cache_clear()
    source_facts._folder.cache_clear()


def test_imports_and_digest() -> None:
    found = facts_of(TEXT)
    assert found.imports == [Import(0, "a.b", []), Import(2, "c", ["d", "e"])]
    assert facts_of(TEXT.replace(b"# why", b"# because").replace(b"Doc.", b"Words.")) == found
    assert facts_of(TEXT.replace(b'    """Doc."""\n\n\ndef', b"\n\ndef")).digest == found.digest
    assert facts_of(TEXT.replace(b"return 1", b"return 2")).digest != found.digest


def test_kept_and_damaged(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process doesn't parse the text again; damaged cache files are ignored."""
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
