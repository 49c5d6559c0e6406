"""Every setting of config.yaml as a page: `python -m world_models.settings --page`."""

from collections.abc import Mapping
from typing import Any

from world_models.settings.schema import schema
from world_models.tasks import KINDS, get_kind

HEAD = """\
# Every setting

Generated from the settings classes (`make schema`). `config.yaml` holds the paper's values in full.
Under `scales` it lists what each scale changes, under `studies` what each study changes of its
scale. An unknown key, a wrong type or a value out of range is refused by name before anything runs.

```sh
python -m world_models.settings lab               # the settings of a scale, resolved
```
"""
ROW = "| key | value | default | meaning |\n|---|---|---|---|"


def page() -> str:
    """Return the page as Markdown."""
    whole = schema()
    definitions = whole["$defs"]
    parts = [HEAD, "## The top of the file\n", _table(whole["properties"], ("seed",))]
    parts += _section("runtime", definitions["Runtime"])
    parts.append(
        "## A task\n\nThe sections below stand in `car_racing`, in `take_cover` and in any task of "
        "your own.\n"
    )
    for kind in KINDS:
        name = get_kind(kind).environment.__name__
        parts += _section(f"environment, of kind {kind}", definitions[name])
    task = whole["properties"][KINDS[0]]["properties"]
    for key, described in task.items():
        if key != "environment":
            parts += _section(key, definitions[_named(described)])
    parts.append("## Studies\n\n`studies` maps a study's name to these.\n")
    parts.append(_table(definitions["Study"]["properties"]))
    parts += _section("after, of a study", definitions["After"])
    parts += _section("after.rollouts, for each task", definitions["ControllerRollouts"])
    return "\n".join(parts).rstrip() + "\n"


def _section(title: str, described: Mapping[str, Any]) -> list[str]:
    """Return a heading, the class's summary and its table."""
    summary = described.get("description", "").strip().partition("\n\n")[0].replace("\n", " ")
    return [f"### `{title}`\n" if " " not in title else f"### {title}\n", f"{summary}\n",
            _table(described["properties"])]  # fmt: skip


def _table(properties: Mapping[str, Any], only: tuple[str, ...] = ()) -> str:
    rows = [ROW]
    for key, described in properties.items():
        if not only or key in only:
            meaning = described.get("description", "").replace("\n", " ").replace("|", "\\|")
            default = _shown(described["default"]) if "default" in described else "required"
            if isinstance(described.get("default"), dict) and described["default"]:
                default = "its sections'"
            rows.append(f"| `{key}` | {_values(described)} | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _named(described: Mapping[str, Any]) -> str:
    """Return the name of a property's class."""
    reference = described.get("$ref") or described["allOf"][0]["$ref"]
    return str(reference).rpartition("/")[2]


def _values(described: Mapping[str, Any]) -> str:
    """Return a description of the values that a key accepts."""
    if "anyOf" in described:
        return " or ".join(_values(each) for each in described["anyOf"])
    if "const" in described:
        return _shown(described["const"])
    if "enum" in described:
        return ", ".join(_shown(each) for each in described["enum"])
    if "$ref" in described or "allOf" in described:
        return "a mapping"
    kind = {"integer": "whole number", "number": "number", "boolean": "true or false",
            "string": "text", "null": "null", "object": "a mapping", "array": "a list"}.get(
        described.get("type", ""), "any")  # fmt: skip
    bounds = [
        f"{sign} {described[name]:g}"
        for name, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"),
                           ("exclusiveMaximum", "<"))
        if name in described
    ]  # fmt: skip
    return " ".join([kind, ", ".join(bounds)]).strip()


def _shown(value: Any) -> str:
    """Return a value as YAML writes it, as inline code."""
    if value is None or isinstance(value, bool):
        return f"`{str(value).lower()}`" if value is not None else "`null`"
    if value in ({}, []):
        return "none"
    return f"`{value}`"
