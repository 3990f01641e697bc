"""What the model will read: the first rows token by token, the ones that carry loss coloured."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import services
from pages.components import counted, escaped, problems_shown
from workbench.launch.sft_outlook import first_batch
from workbench.models.spec import ModelSpec
from workbench.sft.preview import Preview, PreviewRow, preview_batch

MOST_TOKENS = 400
"""Beyond so many, a row is shown in part."""


def preview(spec: ModelSpec, values: dict[str, Any]) -> None:
    """The rows, read when a person opens this."""
    box = st.expander("What the model will read", icon=":material/visibility:", key="sft_preview", on_change="rerun")
    with box:
        if not box.open:
            return
        with problems_shown():
            pairs = first_batch(services.workspace(), int(values["seed"]), bool(values["reword_prompts"]))
            if values["reword_prompts"]:
                st.caption("Every second row stands here with its prompt reworded, as half of the readings are.")
            _rows(_encoded(spec.model_dump_json(), tuple(pairs), int(values["max_length"])))


@st.cache_data(show_spinner="Reading with the model's tokenizer …", max_entries=8)
def _encoded(spec: str, pairs: tuple[tuple[str, str], ...], max_length: int) -> Preview:
    return preview_batch(ModelSpec.model_validate_json(spec), pairs, max_length)


def _rows(found: Preview) -> None:
    template = "its own" if found.own_template else "the project's"
    st.caption(
        f"Chat template: {template}. :green-background[Green] tokens carry loss: the model learns to say them. It only "
        "reads the others."
    )
    for number, row in enumerate(found.rows, start=1):
        learned = sum(row.loss)
        st.caption(f"Row {number}: {counted(len(row.ids), 'token')}, {learned:,} with loss")
        st.markdown(_coloured(row))
    for count, what in (
        (found.cut, "cut at the longest row"),
        (found.left_out, "left out: its prompt alone is too long"),
    ):
        if count:
            st.warning(f"{counted(count, 'row')} of these {what}.", icon=":material/content_cut:")


def _coloured(row: PreviewRow) -> str:
    """The tokens as our own Markdown, each escaped; line breaks and spaces are drawn as signs."""
    parts = []
    for token, learned in list(zip(row.tokens, row.loss, strict=True))[:MOST_TOKENS]:
        text = escaped(token.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥")) or "∅"
        parts.append(f":green-background[{text}]" if learned else f":gray[{text}]")
    more = f" … and {len(row.tokens) - MOST_TOKENS} more" if len(row.tokens) > MOST_TOKENS else ""
    return " ".join(parts) + more
