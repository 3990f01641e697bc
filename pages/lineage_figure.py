"""A model's family tree as a figure: bases, data, runs and models by their depth, with an arrow for each step."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from pages.palette import line_colours, model_colour, theme
from workbench.colours import BACKGROUND
from workbench.models.lineage import FamilyTree, Node

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Places = Mapping[str, tuple[float, float]]

SYMBOLS = {
    "base": "circle",
    "demonstrations": "square",
    "votes": "diamond",
    "run": "hexagon2",
    "model": "circle",
    "reward_model": "star",
}
WORDS = {
    "base": "Base model",
    "demonstrations": "Frozen demonstrations",
    "votes": "Frozen votes",
    "run": "Run",
    "model": "Model",
    "reward_model": "Reward model",
}
STAGGER = 0.35
LABEL_SHIFTS = (-24, 24, -40, 40)
"""Pixels from a node to its title, by column: above the upper and below the lower ones, every other one further, so
that titles of neighbours do not meet on a telephone."""


def tree_figure(tree: FamilyTree, picked: str) -> Figure:
    """The tree, with the picked node larger and rimmed."""
    import plotly.graph_objects as go

    places = _places(tree)
    figure = go.Figure()
    _arrows(figure, tree, places, picked)
    _nodes(figure, tree, places, picked)
    heights = [y for _, y in places.values()] or [0.0]
    figure.update_layout(
        height=170 + 95 * int(max(heights) - min(heights)),
        margin={"l": 40, "r": 40, "t": 20, "b": 30},
        showlegend=False,
        clickmode="event+select",
    )
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure


def _arrows(figure: Figure, tree: FamilyTree, places: Places, picked: str) -> None:
    """All arrows, and the words of those at the picked node or at the run that made it: all words would overlap."""
    named = {picked} | {edge.source for edge in tree.edges if edge.target == picked and edge.label == "made"}
    worded = 0
    for edge in tree.edges:
        (x0, y0), (x1, y1) = places[edge.source], places[edge.target]
        figure.add_annotation(
            x=x1,
            y=y1,
            ax=x0,
            ay=y0,
            xref="x",
            yref="y",
            axref="x",
            ayref="y",
            showarrow=True,
            arrowhead=2,
            arrowwidth=1.4,
            arrowcolor=line_colours()[3],
            standoff=15,
            startstandoff=15,
            text="",
        )
        if not named & {edge.source, edge.target}:
            continue
        along = 0.35  # nearer to where it begins, so that labels of crossing arrows do not meet in the middle
        x, y = x0 + along * (x1 - x0), y0 + along * (y1 - y0)
        worded += 1
        _words(figure, x, y, edge.label, yshift=9 if worded % 2 else -9)


def _nodes(figure: Figure, tree: FamilyTree, places: Places, picked: str) -> None:
    figure.add_scatter(
        x=[places[node.key][0] for node in tree.nodes],
        y=[places[node.key][1] for node in tree.nodes],
        mode="markers",
        text=[node.title for node in tree.nodes],
        customdata=[[node.key] for node in tree.nodes],
        hovertext=[WORDS[node.kind] for node in tree.nodes],
        hovertemplate="%{hovertext} %{text}<extra></extra>",
        marker={
            "size": [26 if node.key == picked else 20 for node in tree.nodes],
            "symbol": [SYMBOLS[node.kind] for node in tree.nodes],
            "color": [_colour(node) for node in tree.nodes],
            "line": {"width": [3 if node.key == picked else 0 for node in tree.nodes]},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        cliponaxis=False,
    )
    for node in tree.nodes:
        x, y = places[node.key]
        _words(figure, x, y, escape(node.title), yshift=LABEL_SHIFTS[int(x) % len(LABEL_SHIFTS)])


def _words(figure: Figure, x: float, y: float, text: str, yshift: int = 0) -> None:
    """Words on a ground of their own, so that no arrow strikes them through."""
    figure.add_annotation(
        x=x, y=y, text=text, yshift=yshift, showarrow=False, font={"size": 12}, bgcolor=BACKGROUND[theme()], borderpad=0
    )


def _places(tree: FamilyTree) -> dict[str, tuple[float, float]]:
    """A column for each depth; within it, one below the other around the middle, every other column a little lower, so
    that an arrow over several columns does not run through the nodes between.
    """
    columns: dict[int, list[str]] = {}
    for key, depth in tree.depth().items():
        columns.setdefault(depth, []).append(key)
    return {
        key: (float(depth), (len(keys) - 1) / 2 - row + (STAGGER if depth % 2 else -STAGGER))
        for depth, keys in columns.items()
        for row, key in enumerate(keys)
    }


def _colour(node: Node) -> str:
    if node.subject and node.kind != "run":
        return model_colour(node.subject)
    return line_colours()[3]
