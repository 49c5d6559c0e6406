"""The JSON schema of config.yaml, which editors use for completion and checks."""

import json
from typing import Any

from world_models.settings.whole import Settings
from world_models.tasks import KINDS, PAPER_TASKS, get_kind


def schema() -> dict[str, Any]:
    """Return the JSON schema of config.yaml: the paper's settings and partial overlays."""
    root_schema = Settings.model_json_schema()
    root_schema["title"] = "config.yaml"
    root_schema["required"] = []
    del root_schema["properties"]["tasks"]
    sections = []
    for kind in KINDS:
        environment = get_kind(kind).environment
        own = environment.model_json_schema()
        root_schema["$defs"] |= {**own.pop("$defs", {}), environment.__name__: own}
        section = json.loads(json.dumps(root_schema["$defs"]["Experiment"]))
        section["properties"]["environment"] = {"$ref": f"#/$defs/{environment.__name__}"}
        section["required"] = ["environment"] if own.get("required") else []
        section["description"] = f"A task of kind {kind}: {(environment.__doc__ or '').strip()}"
        for name, defaults in get_kind(kind).defaults.items():
            whole = section["properties"][name].setdefault("default", {})
            whole.update(defaults)
        sections.append(section)
        if kind in PAPER_TASKS:
            root_schema["properties"][kind] = section
    # Any other section is a task that names its kind.
    named = {"environment": {"type": "object", "required": ["kind"]}}
    root_schema["additionalProperties"] = {
        "required": ["environment"],
        "properties": named,
        "anyOf": sections,
    }
    del root_schema["$defs"]["Experiment"], root_schema["$defs"]["Section"]
    root_schema["properties"]["scales"] = {
        "description": "What each scale changes of the settings above; checked after the overlay.",
        "type": "object",
        "additionalProperties": {"type": ["object", "null"]},
    }
    return root_schema
