"""The log of a search: a line of JSON for each generation.

Each line has a digest of itself and of all lines before it, so any flipped bit is detected.
Replaying alone would miss some: a search uses only the order of the candidates' scores, and a
changed score may leave that order unchanged.
"""

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.storage.files import NO_ROOM, no_room

CHAIN = "chain"  # the key of the digest
CHECK = "sigma"  # the key of `Generation.check`, named after CMA-ES's step size


@dataclass
class Generation:
    """A line of the log.

    Attributes:
        number: counted from 1.
        fitness: each candidate's score, higher is better.
        check: the search's `check` after the generation.
        validation: the mean's score on the validation episodes; None in a generation without one.
    """

    number: int
    fitness: list[float]
    check: float
    validation: float | None = None


def text_of(generations: Sequence[Generation]) -> str:
    """Return the text of these generations' log; floats keep all their digits."""
    chain, text = "", ""
    for generation in generations:
        line, chain = _line(generation, chain)
        text += line
    return text


def _line(generation: Generation, before: str) -> tuple[str, str]:
    """Return the line and its digest, given the previous line's digest."""
    content = dict(vars(generation))
    content[CHECK] = content.pop("check")
    plain = json.dumps(content, sort_keys=True, allow_nan=False)
    chain = hashlib.sha256(f"{before}{plain}".encode()).hexdigest()[:16]
    return json.dumps({**content, CHAIN: chain}, sort_keys=True) + "\n", chain


class FitnessLog:
    """A log on disk, read once and then appended to.

    Args:
        path: the file; None keeps no log.
    """

    def __init__(self, path: Path | None) -> None:
        self.path, self.chain, self.size = path, "", 0

    def read(self) -> list[Generation]:
        """Return the logged generations. A last line cut short by a kill is removed from the file.

        Raises:
            WorldModelsError: a line does not belong to a fitness log, or was altered.
        """
        if self.path is None or not self.path.is_file():
            return []
        self.chain = ""
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        generations: list[Generation] = []
        for number, line in enumerate(whole.split(b"\n")[:-1], start=1):
            generations.append(self._parse(line, number))
        torn = content[len(whole) :]
        if torn[:1] not in b"{":
            raise WorldModelsError(f"{self.path}: not a fitness log; remove it to start over")
        if torn:
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        self.size = len(whole)
        return generations

    def _parse(self, line: bytes, number: int) -> Generation:
        where = f"{self.path}: line {number}"
        try:
            content = json.loads(line)
            chain = content.pop(CHAIN)
            generation = Generation(check=content.pop(CHECK), **content)
            values = [*generation.fitness, generation.check, generation.validation or 0.0]
            finite = all(math.isfinite(value) for value in values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise WorldModelsError(
                f"{where} is not a fitness-log line ({error}); remove the file to start over"
            ) from error
        if not finite:
            raise WorldModelsError(f"{where} is not finite; remove the file to start over")
        written, self.chain = _line(generation, self.chain)
        if chain != self.chain or written.encode() != line + b"\n" or generation.number != number:
            raise WorldModelsError(
                f"{where} was altered since it was written; remove the file to start over"
            )
        return generation

    def append(self, generation: Generation) -> None:
        """Append a line, and return once it is on the disk.

        Raises:
            WorldModelsError: the disk is full (the next `read` removes the part of the line that
                was written), or another process has written to the log.
        """
        line, self.chain = _line(generation, self.chain)
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                if file.tell() != self.size:
                    raise WorldModelsError(
                        f"{self.path}: another process is writing to it; stop that process, then "
                        "run the same command again"
                    )
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
                self.size = file.tell()
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise no_room(self.path, error.strerror or str(error)) from error
