"""Was it worth it: all candidates on the same held-out prompts, each measure with its interval; then people's votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages import identity, ppo_data, services
from pages.components import attempt, counted, escaped, problem
from pages.components_answers import comparison
from pages.components_charts import show_figure
from pages.components_numbers import number_field
from pages.components_runs import find_run, live_run
from pages.home_state import LIVE
from pages.metric_words import MEASURES, METRICS, with_interval
from pages.ppo_charts_runs import candidates_chart
from pages.ppo_promotion import PLACE, people_part
from pages.rows import Run
from workbench.errors import NotFound
from workbench.launch.verdict import judged_steps, launch_verdict
from workbench.models.registry import get_model, list_models
from workbench.verdict.config import VerdictConfig
from workbench.verdict.words import best_candidate, outcome_of

COLOURS = {"helped": "green", "mixed": "orange", "no": "red", "unsure": "orange"}


def verdict_tab(run_id: str) -> None:
    """The measures' verdict, people's verdict, and the answers themselves."""
    run = find_run(run_id)
    if run is None:
        return
    _score_line(run)
    judged = _newest_verdict(run_id)
    if judged is not None and judged.status in LIVE:
        live_run(judged.id)
    elif judged is not None and judged.status == "finished":
        _measured(judged)
    _judge_button(run, judged)
    problem(PLACE)
    sft = _sft_model(run)
    candidates = _candidates(run, judged)
    if candidates and sft is not None:
        people_part(run, candidates, sft)
    if run.status == "finished" and run.kind == "ppo":
        st.subheader("Before and after, prompt by prompt", anchor=False)
        before = sft or "base"
        comparison(run.id, ((before, f"SFT ({before})"), (run.id, f"PPO ({run.id})")))


def _score_line(run: Run) -> None:
    before, after = run.summary.get("score_before"), run.summary.get("score_after")
    if before is None or after is None:
        return
    with st.container(border=True):
        with st.grid(4, min_column_width=130):
            st.metric("Score before", f"{before:.2f}")
            st.metric("Score after", f"{after:.2f}", f"{after - before:+.2f}")
            if run.summary.get("kl") is not None:
                st.metric("KL, nats", f"{run.summary['kl']:.2f}", help=METRICS["objective/kl"].meaning)
            st.metric("Episodes", f"{run.summary.get('episodes', 0):,.0f}")
        if after <= before:
            st.warning("On held-out prompts the score did not rise: this run did not help.", icon=":material/info:")
        st.caption(
            f"Means over the responses to {_held_out(run)}. The score is the reward model's opinion, and tuning works "
            "to raise it. Whether it was worth it is for the measures below to say, and for people who vote blind."
            + _way_sentence(run)
        )


def _way_sentence(run: Run) -> str:
    share = run.summary.get("publish_share", 1.0)
    if share == 1:
        return ""
    return (
        f" The model that was given out stands {share:.0%} of the way from the SFT model to the policy that the curves "
        "show: part of the way keeps more facts."
    )


def _held_out(run: Run) -> str:
    number = run.summary.get("held_out_prompts")
    return counted(number, "held-out prompt") if number else "held-out prompts"


def _newest_verdict(run_id: str) -> Run | None:
    runs = services.workspace().runs.list(kind="verdict")
    return next((run for run in runs if run.config.get("run_id") == run_id), None)


def _judge_button(run: Run, judged: Run | None) -> None:
    if judged is not None and judged.status in LIVE:
        return
    steps = judged_steps(services.workspace(), run.id)
    if run.status != "finished" and not steps:
        st.caption("Once the run has a checkpoint or a result, it can be judged here.")
        return
    _judge_form(run, steps, again=judged is not None)


def _judge_form(run: Run, steps: Sequence[int], *, again: bool) -> None:
    """What is to be compared, and the button; ``steps`` are the checkpoints that are chosen unless told otherwise."""
    others = [other.id for other in ppo_data.tuning_runs() if other.id != run.id and other.status == "finished"]
    with st.container(border=True):
        st.markdown("**Judge again**" if again else "**Compare base, SFT, best of n and this run on held-out prompts**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            prompts = number_field(
                VerdictConfig.model_fields["prompts"],
                "Held-out prompts",
                value=100,
                step=20,
                key="verdict_prompts",
                width=150,
            )
            best_of = number_field(
                VerdictConfig.model_fields["best_of_n"],
                "Best of",
                value=4,
                step=1,
                key="verdict_best_of",
                width=110,
                help="How many SFT answers the reward model chooses from; 1 leaves it out.",
            )
            every = _all_steps(run)
            chosen = (
                st.multiselect("Its checkpoints", every, default=list(steps), key=f"verdict_steps_{run.id}", width=230)
                if every
                else []
            )
            also = st.multiselect(
                "Beside it", others, key=f"verdict_others_{run.id}", placeholder="DPO, RLOO, PPO runs", width=260
            )
            st.button(
                "Judge it",
                icon=":material/balance:",
                type="secondary" if again else "primary",
                key=f"verdict_go_{run.id}",
                on_click=_judge,
                args=(run.id, int(prompts), int(best_of), tuple(chosen), tuple(also)),
            )


def _all_steps(run: Run) -> list[int]:
    last = run.summary.get("updates")
    return [step for step in ppo_data.checkpoints(run) if step != last] if run.kind == "ppo" else []


def _judge(run_id: str, prompts: int, best_of: int, steps: tuple[int, ...], others: tuple[str, ...]) -> None:
    """Callback: queue the verdict run."""
    workspace = services.workspace()

    def launch() -> str:
        engine = workspace.runs.get(run_id).config.get("ppo") or {}
        config = VerdictConfig(
            run_id=run_id,
            checkpoints=steps,
            others=others,
            best_of_n=best_of,
            prompts=prompts,
            max_new_tokens=int(engine.get("max_new_tokens", 64)),
        )
        return launch_verdict(workspace, config, identity.person() or "")

    attempt(PLACE, launch)


# --- what the measures say ------------------------------------------------------------------------


def _measured(judged: Run) -> None:
    rows: Sequence[Mapping[str, Any]] = judged.summary.get("contestants", [])
    best = best_candidate(rows)
    colour = COLOURS[outcome_of(best)] if best is not None else "gray"
    with st.container(border=True):
        st.markdown(f"**:{colour}[:material/balance:] {escaped(judged.summary.get('sentence', ''))}**")
        left, right = st.columns(2, gap="medium")
        for column, name, title in (
            (left, "score", "Score"),
            (right, "win_rate", "Win rate against SFT, by the reward model"),
        ):
            with column:
                st.caption(f"**{title}**, with 95% intervals")
                show_figure(candidates_chart(rows, name), key=f"verdict_{name}", alt=title)
        st.table(_table(judged, rows), border="horizontal", hide_index=True)
        st.caption(
            f"On {judged.summary.get('held_out_prompts', 0)} held-out prompts; in brackets 95% intervals. Score, KL "
            "and tokens: one sampled response to each prompt. The others: the likeliest answer. Best of n is chosen by "
            "the very reward model that scores it."
        )


def _table(judged: Run, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    stored = {(row.model_id, row.measure): row for row in services.workspace().evaluations.list(run_id=judged.id)}
    table = []
    for row in rows:
        line = {"Model": escaped(row["label"])}
        line["Score"] = _with_bounds(row["score"], row["score_ci"], ".2f")
        line["Gain over SFT"] = (
            "–" if row["role"] == "sft" else _with_bounds(row["score_gain"], row["score_gain_ci"], "+.2f")
        )
        line["KL, nats"] = _with_bounds(row["kl"], row["kl_ci"], ".2f")
        for name in ("fact_accuracy", "embedding_similarity", "bleu"):
            found = stored.get((row["model"], name))
            if found is not None and found.value is not None:
                bounds = None if found.ci_low is None or found.ci_high is None else (found.ci_low, found.ci_high)
                line[MEASURES[name].title] = _with_bounds(found.value, bounds, MEASURES[name].format)
        line["Tokens"] = _with_bounds(row["tokens"], row["tokens_ci"], ".1f")
        table.append(line)
    return pd.DataFrame(table).fillna("–")


def _with_bounds(value: float, bounds: Sequence[float] | None, form: str) -> str:
    if bounds is None:
        return format(value, form)
    return with_interval(format(value, form), format(bounds[0], form), format(bounds[1], form))


def _sft_model(run: Run) -> str | None:
    """The model that the run started from."""
    workspace = services.workspace()
    try:
        made = workspace.models.find(run.id)
        if made is not None and made.parent_id is not None:
            return str(made.parent_id)
        named = run.config.get("model_id")
        return str(named) if named else get_model(workspace, str(run.config.get("reward_model_id"))).parent_id
    except NotFound:
        return None


def _candidates(run: Run, judged: Run | None) -> list[str]:
    """The run's own models, the recommended one first."""
    known = {model.id for model in list_models(services.workspace())}
    rows = judged.summary.get("contestants", []) if judged is not None else []
    best = best_candidate(rows)
    names = [best["model"]] if best is not None else []
    names += [row["model"] for row in rows if row["role"] == "tuned"] + [run.id]
    return [name for name in dict.fromkeys(names) if name in known]
