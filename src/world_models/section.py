"""The base of every settings class: strict, frozen, documented in place."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from world_models.errors import WorldModelsError


class Section(BaseModel):
    """A section of config.yaml. Unknown keys and wrong types are errors; defaults are the paper's.

    Numbers are not guessed from text, and whole numbers are not made of fractions. The string
    under a field is its description in the JSON schema.
    """

    only_shown: ClassVar[frozenset[str]] = frozenset()
    """Keys that tables and figures show and no result depends on."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )

    def counted(self) -> str:
        """Return, as JSON, what results depend on."""
        return self.model_dump_json(exclude=set(self.only_shown))


S = TypeVar("S", bound=Section)


def later(default: Any, **constraints: Any) -> Any:
    """Return a field that came after results were published; at its default it is never written.

    A section's text is part of a result's provenance, of model.json and of the names of progress
    logs. A key that is left out there while it changes nothing leaves all of them valid: nothing
    published is made anew, and interrupted evolutions go on. With another value the key counts.

    Args:
        default: what results were made with before there was the key.
        constraints: further arguments of `pydantic.Field`.
    """
    return Field(default, exclude_if=lambda value: value == default, **constraints)


def parse_settings(section: type[S], text: str, key: str) -> S:
    """Parse one section of the configuration from JSON; `key` names it in the error.

    Raises:
        WorldModelsError: not JSON, an unknown key, a wrong type or a value out of range.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise WorldModelsError(f"{key}: not valid JSON ({error}); pass a JSON object") from error
    return parse(section, content, key)


def parse(section: type[S], content: Mapping[str, Any], key: str) -> S:
    """Return a section, checked; `key` names it in the error.

    Raises:
        WorldModelsError: an unknown key, a wrong type or a value out of range.
    """
    try:
        return section.model_validate(content)
    except ValidationError as error:
        raise WorldModelsError(describe(error, key)) from error


def describe(error: ValidationError, key: str) -> str:
    """Say in one line which settings are wrong, how, and what to do."""
    faults = []
    for fault in error.errors():
        name = ".".join([key, *(str(part) for part in fault["loc"])]).strip(".")
        found = fault["input"]
        if fault["type"] == "extra_forbidden":
            faults.append(f"{name}: unknown setting; remove it or correct its name")
        elif fault["type"] == "float_type" and _is_number(found):
            # YAML 1.1 takes 1e-4, without a point, for text.
            faults.append(f"{name}: {found!r} is text to YAML; write {float(found)!r} or 1.0e-4")
        else:
            faults.append(f"{name}: {fault['msg']} (found {found!r})")
    return "; ".join(faults)


def _is_number(text: object) -> bool:
    try:
        return isinstance(text, str) and float(text) == float(text)
    except ValueError:
        return False
