"""From config.yaml to the settings of a scale or a study, all checked."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from world_models.errors import WorldModelsError
from world_models.section import describe
from world_models.settings.classes import OWN, Study
from world_models.settings.experiment import experiment, overlay
from world_models.settings.names import check_name
from world_models.settings.whole import Settings


def resolve(config: Mapping[str, Any], scale: str, study: str | None = None) -> Settings:
    """Return the settings of a scale: the paper's, overlaid with what the scale changes.

    Args:
        config: the content of config.yaml.
        scale: "paper", or a key of `scales`.
        study: one of the scale's studies, whose changes are laid over the scale's settings.

    Raises:
        WorldModelsError: an unknown scale, study or key, a wrong type, a value out of range.
    """
    paper = {key: value for key, value in config.items() if key != "scales"}
    scales = {"paper": {}, **scales_of(config)}
    if both := sorted(scales.keys() & paper.keys()):
        raise WorldModelsError(f"config.yaml: {both[0]} is a scale and a section; rename one")
    if scale not in scales:
        raise WorldModelsError(f"scale {scale}: unknown; config.yaml has {', '.join(scales)}")
    if scale != "paper":
        _check(paper, "config.yaml")
    content = overlay(paper, scales[scale])
    where = "config.yaml" if scale == "paper" else f"config.yaml: scales.{scale}"
    settings = _check(content, where)
    if study is None:
        return settings
    if study not in settings.studies:
        known = ", ".join(settings.studies) or "none"
        raise WorldModelsError(f"study {study}: unknown; config.yaml has {known}")
    changes = settings.studies[study].settings
    return _check(overlay(content, changes), f"config.yaml: studies.{study}")


def scales_of(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the overlays of the scales, their names checked.

    Raises:
        WorldModelsError: `scales` or one of them is not a mapping, or a name cannot be a folder's.
    """
    scales = config.get("scales") or {}
    if not isinstance(scales, Mapping):
        raise WorldModelsError("config.yaml: scales: not a mapping; write `NAME:` and its changes")
    for name, changes in scales.items():
        check_name("scales", name)
        if not isinstance(changes, Mapping | None):
            raise WorldModelsError(
                f"config.yaml: scales.{name}: not a mapping (found {changes!r}); write the "
                "settings that the scale changes"
            )
    return {name: changes or {} for name, changes in scales.items()}


def _check(content: Mapping[str, Any], where: str) -> Settings:
    """Return checked settings; `where` begins the message of an error."""
    try:
        tasks = {
            name: experiment(name, section) for name, section in content.items() if name not in OWN
        }
        own = {name: section for name, section in content.items() if name in OWN}
        settings = Settings.model_validate({**own, "tasks": tasks})
        for name, study in settings.studies.items():
            _check_study(name, study, settings)
        return settings
    except ValidationError as error:
        raise WorldModelsError(f"{where}: {describe(error, '')}") from error
    except WorldModelsError as error:
        text = str(error)
        raise WorldModelsError(
            text if text.startswith("config.yaml") else f"{where}: {text}"
        ) from error


def _check_study(name: str, study: Study, settings: Settings) -> None:
    check_name("studies", name)
    where = f"config.yaml: studies.{name}"
    if unknown := sorted(set(study.tasks) - set(settings.tasks)):
        raise WorldModelsError(f"{where}: {unknown[0]}: no such task; there are "
                               f"{', '.join(settings.tasks)}")  # fmt: skip
    _check_studies_before([name], settings, where)


def _check_studies_before(seen: list[str], settings: Settings, where: str) -> None:
    """Refuse a study that needs an unknown one, or one that needs the study itself.

    Args:
        seen: the study, then those that lead from it to the one to look at.
    """
    for key, before in settings.studies[seen[-1]].before.items():
        if before not in settings.studies:
            raise WorldModelsError(f"{where}: {key}: no study {before}; correct its name")
        if before in seen:
            raise WorldModelsError(f"{where}: {key}: {' ← '.join([*seen, before])} is a cycle; "
                                   "break it")  # fmt: skip
        _check_studies_before([*seen, before], settings, where)
