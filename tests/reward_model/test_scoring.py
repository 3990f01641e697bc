"""The reward model that PPO reads is the one that RewardTrainer trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from workbench.models.chat import encode_prompt, encode_response
from workbench.models.loading import load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo.policy import SharedTrunk
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


def test_scores_equal_those_of_the_trained_classifier(trained: tuple[Path, list[float]]) -> None:
    folder, expected = trained
    reward_model = RewardModel(load_merged(ModelSpec(), Path()), load_tokenizer(ModelSpec()), folder)
    scores = reward_model.score(PROMPTS, RESPONSES)
    assert scores == pytest.approx(expected, abs=1e-4)
    assert max(scores) - min(scores) > 1e-2


def test_the_shared_trunk_gives_the_same_scores_under_left_padding(trained: tuple[Path, list[float]]) -> None:
    folder, expected = trained
    tokenizer = load_tokenizer(ModelSpec())
    policy = SharedTrunk(load_merged(ModelSpec(), Path()), lora_rank=4, lora_alpha=8)
    policy.load_reward_adapter(folder / ADAPTER_FOLDER)
    policy.eval()
    rows = [
        encode_prompt(tokenizer, prompt) + encode_response(tokenizer, response)
        for prompt, response in zip(PROMPTS, RESPONSES, strict=True)
    ]
    width = max(map(len, rows)) + 3
    sequences = torch.tensor([[0] * (width - len(row) - 2) + row + [0, 0] for row in rows])
    mask = torch.tensor([[False] * (width - len(row) - 2) + [True] * len(row) + [False] * 2 for row in rows])
    scores = policy.score(ScoreHead.load(folder), sequences, mask)
    assert scores.tolist() == pytest.approx(expected, abs=1e-4)


def test_centre_and_scale_are_stored_with_the_model(tmp_path: Path) -> None:
    ScoreHead(weight=torch.ones(3), centre=2.0, scale=4.0).save(tmp_path)
    head = ScoreHead.load(tmp_path)
    assert (head.centre, head.scale) == (2.0, 4.0)
    assert head.weight.tolist() == [1.0, 1.0, 1.0]


def test_scoring_leaves_the_policy_active_and_trainable(trained: tuple[Path, list[float]]) -> None:
    folder, _ = trained
    policy = SharedTrunk(load_merged(ModelSpec(), Path()), lora_rank=4, lora_alpha=8)
    policy.load_reward_adapter(folder / ADAPTER_FOLDER)
    sequences = torch.tensor([[5, 6, 7]])
    policy.score(ScoreHead.load(folder), sequences, torch.ones_like(sequences, dtype=torch.bool))
    assert policy.model.active_adapter == "policy"
    trainable = {name for name, parameter in policy.model.named_parameters() if parameter.requires_grad}
    assert trainable
    assert all(".policy." in name for name in trainable)
