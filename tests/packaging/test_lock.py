"""requirements.lock pins everything by hash, without PyTorch and without a package index."""

import re

import pytest
from packaging.requirements import Requirement

from tests.packaging.locked import LOCK, direct_requirements, entries, locked, project

TORCH_BUILD = re.compile(r"(torch|torchvision|triton|nvidia-|cuda-|cupy)[^=]*==")
PLACE = re.compile(r"://|--(extra-index|index|find-links|trusted-host)|(^|[\s\"'=@])[~/]\w")


def faults(lock: str) -> list[str]:
    """Return the faults of a lock file, one line each."""
    found = [f"names a place: {line}" for line in lock.splitlines() if PLACE.search(line)]
    for requirement, hashes in entries(lock):
        if not re.fullmatch(r"[\w.-]+==[\w.+]+( ; .*)?", requirement):
            found.append(f"no exact version: {requirement}")
        if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", hashes):
            found.append(f"no hash: {requirement}")
        if TORCH_BUILD.match(requirement):
            found.append(f"PyTorch's build: {requirement}")
    return found


def test_lock_is_whole_and_names_no_place() -> None:
    assert len(entries(LOCK)) > 100
    assert faults(LOCK) == []


HASH = " \\\n    --hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("spam==1.0", "no hash"),
        ("spam==1.0 \\\n    --hash=sha256:abc", "no hash"),
        ("spam>=1.0" + HASH, "no exact version"),
        ("torch==2.13.0" + HASH, "PyTorch's build"),
        ("nvidia-cublas==13.1" + HASH, "PyTorch's build"),
        ("--extra-index-url https://example.org/simple", "names a place"),
        ("--find-links wheels", "names a place"),
        ("# uv pip compile --output-file /somewhere/requirements.lock", "names a place"),
    ],
)
def test_each_fault_would_be_found(line: str, fault: str) -> None:
    assert [each for each in faults(f"{LOCK.rstrip()}\n{line}\n") if each.startswith(fault)]


def test_lock_answers_what_was_asked() -> None:
    assert [name for name, want in direct_requirements().items() if name not in locked()] == []
    for name, want in direct_requirements().items():
        pin = next(iter(locked()[name].specifier)).version
        assert want.specifier.contains(pin), f"{want}: the lock has {pin}; run `make lock`"


def test_project_and_requirements_ask_alike() -> None:
    dependencies = project()
    assert str(dependencies.pop("torch")) == "torch==2.13.0"
    differing = [
        str(want)
        for name, want in dependencies.items()
        if str(direct_requirements().get(name)) != str(want)
    ]
    assert differing == []


def test_lock_has_what_pytorch_needs() -> None:
    """PyTorch's own dependencies are pinned, so installing it first leaves no unpinned package."""
    needs = {"filelock", "fsspec", "jinja2", "networkx", "setuptools", "sympy", "typing-extensions"}
    assert needs <= direct_requirements().keys()


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize(
    ("system", "machine"), [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")]
)
def test_every_system_has_one_box2d(system: str, machine: str, python: str) -> None:
    """Each system gets box2d if it has a wheel there, and otherwise box2d-py, built from source."""
    place = {"sys_platform": system, "platform_machine": machine, "python_full_version": python}
    found = []
    for text, _ in entries(LOCK):
        requirement = Requirement(text)
        if requirement.name.startswith("box2d"):
            assert requirement.marker is not None
            found += [requirement.name] if requirement.marker.evaluate(place) else []
    wheel = python != "3.14" and (system, machine) != ("linux", "aarch64")
    assert found == (["box2d"] if wheel else ["box2d-py"])
