"""Sampling: what is recorded on the way equals what one full pass gives."""

from __future__ import annotations

import torch

from tests.ppo.conftest import END, PAD, tiny_policy
from workbench.ppo.rollout import SamplingSettings, left_pad, sample_rollout
from workbench.ppo.train import PPOTrainer

SETTINGS = SamplingSettings(max_new_tokens=12, temperature=1.0, end_token=END, pad_token=PAD)
PROMPTS = [[3], [4, 5, 6, 7], [8, 9], [3, 3, 3], [10, 11, 12, 13, 14]]


def _sample(seed: int = 0, prompts: list[list[int]] = PROMPTS, settings: SamplingSettings = SETTINGS):  # type: ignore[no-untyped-def]
    policy = tiny_policy()
    return policy, sample_rollout(policy, prompts, settings, torch.Generator().manual_seed(seed))


def test_logprobs_and_values_equal_one_full_pass_for_ragged_prompts_and_early_ends() -> None:
    policy, rollout = _sample(prompts=PROMPTS * 6)
    torch.nn.init.normal_(policy.value_head.weight)  # zeros would hide a wrong value
    rollout = sample_rollout(policy, PROMPTS * 6, SETTINGS, torch.Generator().manual_seed(0))
    assert len(set(rollout.lengths().tolist())) > 2, "rows must end at different times for this test to mean anything"
    width, mask = rollout.response_ids.shape[1], rollout.response_mask
    with torch.no_grad():
        output = policy.model(
            input_ids=rollout.sequences,
            attention_mask=rollout.attention_mask.long(),
            position_ids=(rollout.attention_mask.long().cumsum(1) - 1).clamp(min=0),
            output_hidden_states=True,
        )
    logprobs = torch.log_softmax(output.logits[:, -width - 1 : -1], dim=-1)
    logprobs = logprobs.gather(-1, rollout.response_ids.unsqueeze(-1)).squeeze(-1)
    values = policy.value_head(output.hidden_states[-1][:, -width - 1 : -1]).squeeze(-1)
    torch.testing.assert_close(rollout.logprobs[mask], logprobs[mask], atol=1e-4, rtol=0)
    torch.testing.assert_close(rollout.values[mask], values[mask], atol=1e-4, rtol=0)


def test_the_mask_ends_with_the_end_token_and_covers_everything_without_one() -> None:
    _, rollout = _sample(prompts=PROMPTS * 6)
    for ids, mask, ended in zip(rollout.response_ids, rollout.response_mask, rollout.ended, strict=True):
        tokens = ids[mask].tolist()
        assert (tokens[-1] == END) == bool(ended)
        assert END not in tokens[:-1]
        if not ended:
            assert len(tokens) == SETTINGS.max_new_tokens
        assert (ids[~mask] == PAD).all()


def test_the_same_seed_gives_the_same_responses_and_another_seed_others() -> None:
    _, first = _sample(seed=1)
    _, again = _sample(seed=1)
    _, other = _sample(seed=2)
    assert torch.equal(first.sequences, again.sequences)
    assert not torch.equal(first.response_ids[:, :4], other.response_ids[:, :4])


def test_greedy_rows_do_not_depend_on_their_neighbours() -> None:
    greedy = SamplingSettings(max_new_tokens=6, temperature=0.0, end_token=END, pad_token=PAD)
    _, together = _sample(settings=greedy)
    for row, prompt in enumerate(PROMPTS):
        _, alone = _sample(prompts=[prompt], settings=greedy)
        tokens = together.response_ids[row][together.response_mask[row]].tolist()
        assert alone.response_ids[0][alone.response_mask[0]].tolist() == tokens


def test_left_padding() -> None:
    ids, mask = left_pad([[5], [6, 7]], PAD)
    assert ids.tolist() == [[PAD, 5], [6, 7]]
    assert mask.tolist() == [[False, True], [True, True]]


def test_reference_equals_the_untouched_trunk_after_training(trainer: PPOTrainer) -> None:
    sequences = torch.tensor([[3, 4, 5, 6]])
    mask = torch.ones_like(sequences, dtype=torch.bool)

    def logits() -> torch.Tensor:
        backbone, adapter = trainer.policy.acting()
        with torch.no_grad():
            return backbone.logits(backbone.hidden(sequences, mask, adapter))

    start = logits()
    for _ in range(2):
        trainer.step()
    moved = logits()
    with trainer.policy.as_reference():
        reference = logits()
    torch.testing.assert_close(reference, start, atol=1e-6, rtol=0)
    assert (moved - start).abs().max() > 1e-3
