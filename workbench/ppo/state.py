"""What a PPO checkpoint holds: everything that the next update depends on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from workbench.errors import InvalidInput
from workbench.ppo.rewards import RunningMoments

if TYPE_CHECKING:
    from workbench.ppo.policy import ActorCritic
    from workbench.ppo.train import PPOTrainer

STATE_FILE = "ppo_state.pt"


def save_state(trainer: PPOTrainer, folder: Path) -> None:
    """Write the trainer's state into an existing folder."""
    state = {
        "update": trainer.update,
        "parameters": {name: value.detach().cpu() for name, value in trainer.policy.trained().items()},
        "optimizer": trainer.optimizer.state_dict(),
        "learning_rate": trainer.learning_rate,
        "kl_coef": trainer.kl_controller.coef,
        "moments": asdict(trainer.moments),
        "ended_because": trainer.ended_because,
        "generator": trainer.generator.get_state(),
        "global_generator": torch.get_rng_state(),
        "order": trainer.order.state(),
        "demonstrations": trainer.mix.order.state() if trainer.mix is not None else None,
    }
    torch.save(state, folder / STATE_FILE)


def load_state(trainer: PPOTrainer, folder: Path) -> None:
    """Put the trainer where ``save_state`` found it.

    Raises:
        InvalidInput: the checkpoint is of a policy of another shape.
    """
    state = _read(folder)
    _load_learned(trainer, state)
    trainer.update = state["update"]
    trainer.learning_rate = state["learning_rate"]
    trainer.kl_controller.coef = state["kl_coef"]
    trainer.ended_because = state["ended_because"]
    trainer.generator.set_state(state["generator"])
    torch.set_rng_state(state["global_generator"])
    trainer.order.restore(state["order"])
    if trainer.mix is not None and state.get("demonstrations") is not None:
        trainer.mix.order.restore(state["demonstrations"])


def branch_state(trainer: PPOTrainer, folder: Path) -> None:
    """Begin a new run with what another run had learned: weights, value function, the optimiser's moments and the
    scale of the scores. Schedule, KL coefficient, prompts and randomness are the new run's own.

    Raises:
        InvalidInput: the checkpoint is of a policy of another shape.
    """
    _load_learned(trainer, _read(folder))


def load_weights(trainer: PPOTrainer, folder: Path) -> None:
    """The policy and value function of a checkpoint alone, for giving them out."""
    _load_parameters(trainer, _read(folder))


def load_policy(policy: ActorCritic, folder: Path) -> None:
    """The same into a policy without a trainer."""
    _copy_parameters(policy, _read(folder))


def _read(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / STATE_FILE, weights_only=True, map_location="cpu")
    return state


def _load_learned(trainer: PPOTrainer, state: dict[str, Any]) -> None:
    _load_parameters(trainer, state)
    trainer.optimizer.load_state_dict(state["optimizer"])
    trainer.moments = RunningMoments(**state["moments"])


def _load_parameters(trainer: PPOTrainer, state: dict[str, Any]) -> None:
    _copy_parameters(trainer.policy, state)


def _copy_parameters(policy: ActorCritic, state: dict[str, Any]) -> None:
    own, saved = policy.trained(), state["parameters"]
    if {name: p.shape for name, p in own.items()} != {name: p.shape for name, p in saved.items()}:
        raise InvalidInput(
            "The checkpoint is of a policy of another shape: model, method, LoRA rank and value model must be the same."
        )
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(saved[name])
