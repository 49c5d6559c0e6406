"""The base of every settings class: strict, frozen, documented in place."""

import ast
import inspect
import json
import textwrap
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue

from world_models.errors import WorldModelsError


class Section(BaseModel):
    """A section of config.yaml. Unknown keys and wrong types are errors; defaults are the paper's.

    Text is not converted to numbers, nor fractions to integers. The docstring under a field is its
    description in the JSON schema.
    """

    only_shown: ClassVar[frozenset[str]] = frozenset()
    """Keys that appear only in tables and figures; no result depends on them."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )

    def counted(self) -> str:
        """Return the settings that results depend on, as JSON."""
        return self.model_dump_json(exclude=set(self.only_shown))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: Any, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe each field by the string under it.

        pydantic's `use_attribute_docstrings` would read them whenever a class is made: a fifth of
        a second for each process, of which only the one that writes the schema needs them.
        """
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for key, text in _field_docstrings(cls).items():
            if key in properties:
                properties[key].setdefault("description", text)
        return schema


def _field_docstrings(section: type[BaseModel]) -> dict[str, str]:
    """Return the strings under the fields of a class and of its bases."""
    found = {}
    for each in reversed(section.__mro__):
        if issubclass(each, Section):
            (described,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
            assert isinstance(described, ast.ClassDef)
            for field, below in zip(described.body, described.body[1:], strict=False):
                match field, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        found[name] = inspect.cleandoc(text)
    return found


S = TypeVar("S", bound=Section)


def later(default: Any, **constraints: Any) -> Any:
    """Return a field added after results were published; its default value is never written.

    A section's JSON is part of each result's provenance, of model.json and of the names of progress
    logs. Leaving out a key at its default keeps all of these valid: published results need not be
    remade, and interrupted evolutions can resume. Any other value is written and counts.

    Args:
        default: the value that matches results made before the key existed.
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
    """Return one line that says which settings are wrong, why, and how to fix them."""
    faults = []
    for fault in error.errors():
        name = ".".join([key, *(str(part) for part in fault["loc"])]).strip(".")
        found = fault["input"]
        if fault["type"] == "extra_forbidden":
            faults.append(f"{name}: unknown setting; remove it or correct its name")
        elif fault["type"] == "float_type" and _is_number(found):
            # YAML 1.1 reads 1e-4, without a decimal point, as text.
            faults.append(f"{name}: {found!r} is text to YAML; write {float(found)!r} or 1.0e-4")
        else:
            faults.append(f"{name}: {fault['msg']} (found {found!r})")
    return "; ".join(faults)


def _is_number(text: object) -> bool:
    try:
        return isinstance(text, str) and float(text) == float(text)
    except ValueError:
        return False
