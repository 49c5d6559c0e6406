"""Print the schema of config.yaml, a page of all settings, or those of a scale or study."""

import argparse
import json
from pathlib import Path

from world_models.settings.page import page
from world_models.settings.resolve import resolve
from world_models.settings.schema import schema
from world_models.stage.command import run
from world_models.storage.yaml_file import read_config


def main(argv: list[str] | None = None) -> None:
    """Print the schema, the page of all settings, or the settings of a scale or study as JSON."""
    parser = argparse.ArgumentParser(description="print the schema or a scale's settings")
    parser.add_argument("scale", nargs="?", default="paper")
    parser.add_argument("study", nargs="?")
    parser.add_argument("--schema", action="store_true")
    parser.add_argument("--page", action="store_true", help="every setting, as Markdown")
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    args = parser.parse_args(argv)
    if args.schema:
        print(json.dumps(schema(), indent=1, sort_keys=True))
    elif args.page:
        print(page(), end="")
    else:
        settings = resolve(read_config(args.config), args.scale, args.study)
        print(json.dumps(settings.as_config(), indent=1))


if __name__ == "__main__":
    run(main)
