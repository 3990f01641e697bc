"""Colours: told apart by everybody, readable on the page, and the same for the same model."""

from __future__ import annotations

import itertools
import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from workbench.colours import BACKGROUND, GREY, HUES, TEXT, Theme, line_colours, model_colour, model_dash

Vector = list[float]

# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "full": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
APART = 20.0
"""Distance in CIELAB; about 2.3 is the smallest that can be seen at all."""


def linear(colour: str) -> Vector:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(colour: str) -> float:
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: Vector) -> Vector:
    r, g, b = (min(max(c, 0.0), 1.0) for c in rgb)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


def seen(colour: str, vision: str) -> Vector:
    return lab([sum(a * c for a, c in zip(row, linear(colour), strict=True)) for row in VISION[vision]])


def test_the_arithmetic_of_this_test_is_that_of_the_standards() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert lab(linear("#ff0000")) == pytest.approx([53.2, 80.1, 67.2], abs=0.2)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_all_colours_are_told_apart_by_everybody(theme: Theme, vision: str) -> None:
    colours = [GREY[theme], *HUES[theme]]
    near = [
        (one, other, math.dist(seen(one, vision), seen(other, vision)))
        for one, other in itertools.combinations(colours, 2)
    ]
    assert [pair for pair in near if pair[2] < APART] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_stands_out_from_the_page(theme: Theme) -> None:
    assert all(contrast(colour, BACKGROUND[theme]) >= 3 for colour in (GREY[theme], *HUES[theme]))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_model_keeps_its_colour_and_differs_from_those_it_is_compared_with(theme: Theme) -> None:
    usual = ["base", "sft-001", "sft-002", "sft-003", "ppo-001", "ppo-002", "ppo-003"]
    assert len({model_colour(model, theme) for model in usual}) == len(usual)
    assert model_colour("sft-004", theme) == model_colour("sft-001", theme)
    assert model_dash("sft-004") != model_dash("sft-001")
    # A checkpoint or a member of a model keeps the model's colour.
    assert model_colour("ppo-001:20", theme) == model_colour("ppo-001", theme)


def test_a_model_from_outside_has_a_colour_and_curves_differ() -> None:
    assert model_colour("Qwen/Qwen3-0.6B") in HUES["light"]
    assert model_colour("Qwen/Qwen3-0.6B") == model_colour("Qwen/Qwen3-0.6B")
    assert len(set(line_colours())) == len(line_colours())


# --- the theme ------------------------------------------------------------------------------------

READABLE = 4.5
"""WCAG 2.2, 1.4.3 (AA), for text of normal size."""
CAPTION = 0.6
"""Share of the text colour that Streamlit draws captions with."""
TINT = 0.1
"""Share of a colour in the ground of a badge."""


def settings(theme: Theme) -> dict[str, Any]:
    config = tomllib.loads((Path(__file__).parent.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = config["theme"][theme]
    return found


def mixed(front: str, ground: str, share: float) -> str:
    channels = [(int(front[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in channels)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_captions_and_links_are_readable_on_every_ground(theme: Theme) -> None:
    colours = settings(theme)
    grounds = (colours["backgroundColor"], colours["secondaryBackgroundColor"], colours["sidebar"]["backgroundColor"])
    for ground in grounds:
        assert contrast(colours["textColor"], ground) >= READABLE
        assert contrast(mixed(colours["textColor"], ground, CAPTION), ground) >= READABLE
        assert contrast(colours["linkColor"], ground) >= READABLE
    assert contrast("#ffffff", colours["primaryColor"]) >= READABLE  # the words on a button


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["green", "blue", "orange", "red", "violet", "gray"])
def test_badges_and_coloured_words_are_readable(theme: Theme, name: str) -> None:
    colours = settings(theme)
    colour, ground = colours[f"{name}Color"], colours["backgroundColor"]
    assert contrast(colour, ground) >= READABLE
    assert contrast(colour, mixed(colour, ground, TINT)) >= READABLE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_without_a_model_use_the_same_hues(theme: Theme) -> None:
    assert set(settings(theme)["chartCategoricalColors"]) <= {GREY[theme], *HUES[theme]}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_in_figures_are_readable(theme: Theme) -> None:
    colours = settings(theme)
    for ground in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        assert contrast(TEXT[theme], ground) >= READABLE
