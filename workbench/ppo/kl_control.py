"""How strongly the policy is held near its reference: fixed, or steered towards a target distance."""

from __future__ import annotations

from dataclasses import dataclass

MAX_ERROR = 0.2


@dataclass(slots=True)
class KLController:
    """The KL coefficient, and how it changes.

    Without a target it stays. With one it follows Ziegler et al. 2019, section 2.2: after each update
    ``e = clip(KL / target - 1, -0.2, 0.2)`` and ``coef *= 1 + e * episodes / horizon``.
    """

    coef: float
    target: float | None = None
    """Nats per response."""
    horizon: int = 2_000
    """Episodes."""

    def update(self, kl: float, episodes: int) -> None:
        """Adapt to the KL that a batch of episodes showed, in nats per response.

        A batch larger than the horizon counts as the horizon: no single batch moves the coefficient by more than a
        fifth.
        """
        if self.target is None:
            return
        error = min(max(kl / self.target - 1.0, -MAX_ERROR), MAX_ERROR)
        self.coef *= 1.0 + error * min(1.0, episodes / self.horizon)
