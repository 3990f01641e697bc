"""The family tree of a model, to click through; and from a demonstration, a vote or a person to the models."""

from __future__ import annotations

import streamlit as st

from pages import services
from pages.components import escaped, header, problem, problems_shown
from pages.components_charts import show_figure
from pages.components_forms import model_label
from pages.lineage_figure import WORDS, tree_figure
from pages.lineage_uses import from_person, from_row
from workbench.models.lineage import FamilyTree, Node, family_tree
from workbench.models.registry import list_models

BACKWARDS = "Where a model comes from"
FORWARDS = "What something went into"
PERSON = "A person's traces"


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
        from_row()
    else:
        from_person()


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
    show_figure(
        tree_figure(tree, st.session_state[picked_key]),
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
        help="Or click it in the drawing, which then says what its arrows mean.",
    )
    _facts(nodes[str(picked)], model_id)


def _clicked(chart: str, picked_key: str) -> None:
    """Callback: the node that was clicked."""
    points = st.session_state[chart].selection.points
    if points and points[0].get("customdata"):
        data = points[0]["customdata"]
        st.session_state[picked_key] = data[0] if isinstance(data, list) else data


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


if __name__ == "__main__":
    page()
