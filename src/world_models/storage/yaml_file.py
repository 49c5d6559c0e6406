"""Reading config.yaml: YAML without duplicate keys."""

from pathlib import Path
from typing import Any

import yaml

from world_models.errors import WorldModelsError


class OnceLoader(yaml.CSafeLoader):
    """A safe loader that refuses duplicate keys; YAML's own silently keeps the last one.

    It builds on libyaml's loader, which takes a tenth of the time: every plan reads the file.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping.

        Raises:
            WorldModelsError: a key is duplicated; the message names both lines.
        """
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":  # `<<`: its keys may be overridden
                continue
            key, line = self.construct_object(key_node, deep=True), key_node.start_mark.line + 1
            if key in seen:
                raise WorldModelsError(
                    f"{key_node.start_mark.name}: {key} appears twice, on lines {seen[key]} and "
                    f"{line}; merge the two"
                )
            seen[key] = line
        return super().construct_mapping(node, deep)


def read_config(path: Path) -> dict[str, Any]:
    """Read config.yaml, or an overlay of it.

    Raises:
        WorldModelsError: it is missing, empty, not YAML, not a mapping, or has a duplicate key.
    """
    try:
        with path.open(encoding="utf-8") as file:
            content = OnceLoader(file).get_single_data()
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        cause = " ".join(str(error).split())
        raise WorldModelsError(f"{path}: not readable ({cause}); fetch or fix it") from error
    if not isinstance(content, dict):
        raise WorldModelsError(f"{path}: has no settings; fetch or fix it")
    return content
