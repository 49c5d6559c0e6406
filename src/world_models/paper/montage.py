"""Frames in rows and columns, drawn pixel by pixel."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from world_models.tasks.contract import FRAME_SIZE

GAP = 5  # pixels between frames
PITCH = FRAME_SIZE + GAP
PIXEL = 0.01  # inches per pixel of a frame: two pixels of the PNG, so that nothing is blurred
LABEL, LETTER, MARGIN = 0.28, 0.08, 0.06  # inches: a line, a letter's width, an empty margin


def montage(
    rows: Sequence[Sequence[NDArray[np.uint8]]],
    row_labels: Sequence[str],
    column_labels: Sequence[str],
) -> Figure:
    """Return a figure of frames.

    Args:
        rows: frames, uint8 (64, 64, 3); all rows of the same length. An empty row is a gap.
        row_labels: one per row, to its left.
        column_labels: one per column, above it.
    """
    canvas, tops = compose(rows, len(column_labels))
    height, width = (size * PIXEL for size in canvas.shape[:2])
    beside = LABEL + LETTER * max(len(label) for label in row_labels)
    above = LABEL if any(column_labels) else MARGIN
    whole = (beside + width + MARGIN, above + height + MARGIN)
    figure = Figure(figsize=whole)
    axes = figure.add_axes(
        (beside / whole[0], MARGIN / whole[1], width / whole[0], height / whole[1])
    )
    axes.imshow(canvas, interpolation="none", aspect="auto")
    axes.set_axis_off()
    centre = FRAME_SIZE / 2
    for top, row, label in zip(tops, rows, row_labels, strict=True):
        if len(row):
            axes.text(-2 * GAP, top + centre, label, ha="right", va="center")
    for column, label in enumerate(column_labels):
        axes.text(column * PITCH + centre, -GAP, label, ha="center", va="bottom", fontsize=8)
    return figure


def compose(
    rows: Sequence[Sequence[NDArray[np.uint8]]], columns: int
) -> tuple[NDArray[np.uint8], list[int]]:
    """Return one picture of all frames on white, and the pixel row where each row begins."""
    heights = [PITCH if len(row) else 2 * GAP for row in rows]
    tops = [sum(heights[:number]) for number in range(len(rows))]
    canvas = np.full((sum(heights) - GAP, columns * PITCH - GAP, 3), 255, dtype=np.uint8)
    for top, row in zip(tops, rows, strict=True):
        for column, frame in enumerate(row):
            left = column * PITCH
            canvas[top : top + FRAME_SIZE, left : left + FRAME_SIZE] = frame
    return canvas, tops
