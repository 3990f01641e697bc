"""The fast path gives what transformers gives: hidden states, gradients, decoding; and other families work too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from tests.ppo.conftest import END, PAD
from workbench.errors import ModelError
from workbench.ppo.backbone import Backbone
from workbench.ppo.llama import LlamaBackbone, new_backbone
from workbench.ppo.policy import POLICY_ADAPTER, SharedTrunk
from workbench.ppo.rollout import SamplingSettings, sample_rollout

DIMENSIONS: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
}
IDS = torch.randint(2, 40, (3, 9), generator=torch.Generator().manual_seed(0))
MASK = torch.ones(3, 9, dtype=torch.bool)
MASK[0, :4] = False
MASK[1, 7:] = False


def family(name: str) -> Any:
    torch.manual_seed(0)
    models: dict[str, Any] = {
        "llama": lambda: LlamaForCausalLM(LlamaConfig(**DIMENSIONS)),
        "llama with biases": lambda: LlamaForCausalLM(LlamaConfig(**DIMENSIONS, attention_bias=True, mlp_bias=True)),
        "mistral": lambda: MistralForCausalLM(MistralConfig(**DIMENSIONS, sliding_window=None)),
        "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**DIMENSIONS)),
        "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**DIMENSIONS)),
        "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=40, n_embd=32, n_layer=2, n_head=4, n_positions=64)),
        "gemma2": lambda: Gemma2ForCausalLM(Gemma2Config(**DIMENSIONS, final_logit_softcapping=5.0)),
    }
    model = models[name]().eval()
    for parameter in model.parameters():  # biases and norms that are 0 and 1 would hide that they are not read
        if parameter.dim() == 1:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    return model


def adapted(name: str) -> SharedTrunk:
    policy = SharedTrunk(family(name), lora_rank=4, lora_alpha=8)
    for parameter in policy.trained().values():
        torch.nn.init.normal_(parameter, std=0.1)  # LoRA's second matrices are 0 at first: nothing would be seen
    return policy


FAST = ("llama", "llama with biases", "mistral", "qwen2", "qwen3")


@pytest.mark.parametrize("name", FAST)
def test_the_fast_path_gives_the_models_own_states_and_gradients(name: str) -> None:
    policy = adapted(name)
    assert isinstance(policy.backbone, LlamaBackbone)
    own = Backbone(policy.model)
    own.trainable = list(policy.trained().values())
    results = []
    for backbone in (own, policy.backbone):
        policy.zero_grad()
        hidden = backbone.hidden(IDS, MASK, POLICY_ADAPTER)[MASK]
        backbone.logits(hidden).logsumexp(-1).sum().backward()
        gradients = {n: p.grad.clone() for n, p in policy.trained().items() if p.grad is not None}
        results.append((hidden.detach(), gradients))
    (states, gradients), (fast_states, fast_gradients) = results
    torch.testing.assert_close(fast_states, states, atol=2e-5, rtol=1e-5)
    assert gradients.keys() == fast_gradients.keys()
    assert len(gradients) == 2 * 7 * 2
    for parameter, gradient in gradients.items():
        torch.testing.assert_close(fast_gradients[parameter], gradient, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(policy.backbone.hidden(IDS, MASK)[MASK], own.hidden(IDS, MASK)[MASK], atol=2e-5, rtol=0)


@pytest.mark.parametrize("name", [*FAST, "gpt2", "gemma2"])
def test_sampling_agrees_with_one_full_pass_in_every_family(name: str) -> None:
    """For ragged prompts and rows that finish early, with the adapter on."""
    policy = adapted(name)
    weights = {n: p.clone() for n, p in policy.model.named_parameters()}
    prompts = [[3], [4, 5, 6, 7], [8, 9], [3, 3, 3]] * 4
    settings = SamplingSettings(max_new_tokens=10, temperature=0.7, end_token=END, pad_token=PAD)
    first = sample_rollout(policy, prompts, settings, torch.Generator().manual_seed(1))
    # What it likes to say is taken for the end token, so that rows end, and at different times.
    settings = replace(settings, end_token=int(first.response_ids[first.response_ids != PAD].mode().values))
    rollout = sample_rollout(policy, prompts, settings, torch.Generator().manual_seed(0))
    assert len(set(rollout.lengths().tolist())) > 2
    with torch.no_grad():
        whole = policy.response_pass(rollout, 0.7)
        logits = policy.model(
            input_ids=rollout.sequences,
            attention_mask=rollout.attention_mask.long(),
            position_ids=(rollout.attention_mask.long().cumsum(1) - 1).clamp(min=0),
        ).logits
    width, mask = rollout.response_ids.shape[1], rollout.response_mask
    own = torch.log_softmax(logits[:, -width - 1 : -1] / 0.7, -1).gather(-1, rollout.response_ids[..., None])[..., 0]
    torch.testing.assert_close(rollout.logprobs, whole.logprobs, atol=1e-4, rtol=0)
    torch.testing.assert_close(rollout.values, whole.values, atol=1e-4, rtol=0)
    torch.testing.assert_close(whole.logprobs[mask], own[mask], atol=1e-4, rtol=0)
    for parameter, before in weights.items():
        assert torch.equal(policy.model.get_parameter(parameter), before), f"sampling changed {parameter}"


def test_a_window_or_an_unknown_family_takes_the_general_path() -> None:
    window = MistralForCausalLM(MistralConfig(**DIMENSIONS, sliding_window=4)).eval()
    assert type(new_backbone(window)) is Backbone
    assert type(new_backbone(family("gpt2"))) is Backbone


def test_the_fast_path_steps_aside_where_it_would_compute_something_else() -> None:
    model = family("llama")
    inner = model.model.layers[1].mlp.forward
    model.model.layers[1].mlp.forward = lambda states: 1.5 * inner(states)
    assert not LlamaBackbone.fits(model)


def test_an_adapter_of_another_kind_takes_the_general_path(tmp_path: Path) -> None:
    lora = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM", use_dora=True)
    get_peft_model(family("llama"), lora).save_pretrained(str(tmp_path))
    policy = SharedTrunk(family("llama"), lora_rank=4, lora_alpha=8)
    assert isinstance(policy.backbone, LlamaBackbone)
    policy.load_reward_adapter(tmp_path)
    assert type(policy.backbone) is Backbone
    assert policy.backbone.trainable


def test_logits_that_nobody_foresaw_are_refused() -> None:
    model = family("llama")
    inner = model.forward

    def doubled(*arguments: Any, **named: Any) -> Any:
        output = inner(*arguments, **named)
        output.logits = 2 * output.logits
        return output

    model.forward = doubled
    with pytest.raises(ModelError, match="does not know how LlamaForCausalLM computes its logits"):
        new_backbone(model)
