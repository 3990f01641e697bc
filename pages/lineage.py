"""The family tree of a model, to click through; and from a demonstration, a vote or a person to the models."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import services
from pages.components import attempt, counted, escaped, header, problem, problems_shown, report
from pages.components_charts import CONFIG
from pages.components_forms import model_label
from pages.identity import asked as name_asked
from pages.palette import line_colours, model_colour
from workbench.models.lineage import FamilyTree, Node, family_tree
from workbench.models.registry import list_models
from workbench.models.uses import (
    Traces,
    Use,
    delete_of_person,
    models_of,
    people,
    traces_of,
    uses_of_demonstrations,
    uses_of_votes,
)

BACKWARDS = "Where a model comes from"
FORWARDS = "What something went into"
PERSON = "A person's traces"
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


def page() -> None:
    """Draw the page."""
    header(
        "Family tree",
        "account_tree",
        "What each model was made from, hash by hash, and which models a demonstration, a vote or a person went into.",
    )
    problem("lineage")
    part = st.segmented_control(
        "Part", (BACKWARDS, FORWARDS, PERSON), default=BACKWARDS, key="lineage_part", required=True
    )
    if part == BACKWARDS:
        _backwards()
    elif part == FORWARDS:
        _forwards()
    else:
        _person()


def _backwards() -> None:
    models = list_models(services.workspace())
    names = {model.id: model_label(model) for model in reversed(models)}
    if st.session_state.get("model") not in names:
        st.session_state["model"] = next(iter(names))
    model_id = st.selectbox(
        "Model", list(names), key="model", format_func=names.__getitem__, bind="query-params", width=320
    )
    with problems_shown():
        tree = family_tree(services.workspace(), str(model_id))
        _tree(tree, str(model_id))


def _tree(tree: FamilyTree, model_id: str) -> None:
    nodes = {node.key: node for node in tree.nodes}
    picked_key = f"lineage_node_{model_id}"
    if st.session_state.get(picked_key) not in nodes:
        st.session_state[picked_key] = f"model:{model_id}"
    keys = list(nodes)
    st.plotly_chart(
        _figure(tree, st.session_state[picked_key]),
        config=CONFIG,
        key=f"lineage_graph_{model_id}",
        on_select=lambda: _clicked(f"lineage_graph_{model_id}", picked_key),
        selection_mode="points",
        alt=f"Family tree of {model_id}: " + "; ".join(f"{e.source} {e.label} {e.target}" for e in tree.edges),
    )
    picked = st.selectbox(
        "Look at",
        keys,
        key=picked_key,
        format_func=lambda key: f"{WORDS[nodes[key].kind]}: {nodes[key].title}",
        width=320,
        help="Or click it in the drawing.",
    )
    _facts(nodes[str(picked)], model_id)


def _clicked(chart: str, picked_key: str) -> None:
    """Callback: the node that was clicked."""
    points = st.session_state[chart].selection.points
    if points and points[0].get("customdata"):
        data = points[0]["customdata"]
        st.session_state[picked_key] = data[0] if isinstance(data, list) else data


def _figure(tree: FamilyTree, picked: str) -> Any:
    import plotly.graph_objects as go

    places = _places(tree)
    figure = go.Figure()
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
        along = 0.35  # nearer to where it begins, so that labels of crossing arrows do not meet in the middle
        x, y = x0 + along * (x1 - x0), y0 + along * (y1 - y0)
        figure.add_annotation(x=x, y=y, text=edge.label, showarrow=False, font={"size": 11})
    figure.add_scatter(
        x=[places[node.key][0] for node in tree.nodes],
        y=[places[node.key][1] for node in tree.nodes],
        mode="markers+text",
        text=[node.title for node in tree.nodes],
        textposition="bottom center",
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
    rows = max((y for _, y in places.values()), default=0) - min((y for _, y in places.values()), default=0)
    figure.update_layout(
        height=170 + 95 * int(rows),
        margin={"l": 40, "r": 40, "t": 20, "b": 30},
        showlegend=False,
        clickmode="event+select",
    )
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure


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


def _facts(node: Node, model_id: str) -> None:
    with st.container(border=True):
        st.markdown(f"**{WORDS[node.kind]}: {escaped(node.title)}**")
        st.dataframe(
            {"What": list(node.facts), "Value": list(node.facts.values())}, hide_index=True, alt="What is known of it"
        )
        if node.kind == "run" and st.button("Open the run", key="lineage_run", icon=":material/list_alt:"):
            st.switch_page("runs.py", query_params={"run": str(node.subject)})
        is_other_model = node.kind in ("model", "reward_model", "base") and node.subject not in (None, model_id)
        if is_other_model and "state" not in node.facts:
            st.button("Its own tree", key="lineage_own", on_click=_look_at, args=(node.subject,))


def _look_at(model_id: str) -> None:
    """Callback."""
    st.session_state["model"] = model_id


# --- the other way --------------------------------------------------------------------------------


def _forwards() -> None:
    ws = services.workspace()
    what = st.segmented_control("From", ("A demonstration", "A vote"), default="A demonstration", key="lineage_from")
    if what == "A vote":
        vote_id = str(st.text_input("Vote", key="lineage_vote", placeholder="Id of a vote", width=320) or "").strip()
        st.caption("Ids of votes are in the export of votes (page 3a).")
        if vote_id and ws.votes.find(vote_id) is None:
            st.error("There is no vote of that id.", icon=":material/error:")
        elif vote_id:
            _uses(uses_of_votes(ws, [vote_id]))
        return
    search = st.text_input("Demonstration", key="lineage_search", placeholder="Words of its prompt", width=420)
    rows = ws.demonstrations.list(search=search or None, limit=50)
    if not rows:
        st.caption("No demonstration has these words.")
        return
    prompts = {row.id: row.prompt for row in rows}
    chosen = st.selectbox("Which one", list(prompts), format_func=prompts.__getitem__, key="lineage_demonstration")
    _uses(uses_of_demonstrations(ws, [str(chosen)]))


def _uses(uses: list[Use]) -> None:
    if not uses:
        st.caption("It went into nothing yet: no run began after it was there.")
        return
    st.dataframe(
        {
            "Run": [use.run_id for use in uses],
            "What it did with it": [use.how for use in uses],
            "Model": [use.model_id or "–" for use in uses],
        },
        hide_index=True,
        alt="Runs that used it",
    )
    _models(models_of(services.workspace(), uses))


def _models(models: list[str] | tuple[str, ...]) -> None:
    if models:
        st.markdown(f"Models that learned from it, also through others: **{escaped(', '.join(models))}**")
    else:
        st.markdown("No model has learned from it.")


def _person() -> None:
    ws = services.workspace()
    names = people(ws)
    if not names:
        st.caption("Nobody has written or voted yet.")
        return
    who = str(st.selectbox("Person", names, key="lineage_person", width=320))
    traces = traces_of(ws, who)
    st.markdown(
        f"{counted(len(traces.demonstrations), 'demonstration')} and {counted(len(traces.votes), 'vote')} "
        f"by **{escaped(who)}**."
    )
    _uses(list(traces.uses))
    _deletion(who, traces)


def _deletion(who: str, traces: Traces) -> None:
    if not traces.demonstrations and not traces.votes:
        return
    with st.expander("Delete what this person contributed", icon=":material/person_remove:"):
        st.markdown(
            "Nothing that is trained from now on will use it. Models that exist keep what they have learned: "
            "the list above says which, so that you can train them anew or delete them on page Runs. "
            "Demonstrations stay in the history, from where they can be restored; votes stay on record as taken back."
        )
        by = name_asked("A deletion is recorded with a name.")
        if by is None:
            return
        st.checkbox(counted(len(traces.demonstrations), "demonstration"), key="lineage_delete_demonstrations")
        st.checkbox(counted(len(traces.votes), "vote"), key="lineage_delete_votes")
        st.button("Delete", key="lineage_delete", icon=":material/delete:", on_click=_delete, args=(who, by))


def _delete(who: str, by: str) -> None:
    """Callback: delete what was ticked, and say which models had used it."""
    state = st.session_state
    found = attempt(
        "lineage",
        delete_of_person,
        services.workspace(),
        who,
        demonstrations=bool(state["lineage_delete_demonstrations"]),
        votes=bool(state["lineage_delete_votes"]),
        by=by,
    )
    if found is not None:
        used = (
            f"Models that had learned from it: {', '.join(found.models)}." if found.models else "No model had used it."
        )
        report("lineage", f"Deleted. {used}")


if __name__ == "__main__":
    page()
