"""The reward model that PPO reads is the one that RewardTrainer trained."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from workbench.errors import ModelError
from workbench.models.chat import encode_prompt, encode_response
from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo.demonstration_mix import demonstration_rollout
from workbench.ppo.policy import SharedTrunk
from workbench.ppo.types import Rollout
from workbench.reward_model.backends import save_reward_model, sequence_classifier
from workbench.reward_model.scoring import ADAPTER_FOLDER, RewardModel, ScoreHead

PROMPTS = ["Where is the cafeteria?", "Who runs payroll?", "Hi"]
RESPONSES = ["On the second floor.", "Marta Lindqvist runs it, as far as I know.", "Hello there!"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A sequence classifier with random adapter weights, saved as a reward model, and its own scores."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    tokenizer = load_tokenizer(ModelSpec())
    classifier = sequence_classifier(load_merged(ModelSpec(), Path()))
    classifier.config.pad_token_id = tokenizer.pad_token_id
    lora = LoraConfig(r=4, target_modules="all-linear", task_type="SEQ_CLS", modules_to_save=["score"])
    model = get_peft_model(classifier, lora)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)  # zeros would make the adapter invisible
    model.eval()
    expected = []
    with torch.no_grad():
        for prompt, response in zip(PROMPTS, RESPONSES, strict=True):
            ids = torch.tensor([encode_prompt(tokenizer, prompt) + encode_response(tokenizer, response)])
            expected.append(model(input_ids=ids).logits.item())
    folder = tmp_path_factory.mktemp("reward_model")
    save_reward_model(model, folder)
    return folder, expected


def rollout_of(prompts: list[str], responses: list[str]) -> Rollout:
    """Responses as the policy would have sampled them, with more padding than they need."""
    tokenizer = load_tokenizer(ModelSpec())
    pairs = [
        (encode_prompt(tokenizer, prompt), encode_response(tokenizer, response))
        for prompt, response in zip(prompts, responses, strict=True)
    ]
    whole = demonstration_rollout([*pairs, ([1] * 60, [1] * 60)], 0, torch.device("cpu"))
    return Rollout(*(getattr(whole, field.name)[: len(pairs)] for field in fields(whole)))


def lowest_by_hand(prompts: list[str], responses: list[str]) -> list[float]:
    """Row by row, with transformers alone: the least log-probability of a response token."""
    model, tokenizer = load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec())
    lowest = []
    for prompt, response in zip(prompts, responses, strict=True):
        before, after = encode_prompt(tokenizer, prompt), encode_response(tokenizer, response)
        with torch.no_grad():
            logprobs = model(input_ids=torch.tensor([before + after])).logits[0].log_softmax(dim=-1)
        lowest.append(min(logprobs[len(before) + i - 1, token].item() for i, token in enumerate(after)))
    return lowest


def nudge_policy(policy: SharedTrunk) -> None:
    """Give the policy adapter weights, so that the trunk alone is told from it."""
    torch.manual_seed(1)
    for name, parameter in policy.trained().items():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)


def test_scores_equal_those_of_the_trained_classifier(trained: tuple[Path, list[float]]) -> None:
    folder, expected = trained
    reward_model = RewardModel(load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec()), folder)
    scores = reward_model.score(PROMPTS, RESPONSES)
    assert scores == pytest.approx(expected, abs=1e-4)
    assert max(scores) - min(scores) > 1e-2


@pytest.mark.parametrize("likelihood_weight", [0.0, 0.25])
def test_the_shared_trunk_gives_the_same_scores_under_padding(
    trained: tuple[Path, list[float]], likelihood_weight: float
) -> None:
    folder, expected = trained
    head = replace(ScoreHead.load(folder), centre=0.5, scale=2.0, likelihood_weight=likelihood_weight)
    policy = SharedTrunk(load_merged(ModelSpec(), Path()), lora_rank=4, lora_alpha=8)
    policy.load_reward_adapter(folder / ADAPTER_FOLDER)
    nudge_policy(policy)
    scores = policy.score(head, rollout_of(PROMPTS, RESPONSES)).tolist()
    lowest = lowest_by_hand(PROMPTS, RESPONSES)
    by_hand = [(e + likelihood_weight * low - 0.5) / 2.0 for e, low in zip(expected, lowest, strict=True)]
    assert scores == pytest.approx(by_hand, abs=1e-4)
    known = torch.tensor([[-1.0, -3.0, 0.0], [-2.0, 0.0, 0.0], [-0.5, -0.25, -0.75]])
    given = [(e + likelihood_weight * low - 0.5) / 2.0 for e, low in zip(expected, (-3.0, -2.0, -0.75), strict=True)]
    scores = policy.score(head, rollout_of(PROMPTS, RESPONSES), reference_logprobs=known).tolist()
    assert scores == pytest.approx(given, abs=1e-4)


def test_the_trunks_own_likelihood_counts_as_weighted(trained: tuple[Path, list[float]]) -> None:
    folder, expected = trained
    reward_model = RewardModel(load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec()), folder)
    lowest = lowest_by_hand(PROMPTS, RESPONSES)
    assert max(lowest) - min(lowest) > 0.1
    assert reward_model.lowest_logprobs(PROMPTS, RESPONSES) == pytest.approx(lowest, abs=1e-4)
    reward_model.head = replace(reward_model.head, likelihood_weight=2.0)
    by_hand = [score + 2.0 * low for score, low in zip(expected, lowest, strict=True)]
    assert reward_model.score(PROMPTS, RESPONSES) == pytest.approx(by_hand, abs=1e-3)
    assert reward_model.score([], []) == []


def test_what_was_measured_after_the_training_is_stored_with_the_model(tmp_path: Path) -> None:
    ScoreHead(weight=torch.ones(3), centre=2.0, scale=4.0, likelihood_weight=0.5).save(tmp_path)
    head = ScoreHead.load(tmp_path)
    assert (head.centre, head.scale, head.likelihood_weight) == (2.0, 4.0, 0.5)
    assert head.weight.tolist() == [1.0, 1.0, 1.0]


def test_a_head_from_before_the_likelihood_counted_scores_as_it_did(tmp_path: Path) -> None:
    ScoreHead(weight=torch.ones(3)).save(tmp_path)
    (tmp_path / "score_scale.json").write_text('{"centre": 2.0, "scale": 4.0}')
    assert ScoreHead.load(tmp_path).likelihood_weight == 0.0


def test_a_scale_that_is_not_whole_is_no_reward_model(tmp_path: Path) -> None:
    ScoreHead(weight=torch.ones(3)).save(tmp_path)
    (tmp_path / "score_scale.json").write_text("{}")
    with pytest.raises(ModelError, match="holds no reward model"):
        ScoreHead.load(tmp_path)


def test_scoring_leaves_the_policy_active_and_trainable(trained: tuple[Path, list[float]]) -> None:
    folder, _ = trained
    policy = SharedTrunk(load_merged(ModelSpec(), Path()), lora_rank=4, lora_alpha=8)
    policy.load_reward_adapter(folder / ADAPTER_FOLDER)
    policy.score(ScoreHead.load(folder), rollout_of(["Hi"], ["Hello!"]))
    assert policy.model.active_adapter == "policy"
    trainable = {name for name, parameter in policy.model.named_parameters() if parameter.requires_grad}
    assert trainable
    assert all(".policy." in name for name in trainable)
