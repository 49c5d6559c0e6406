"""Doom's container of maps and pictures, WAD: a header, lumps, and a directory of the lumps."""

import struct

from world_models.errors import WorldModelsError

HEADER, ENTRY = struct.Struct("<4sii"), struct.Struct("<ii8s")

Lumps = list[tuple[str, bytes]]
"""Names (at most eight characters, not always unique) and contents, in file order."""


def read(content: bytes, name: str) -> tuple[bytes, Lumps]:
    """Return a WAD's kind (b"PWAD" or b"IWAD") and its lumps; `name` is the file's, for errors.

    Raises:
        WorldModelsError: the content is not a WAD, or is cut off.
    """
    try:
        kind, count, directory = HEADER.unpack_from(content)
        entries = [ENTRY.unpack_from(content, directory + 16 * n) for n in range(count)]
    except struct.error as error:
        raise WorldModelsError(f"{name}: not a WAD ({error}); reinstall vizdoom") from error
    if kind not in (b"PWAD", b"IWAD") or any(at + size > len(content) for at, size, _ in entries):
        raise WorldModelsError(f"{name}: not a WAD, or cut off; reinstall vizdoom")
    return kind, [
        (label.rstrip(b"\0").decode("ascii"), content[at : at + size])
        for at, size, label in entries
    ]


def write(kind: bytes, lumps: Lumps) -> bytes:
    """Return a WAD of these lumps, laid end to end, with the directory last."""
    body, entries, at = b"", b"", HEADER.size
    for label, data in lumps:
        entries += ENTRY.pack(at, len(data), label.encode("ascii").ljust(8, b"\0"))
        body, at = body + data, at + len(data)
    return HEADER.pack(kind, len(lumps), at) + body + entries


def repaint(content: bytes, textures: dict[str, str], name: str) -> bytes:
    """Return a WAD with textures of its maps replaced; everything else stays the same.

    Args:
        content: a WAD with maps as text (UDMF).
        textures: maps old names to new ones.
        name: the file's, for errors.

    Raises:
        WorldModelsError: not a WAD, or none of its maps uses one of the textures.
    """
    kind, lumps = read(content, name)
    missing, changed = set(textures), []
    for label, data in lumps:
        for old, new in textures.items() if label == "TEXTMAP" else ():
            quoted = f'"{old}"'.encode()
            missing -= {old} if quoted in data else set()
            data = data.replace(quoted, f'"{new}"'.encode())
        changed.append((label, data))
    if missing:
        raise WorldModelsError(
            f"{name}: none of its maps uses texture {sorted(missing)[0]}; name another"
        )
    return write(kind, changed)
