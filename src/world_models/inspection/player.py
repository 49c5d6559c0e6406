"""A film on a page: an animated image, and a still for readers who want no motion."""

import base64
from dataclasses import dataclass
from html import escape

STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #181a1b; }
img { display: block; max-width: 100vw; max-height: 100vh; image-rendering: pixelated; }
"""


@dataclass(frozen=True)
class Moving:
    """A film as WebP.

    Attributes:
        animated, still: the film, and its first picture.
        width, height: in pixels.
    """

    animated: bytes
    still: bytes
    width: int
    height: int

    def html(self, title: str, enlarge: int = 1) -> str:
        """Return a <picture> that plays, or shows the still if the reader asked for less motion."""
        size = f'width="{self.width * enlarge}" height="{self.height * enlarge}"'
        return (
            '<picture><source media="(prefers-reduced-motion: reduce)" '
            f'srcset="{_uri(self.still)}">'
            f'<img alt="{escape(title)}" {size} src="{_uri(self.animated)}"></picture>'
        )


def _uri(content: bytes) -> str:
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"


def player(title: str, film: Moving, enlarge: int) -> str:
    """Return a page that shows nothing but a film."""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>{film.html(title, enlarge)}</body>\n</html>\n"
    )
