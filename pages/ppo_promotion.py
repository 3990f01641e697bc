"""People's verdict: blind pairs of SFT against a candidate, their votes, and which model becomes the chatbot."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages import identity, services
from pages.components import ago, attempt, counted, escaped, report
from pages.components_numbers import number_field
from pages.rows import Run
from workbench.launch.pairs import launch_pairs
from workbench.models.promotion import HeadToHead, head_to_head, promote, promoted_model, promotions
from workbench.preferences.config import PairsConfig

PLACE = "ppo_verdict"
BLIND_PAIRS = 40


def people_part(run: Run, candidates: list[str], sft: str) -> None:
    """Blind votes between the SFT model and a candidate, and the button that makes it the chatbot."""
    workspace = services.workspace()
    chatbot = promoted_model(workspace)
    with st.container(border=True):
        st.markdown("**What people say: blind votes between SFT and this**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            candidate = st.selectbox("Candidate", candidates, key=f"verdict_candidate_{run.id}", width=280)
            pairs = number_field(
                PairsConfig.model_fields["limit"], "Pairs", value=BLIND_PAIRS, step=10, key="verdict_pairs", width=120
            )
            st.button(
                f"Send {int(pairs)} blind pairs to step 3",
                icon=":material/how_to_vote:",
                key=f"verdict_send_{run.id}",
                on_click=_send,
                args=(sft, str(candidate), int(pairs), run.id),
                help="Both models answer held-out prompts; voters do not see which is which.",
            )
            st.page_link("step3_preferences.py", label="Vote in step 3a", icon=":material/arrow_forward:")
        people = head_to_head(workspace, str(candidate), sft)
        simulated = head_to_head(workspace, str(candidate), sft, "simulated")
        st.markdown(_votes_sentence(people))
        if simulated.votes:
            st.caption(f"Simulated annotators, marked as such and never mixed in: {_votes_sentence(simulated)}")
        _promotion(str(candidate), sft, people, simulated, chatbot.id if chatbot else None)


def _votes_sentence(found: HeadToHead) -> str:
    if not found.votes:
        return (
            f"No votes yet on {counted(found.pairs, 'pair')} of the two." if found.pairs else "No pairs of the two yet."
        )
    lead = (
        ""
        if found.lead is None or found.ci is None
        else (f" Bradley–Terry lead {found.lead:+.2f} ({found.ci[0]:+.2f} to {found.ci[1]:+.2f}).")
    )
    verdict = {
        "ahead": f"**{escaped(found.candidate)} is preferred.**",
        "behind": f"**{escaped(found.other)} is preferred: tuning did not help.**",
        "open": "The two cannot be told apart yet.",
    }[found.decided]
    share = found.wins / found.votes
    return f"{escaped(found.candidate)} wins {share:.0%} of {counted(found.votes, 'vote')}.{lead} {verdict}"


def _promotion(candidate: str, sft: str, people: HeadToHead, simulated: HeadToHead, chatbot: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if chatbot == candidate:
            st.badge("Our chatbot", icon=":material/smart_toy:", color="green")
            st.button(
                f"Go back to {sft}",
                key="verdict_demote",
                type="tertiary",
                on_click=_promote,
                args=(sft, candidate, "people"),
            )
        else:
            source = "simulated" if people.decided != "ahead" and simulated.decided == "ahead" else "people"
            marked = " (by simulated votes)" if source == "simulated" else ""
            decided = people if source == "people" else simulated
            st.button(
                f"Make {candidate} our chatbot{marked}",
                icon=":material/smart_toy:",
                key="verdict_promote",
                on_click=_promote,
                args=(candidate, sft, source),
                disabled=decided.decided != "ahead",
                help="Open once blind votes prefer it: the interval of its lead must lie above 0.",
            )
        rows = promotions(services.workspace())
        if rows:
            by = f" by {escaped(rows[0].promoted_by)}" if rows[0].promoted_by else ""
            st.caption(f"Our chatbot is {escaped(rows[0].model_id)}, chosen {ago(rows[0].promoted_at)}{by}.")
        else:
            st.caption("No model has been made our chatbot yet. The last step of a run is not a reason.")


def _send(sft: str, candidate: str, pairs: int, run_id: str) -> None:
    """Callback: queue the generation of blind pairs."""
    workspace = services.workspace()

    def launch() -> str:
        engine = workspace.runs.get(run_id).config.get("ppo") or {}
        config = PairsConfig(
            model_id=sft,
            other_model_id=candidate,
            splits=("test",),
            limit=pairs,
            max_new_tokens=int(engine.get("max_new_tokens", 96)),
        )
        return launch_pairs(workspace, config, identity.person() or "")

    made = attempt(PLACE, launch)
    if made:
        report(PLACE, f"{made} writes the pairs; they wait in step 3a as soon as it has finished.")


def _promote(model_id: str, against: str, source: Any) -> None:
    """Callback: make it the chatbot."""

    def change() -> bool:
        promote(services.workspace(), model_id, identity.person() or "", against=against, source=source)
        return True

    if attempt(PLACE, change):
        report(PLACE, f"{model_id} is our chatbot now.")
