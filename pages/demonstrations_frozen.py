"""Splits, and snapshots of the approved demonstrations: named, counted, compared with one another."""

from __future__ import annotations

import streamlit as st

from pages import services
from pages.components import ago, attempt, counted, escaped, problem, problems_shown, report
from pages.demonstrations_export import export_part
from workbench.demonstrations.snapshot_diff import SnapshotDiff, diff_csv, diff_snapshots
from workbench.demonstrations.snapshots import take_snapshot

SHOWN = 50
ABOUT = """
Each prompt belongs to one of three splits. Prompts that are nearly the same (the same words, but for order, case and
grammar words) share a group, and a hash of the group decides, so the same question always lands in the same place,
however often it is imported. A row that is stored keeps its side, whatever comes later.

| Split | Share | What it is for |
|---|---|---|
| **Train** | 80% | The model learns from these. |
| **Validation** | 10% | Watched while it learns, to see when it starts to learn by heart. |
| **Test** | 10% | Held out. At the end the model answers these prompts and is compared with the human responses. |

A held-out prompt asks for one of two things, and figures name which:

- an **unseen wording**: its fact trains in other words. A knowledge chatbot must manage these;
- an **unseen fact**: it trains nowhere. A chatbot must not make these up.

Wordings of one fact are linked by a column of the import, by you (choose rows in Browse), or from the pairs in Review.
Of ten facts that are linked when they come in, one is held out with all its wordings.
"""


def snapshots_part() -> None:
    """The Snapshots part of the page."""
    _held_out()
    with st.expander("How splits work", icon=":material/info:"):
        st.markdown(ABOUT)
    st.markdown("**Snapshots**")
    st.caption(
        "A snapshot freezes the approved demonstrations. Each run takes its own; name one to compare with later."
    )
    with st.form("new_snapshot", border=False, width=560), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", key="snapshot_name", placeholder="Before the travel policy", max_chars=200)
        st.form_submit_button("Take snapshot", icon=":material/photo_camera:", on_click=_take)
    problem("snapshots")
    _list()
    st.divider()
    export_part()


def _held_out() -> None:
    """How many held-out prompts are unseen wordings, and how many unseen facts."""
    repository = services.workspace().demonstrations
    counts = repository.held_out_counts()
    if not counts:
        return
    words = " · ".join(f"{split}: {counted(number, kind)}" for (split, kind), number in sorted(counts.items()))
    st.markdown(f"**Held out and approved** {escaped(words)}")


def _take() -> None:
    name = str(st.session_state.get("snapshot_name") or "")
    taken = attempt("snapshots", take_snapshot, services.workspace(), name)
    if taken is not None:
        st.session_state["snapshot_name"] = ""
        report("snapshots", f"'{taken.name}' holds {counted(taken.rows, 'demonstration')}.")


def _list() -> None:
    found = [item for item in services.workspace().snapshots.list() if item.kind == "demonstrations"]
    if not found:
        st.caption("No snapshot yet.")
        return
    st.dataframe(
        {
            "Name": [item.name or "(taken by a run)" for item in found],
            "Rows": [item.rows for item in found],
            "What": [", ".join(f"{name} {number}" for name, number in item.counts.items()) for item in found],
            "SHA-256": [item.sha256[:16] for item in found],
            "Taken": [ago(item.created_at) for item in found],
        },
        hide_index=True,
        alt="Snapshots, newest first",
    )
    if len(found) < 2:
        return
    labels = {f"{item.name or 'run'} · {item.sha256[:8]} · {counted(item.rows, 'row')}": item for item in found}
    names = list(labels)
    left, right = st.columns(2, width=820)
    before = left.selectbox("Compare", names, index=1, key="snapshot_before")
    after = right.selectbox("with", names, index=0, key="snapshot_after")
    if before and after and before != after:
        with problems_shown():
            _diff(diff_snapshots(labels[before], labels[after]))


def _diff(diff: SnapshotDiff) -> None:
    changes = (("Reworded", diff.reworded), ("Moved", diff.moved), ("Other fields", diff.others))
    numbers = {"Added": len(diff.added), "Removed": len(diff.removed)}
    numbers |= {name: len({item.id for item in items}) for name, items in changes}  # rows, however many fields
    with st.grid(5, min_column_width=110, width=820):
        for name, number in numbers.items():
            st.metric(name, f"{number:,}", border=True)
    if diff.renumbered:
        st.caption(
            f"{counted(diff.renumbered, 'row')} got another id, as when rows are deleted and written or imported "
            "again; ids count for the SHA-256, too."
        )
    if not any(numbers.values()):
        st.caption("A person reads the same in both snapshots.")
        return
    st.download_button(
        "Download all changes", lambda: diff_csv(diff), "snapshot-changes.csv", key="diff_download",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    _table("Added", ("Prompt", "Response"), diff.added)
    _table("Removed", ("Prompt", "Response"), diff.removed)
    for name, items in changes:
        lines = tuple((item.prompt, item.field, item.before, item.after) for item in items)
        _table(name, ("Prompt", "What", "Before", "After"), lines)


def _table(name: str, columns: tuple[str, ...], lines: tuple[tuple[str, ...], ...]) -> None:
    if not lines:
        return
    shown = f": the first {SHOWN} of {len(lines):,} lines; the download has all" if len(lines) > SHOWN else ""
    st.markdown(f"**{name}**{shown}")
    table = {column: [line[place] for line in lines[:SHOWN]] for place, column in enumerate(columns)}
    st.dataframe(table, hide_index=True, alt=f"{name} from the one snapshot to the other")
