"""The colours of models and curves: the same model has the same colour on every page and in every report.

Seven hues that stay apart for people who see no red, no green or no blue (Machado, Oliveira and Fernandes 2009) and
stand out from the page by 3:1 at least (WCAG 2.2, 1.4.11), in a light and a dark version. ``tests/test_colours.py``
computes both. Colour alone never tells a model: its name, and on lines the dashes, go with it.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Literal

Theme = Literal["light", "dark"]

BACKGROUND: dict[Theme, str] = {"light": "#ffffff", "dark": "#101716"}
TEXT: dict[Theme, str] = {"light": "#4a5568", "dark": "#c3d0cc"}
"""Words in figures: they stand out from the page by 4.5:1 at least (WCAG 2.2, 1.4.3)."""
GREY: dict[Theme, str] = {"light": "#64748b", "dark": "#94a3b8"}
HUES: dict[Theme, tuple[str, ...]] = {
    "light": ("#3e73fc", "#7919a5", "#0c3e4f", "#0b8655", "#bf6210", "#80001d"),
    "dark": ("#52a9ef", "#8643e1", "#2a6b96", "#3af5b8", "#f1b94a", "#dc1d4e"),
}
"""Three cold hues for SFT models, three warm ones and green for what comes after."""

_FIRST = {"sft": 0, "ppo": 3, "dpo": 4, "rloo": 5, "reward_model": 5}
_NUMBERED = re.compile(r"([a-z_]+)-(\d+)(?!\d)")
_DASHES = ("solid", "dash", "dot", "dashdot")
_FAMILY = 3


def model_colour(model_id: str, theme: Theme = "light") -> str:
    """The colour of a model as ``#rrggbb``, told by its id alone.

    The base model is grey; others have a hue by kind and number. Each kind has three; the fourth model of a kind takes
    the first again, with other dashes (`model_dash`).
    """
    if model_id == "base":
        return GREY[theme]
    kind, number = _parts(model_id)
    first = _FIRST.get(kind, number)
    return HUES[theme][_index(first, number)]


def model_dash(model_id: str) -> str:
    """Plotly's dashes for the lines of a model: solid for the first three of a kind, then dashed, dotted, both."""
    if model_id == "base":
        return _DASHES[0]
    _, number = _parts(model_id)
    return _DASHES[number // _FAMILY % len(_DASHES)]


def line_colours(theme: Theme = "light") -> tuple[str, ...]:
    """Colours for curves that belong to no model, the leading one first."""
    hues = HUES[theme]
    return (hues[3], hues[4], hues[0], GREY[theme], hues[1], hues[5])


def _index(first: int, number: int) -> int:
    """Within the half of the hues that ``first`` is in, shifted by the number."""
    half = first // _FAMILY % 2 * _FAMILY
    return half + (first + number) % _FAMILY


def _parts(model_id: str) -> tuple[str, int]:
    """Kind and number, counted from 0, of an id like ``sft-001``; a number drawn from the name for any other."""
    found = _NUMBERED.match(model_id)
    if found:
        return found[1], max(int(found[2]) - 1, 0)
    return "", sha256(model_id.encode()).digest()[0]
