"""What a store may contain; its metadata are checked before anything is opened.

A store may come from someone else, and its metadata name the filters that decode a chunk. One
filter of Zarr's old format unpickles data. The current library refuses it, but we don't rely on
that: format, filters, types and shapes must be those that `store` writes.
"""

import json
from pathlib import Path
from typing import Any

from world_models.errors import WorldModelsError

FILTERS = {"sharding_indexed", "bytes", "blosc", "crc32c"}
COMMON = {
    "actions": ("float32", (None,)),
    "rewards": ("float32", ()),
    "lengths": ("int64", ()),
    "ends": ("uint8", ()),
    "seeds": ("int64", ()),
}
BY_EPISODE = ("lengths", "ends", "seeds")
ARRAYS: dict[str, dict[str, tuple[str, tuple[int | None, ...]]]] = {
    "rollouts": {"frames": ("uint8", (64, 64, 3)), **COMMON},
    "latents": {"mu": ("float32", (None,)), "log_sigma2": ("float32", (None,)), **COMMON},
}
"""For each kind of store: its arrays, each with its type and the shape of a row (None: any)."""


def check(store: Path, kind: str) -> None:
    """Check a store's metadata.

    Raises:
        WorldModelsError: an array is missing, or its type, shape or filters are not as expected.
    """
    if _read(store, "").get("node_type") != "group":
        raise _fault(store, "it is not a Zarr v3 group")
    lengths: dict[str, int] = {}
    for name, (kind_of_number, row) in ARRAYS[kind].items():
        about = _read(store, name)
        if about.get("node_type") != "array" or about.get("data_type") != kind_of_number:
            raise _fault(store, f"{name} is not an array of {kind_of_number}")
        shape = about.get("shape")
        if not isinstance(shape, list) or not _fits(shape, row):
            raise _fault(store, f"{name} has shape {shape}, not (rows, {str(row)[1:-1]})")
        if not (used := _filters(about.get("codecs"))) <= FILTERS:
            raise _fault(store, f"reading {name} needs {', '.join(sorted(used - FILTERS))}")
        lengths[name] = shape[0]
    for name, rows in lengths.items():  # before any memory is allocated
        due = lengths["lengths" if name in BY_EPISODE else "actions"]
        if rows != due:
            raise _fault(store, f"{name} has {rows} rows, not {due}")


def _read(store: Path, name: str) -> dict[str, Any]:
    path = store / name / "zarr.json"
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _fault(store, f"no {name}" if name else "it is not a Zarr v3 group") from error
    except (OSError, ValueError, RecursionError) as error:
        raise _fault(store, f"{name}/zarr.json is not readable ({error})") from error
    if not isinstance(about, dict) or about.get("zarr_format") != 3:
        raise _fault(store, f"{name}/zarr.json is not in Zarr format 3")
    return about


def _fits(shape: list[Any], row: tuple[int | None, ...]) -> bool:
    return len(shape) == 1 + len(row) and all(
        isinstance(size, int) and size >= 1 and expected in (None, size)
        for size, expected in zip(shape, (None, *row), strict=True)
    )


def _filters(codecs: Any) -> set[str]:
    """Return the names of all filters, nested ones too; malformed codecs give an unknown name."""
    names: set[str] = set()
    for codec in codecs if isinstance(codecs, list) else [codecs]:
        if not isinstance(codec, dict):
            return {"an unknown filter"}
        names.add(str(codec.get("name")))
        inner = codec.get("configuration") or {}
        for key in ("codecs", "index_codecs"):
            if isinstance(inner, dict) and key in inner:
                names |= _filters(inner[key])
    return names


def _fault(store: Path, fault: str) -> WorldModelsError:
    return WorldModelsError(f"{store}: {fault}; delete it and run its stage again")
