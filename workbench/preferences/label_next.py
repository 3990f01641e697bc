"""The closed loop: a reward model says which pairs it is least sure of, and voters get those first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import InvalidInput, NotReady
from workbench.preferences.config import PairsConfig
from workbench.preferences.voting_settings import save_voting_settings, voting_settings

if TYPE_CHECKING:
    from workbench.workspace import Workspace

MOST_NEW_PAIRS = 2000
"""More than people vote on before the reward model is better trained anew."""


def waiting(ws: Workspace) -> int:
    """How many pairs have fewer people's votes than they are to get."""
    votes: dict[str, int] = {}
    for vote in ws.votes.live(simulated=False):
        votes[vote.pair_id] = votes.get(vote.pair_id, 0) + 1
    enough = sum(count >= voting_settings(ws).people_per_pair for count in votes.values())
    return ws.pairs.count() - enough


def label_these_next(ws: Workspace, reward_model_id: str, by: str, *, new_pairs: int = 0) -> str:
    """Queue a run that scores the waiting pairs, new ones included, and set the queue's order to 'informative'.

    Args:
        new_pairs: sampled first, from the model that the reward model was built on.

    Returns:
        The run's id.

    Raises:
        NotReady: no pair waits and none is asked for.
        NotFound, InvalidInput: no such reward model, or a number of pairs that is not to be had.
    """
    from workbench.launch.pairs import launch_pairs
    from workbench.models.registry import get_model

    model = get_model(ws, reward_model_id)
    if model.kind != "reward_model" or model.parent_id is None:
        raise InvalidInput(f"'{reward_model_id}' is no reward model that was trained here.")
    if not 0 <= new_pairs <= MOST_NEW_PAIRS:
        raise InvalidInput(f"New pairs must lie between 0 and {MOST_NEW_PAIRS:,}.")
    if not new_pairs and not waiting(ws):
        raise NotReady("No pair waits for votes: ask for new pairs too.")
    config = PairsConfig(
        model_id=model.parent_id, new_pairs=new_pairs > 0, limit=new_pairs or None, score_with=reward_model_id
    )
    run_id = launch_pairs(ws, config, by)
    settings = voting_settings(ws)
    if settings.order != "informative":
        save_voting_settings(ws, settings.model_copy(update={"order": "informative"}), by)
    return run_id
