"""tools/check_system.py names what is missing, and the package that has it."""

import importlib.util
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

import pytest

from tests.packaging.locked import ROOT


class Version(NamedTuple):
    """The parts of sys.version_info that the tool reads."""

    major: int
    minor: int
    micro: int


@pytest.fixture
def check_system() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "check_system", ROOT / "tools" / "check_system.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("when", ["before", "after"])
def test_this_environment_lacks_nothing(when: str) -> None:
    command = [sys.executable, str(ROOT / "tools" / "check_system.py"), when]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_library_is_named_with_its_package(
    check_system: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        raise ImportError("libz.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(check_system, "MODULES", ("Box2D",))
    monkeypatch.setattr(check_system.importlib, "import_module", fail)
    assert check_system.after() == ["libz.so.1, which Box2D needs: apt install zlib1g"]


def test_a_library_missing_to_the_engine_is_found(
    check_system: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = SimpleNamespace(
        stdout="\tlibstdc++.so.6 => not found\n\tlibm.so.6 => /lib/libm.so.6\n"
    )
    monkeypatch.setattr(check_system.subprocess, "run", lambda *_, **__: process)
    assert check_system.engine() == [
        "libstdc++.so.6, which ViZDoom's engine needs: apt install libstdc++6"
    ]


@pytest.mark.parametrize("version", [(3, 10, 12), (3, 15, 0)])
def test_a_python_too_old_or_too_new_is_refused(
    check_system: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    fake_sys = SimpleNamespace(version_info=Version(*version))
    monkeypatch.setattr(check_system, "sys", fake_sys)
    (line,) = check_system.before()
    assert line.startswith("Python 3.11 to 3.14, this is") and "apt install" in line


def test_a_python_without_wheels_needs_a_compiler(
    check_system: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_system, "sys", SimpleNamespace(version_info=Version(3, 14, 1)))
    monkeypatch.setattr(check_system.shutil, "which", lambda name: None)
    monkeypatch.setattr(check_system.sysconfig, "get_path", lambda name: "/nowhere")
    assert [line.rpartition(" ")[2] for line in check_system.before()] == ["g++", "python3.14-dev"]


def test_another_processor_needs_a_compiler(
    check_system: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Linux on ARM only Box2D has no wheel."""
    monkeypatch.setattr(check_system.platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(check_system.shutil, "which", lambda name: None)
    assert any("apt install g++" in line for line in check_system.before())
    monkeypatch.setattr(check_system.platform, "system", lambda: "Darwin")
    assert check_system.before() == []


def test_a_python_without_venv_is_refused(
    check_system: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_system.importlib.util, "find_spec", lambda name: None)
    (line,) = check_system.before()
    assert line.endswith(f"apt install python3.{sys.version_info.minor}-venv")
