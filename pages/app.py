"""The entry point: every page, deep links included, is reached through this script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from pages import identity, services
from pages.components import escaped, workspace_problem
from pages.connection_notice import connection_notice
from workbench.errors import WorkbenchError

IMAGES = Path(__file__).resolve().parent / "images"


def pages() -> Mapping[str, Sequence[st.Page]]:
    """The pages by section of the sidebar, in the order of the work."""
    return {
        "": [
            st.Page("home.py", title="Home", icon=":material/home:", url_path="start", default=True),
            # The address that a person would guess; Streamlit gives the first page none but "/".
            st.Page(_to_home, title="Home", url_path="home", visibility="hidden"),
        ],
        "The four steps": [
            st.Page(
                "step1_demonstrations.py",
                title="1 · Demonstrations",
                icon=":material/edit_note:",
                url_path="demonstrations",
            ),
            st.Page("step2_sft.py", title="2 · SFT", icon=":material/school:", url_path="sft"),
            st.Page(
                "step3_preferences.py",
                title="3a · Preferences",
                icon=":material/thumbs_up_down:",
                url_path="preferences",
            ),
            st.Page(
                "step4_reward_model.py",
                title="3b · Reward model",
                icon=":material/scale:",
                url_path="reward-model",
            ),
            st.Page("step5_ppo.py", title="4 · PPO", icon=":material/trending_up:", url_path="ppo"),
        ],
        "The chatbot": [
            st.Page("chat.py", title="Chat", icon=":material/forum:", url_path="chat"),
            st.Page("compare.py", title="Compare models", icon=":material/compare_arrows:", url_path="compare"),
            st.Page("share.py", title="Take away", icon=":material/ios_share:", url_path="take-away"),
        ],
        "Look closer": [
            st.Page("lineage.py", title="Family tree", icon=":material/account_tree:", url_path="family-tree"),
            st.Page("runs.py", title="Runs", icon=":material/list_alt:", url_path="runs"),
        ],
    }


def _to_home() -> None:
    st.switch_page("home.py")


def main() -> None:
    """Draw the frame, then the page that was asked for."""
    st.set_page_config(page_title="RLHF workbench", page_icon=str(IMAGES / "icon.svg"), layout="wide")
    st.logo(str(IMAGES / "logo.svg"), icon_image=str(IMAGES / "icon.svg"), size="large")
    page = st.navigation(pages(), expanded=True)
    try:
        services.workspace()
        services.supervisor()
    except WorkbenchError as error:
        workspace_problem(error)
        st.stop()
    if not identity.signed_in():
        st.stop()
    identity.sidebar()
    with st.sidebar:
        root = services.workspace().root
        st.caption(f":material/folder: {escaped(root.name)}", help=f"This team's workspace: {escaped(root)}")
    problem = services.supervisor().problem
    if problem:
        st.warning(escaped(problem), icon=":material/warning:", title="Runs are not being looked after")
    page.run()
    connection_notice()


if __name__ == "__main__":
    main()
