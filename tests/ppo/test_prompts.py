"""Text and messages become ids; tokenizers of every kind work, or it is said what to do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.ppo.conftest import share_of_target
from workbench.errors import InvalidInput
from workbench.models.chat import encode_prompt
from workbench.models.loading import EMBEDDED_DIR, load_merged, load_tokenizer
from workbench.models.spec import ModelSpec
from workbench.ppo.config import PPOConfig
from workbench.ppo.policy import new_actor_critic
from workbench.ppo.prompts import PromptOrder, encode_prompts
from workbench.ppo.train import PPOTrainer
from workbench.ppo.types import Prompt

CONVERSATION = [
    {"role": "user", "content": "Where is payroll?"},
    {"role": "assistant", "content": "In Boston."},
    {"role": "user", "content": "Which floor?"},
]
SMALL = PPOConfig(total_episodes=8, batch_size=8, minibatch_size=8, ppo_epochs=1, max_new_tokens=6, lora_rank=2)


@pytest.fixture
def tokenizer() -> Any:
    return load_tokenizer(ModelSpec())


def trainer_with(tokenizer: Any, prompts: list[Any], config: PPOConfig = SMALL) -> PPOTrainer:
    policy = new_actor_critic(load_merged(ModelSpec(), Path()), config)
    return PPOTrainer(config, policy, tokenizer, share_of_target, prompts)


def test_text_is_one_turn_and_messages_are_the_whole_conversation(tokenizer: Any) -> None:
    encoded = encode_prompts(tokenizer, ["Where is payroll?", CONVERSATION], room=200).fitting
    assert encoded[0].ids == encode_prompt(tokenizer, "Where is payroll?")
    whole = tokenizer.apply_chat_template(CONVERSATION, add_generation_prompt=True, tokenize=False)
    assert tokenizer.decode(encoded[1].ids) == whole
    assert "Which floor?" in encoded[1].text


def test_prompts_that_do_not_fit_are_reported_and_nothing_is_cut(tokenizer: Any) -> None:
    long = "Why, " * 100 + "why?"
    trainer = trainer_with(tokenizer, ["Hi", long], SMALL.model_copy(update={"max_prompt_tokens": 40}))
    assert [prompt.text for prompt in trainer.left_out] == [long]
    assert [prompt.text for prompt in trainer.prompts] == ["Hi"]
    with pytest.raises(InvalidInput, match="No prompt fits into 40 tokens"):
        trainer_with(tokenizer, [long], SMALL.model_copy(update={"max_prompt_tokens": 40}))
    with pytest.raises(InvalidInput, match="leaves no room"):
        trainer_with(tokenizer, ["Hi"], SMALL.model_copy(update={"max_new_tokens": 4000}))


def test_the_same_prompt_twice_is_one_prompt(tokenizer: Any) -> None:
    assert len(encode_prompts(tokenizer, ["Hi", "Hi", "Ho"], room=50).fitting) == 2


def test_without_a_chat_template_text_is_taken_as_it_stands_and_messages_are_refused(tokenizer: Any) -> None:
    tokenizer.chat_template = None
    (prompt,) = encode_prompts(tokenizer, ["Where is payroll?"], room=50).fitting
    assert tokenizer.decode(prompt.ids) == "Where is payroll?"
    with pytest.raises(InvalidInput, match=r"set tokenizer\.chat_template"):
        encode_prompts(tokenizer, [CONVERSATION], room=200)


@pytest.mark.parametrize("pad", ["its own", "the end token", "none"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_of_every_kind_gives_the_same_update(tokenizer: Any, pad: str, side: str) -> None:
    expected = trainer_with(load_tokenizer(ModelSpec()), ["Hi", "Where is payroll?", "Who are you?"]).step()
    if pad == "the end token":
        tokenizer.pad_token = tokenizer.eos_token
    elif pad == "none":
        tokenizer.pad_token = None
    tokenizer.padding_side = side
    got = trainer_with(tokenizer, ["Hi", "Where is payroll?", "Who are you?"]).step()
    assert [sample.response for sample in got.samples] == [sample.response for sample in expected.samples]
    assert got.metrics["loss/policy"] == expected.metrics["loss/policy"]
    assert got.metrics["objective/scores"] == expected.metrics["objective/scores"]


def test_a_tokenizer_without_end_token_says_what_to_do(tokenizer: Any) -> None:
    tokenizer.eos_token = None
    with pytest.raises(InvalidInput, match=r"set tokenizer\.eos_token"):
        trainer_with(tokenizer, [Prompt("Hi", [5, 6])])


def test_a_prompt_of_nothing_is_refused(tokenizer: Any) -> None:
    with pytest.raises(InvalidInput, match="no token at all"):
        encode_prompts(tokenizer, [Prompt("", [])], room=9)


def test_every_prompt_comes_once_before_any_comes_again() -> None:
    order = PromptOrder(7, seed=3)
    drawn = order.take(5) + order.take(9)
    assert sorted(drawn[:7]) == list(range(7))
    assert sorted(drawn[7:14]) == list(range(7))


def test_prompt_order_goes_on_where_its_state_was_taken() -> None:
    order = PromptOrder(7, seed=3)
    order.take(4)
    state = order.state()
    expected = order.take(20)
    restored = PromptOrder(7, seed=99)
    restored.restore(state)
    assert restored.take(20) == expected


def test_the_engine_is_used_without_the_app(tokenizer: Any, tmp_path: Path) -> None:
    """As the package's own example has it, from a folder with a model."""
    from transformers import AutoModelForCausalLM

    from workbench.ppo import PPOConfig, PPOTrainer, new_actor_critic, text_scorer

    shutil.copytree(EMBEDDED_DIR, tmp_path / "model")
    config = PPOConfig(total_episodes=16, batch_size=8, minibatch_size=8, max_new_tokens=6)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32)
    policy = new_actor_critic(model, config)
    score = text_scorer(lambda _, texts: [float(len(text)) for text in texts])
    trainer = PPOTrainer(config, policy, tokenizer, score, ["Hi", CONVERSATION])
    reports = list(trainer.updates())
    assert [report.update for report in reports] == [1, 2]
    assert all(sample.score in (len(sample.response), len(sample.response) - 1) for sample in reports[0].samples)
