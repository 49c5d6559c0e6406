"""environment.yml gives conda users the versions in requirements.lock."""

import yaml

from tests.packaging.locked import ROOT, by_name, direct_requirements, locked, project

ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
PIP = next(each["pip"] for each in ENVIRONMENT["dependencies"] if isinstance(each, dict))


def test_only_conda_forge() -> None:
    assert ENVIRONMENT["channels"] == ["conda-forge"]


def test_pytorch_comes_first_and_is_the_projects() -> None:
    assert PIP[0] == str(project()["torch"]) == "torch==2.13.0"


def test_every_pin_is_the_locks() -> None:
    pins = {name: str(pin) for name, pin in by_name(PIP[1:]).items()}
    lock = {name: str(pin) for name, pin in locked().items()}
    differing = {n: (pins.get(n), lock.get(n)) for n in pins | lock if pins.get(n) != lock.get(n)}
    assert differing == {}, "environment.yml, requirements.lock; run `make lock`"


def test_every_direct_dependency_is_there() -> None:
    assert direct_requirements().keys() - by_name(PIP).keys() == set()


def test_python_is_the_projects() -> None:
    assert "python >=3.11,<3.14" in ENVIRONMENT["dependencies"]
