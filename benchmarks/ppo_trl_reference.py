"""What TRL 1.12.0's own trainer computes on the reference case, as ``tests/ppo/trl_1_12_0.json`` holds it.

In TRL's environment (`ppo_throughput` makes it): ``.venv-trl/bin/python -m benchmarks.ppo_trl_reference``. The trainer
runs one update as it stands; its responses are given, and what passes through its functions is written down.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import LlamaConfig, LlamaForSequenceClassification, PreTrainedTokenizerFast
from trl.experimental.ppo import PPOConfig, PPOTrainer, ppo_trainer

from benchmarks import ppo_reference_case as case

TARGET = Path(__file__).resolve().parent.parent / "tests" / "ppo" / "trl_1_12_0.json"


def main() -> None:
    """Write the file."""
    prompts, responses = case.batch()
    seen: dict[str, list[Any]] = {}
    _record("masked_whiten", seen, lambda arguments, result: [*arguments[:2], result])
    _record("selective_log_softmax", seen, lambda _, result: result)
    _record("get_reward", seen, lambda _, result: result[:2])
    forward = ppo_trainer.forward

    def given(model: Any, *_: Any, **__: Any) -> tuple[torch.Tensor, torch.Tensor]:
        whole = torch.cat([prompts, responses], dim=1)
        logits = forward(model, whole, case.PAD).logits[:, case.PROMPT - 1 : -1]
        return whole, logits / (case.TEMPERATURE + 1e-7) + case.noise()

    ppo_trainer.batch_generation = given
    ppo_trainer.np.random.permutation = ppo_trainer.np.arange  # rows stay in their order
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(folder, prompts)
        gradients: dict[str, list[float]] = {}
        backward = trainer.accelerator.backward

        def recorded(loss: torch.Tensor) -> None:
            backward(loss)
            for name, parameter in trainer.policy_model.named_parameters():
                if parameter.grad is not None:
                    plain = case.plain_name(name, "default")
                    gradients[plain] = case.fingerprint(parameter.grad, plain)

        trainer.accelerator.backward = recorded
        logged: list[dict[str, float]] = []
        trainer.log = lambda metrics, *_, **__: logged.append(metrics)
        _record_values(trainer, seen)
        trainer.train()
    figures = _figures(seen, logged[0]) | {"gradients": gradients}
    TARGET.write_text(json.dumps(figures, indent=None) + "\n")


def _figures(seen: dict[str, list[Any]], logged: dict[str, float]) -> dict[str, Any]:
    """What was seen, under the names of the file."""
    logprobs, reference, new = seen["selective_log_softmax"]
    values, scores = seen["get_reward"]
    advantages, mask, whitened = seen["masked_whiten"][0]
    return {
        "old_logprobs": logprobs.tolist(),
        "reference_logprobs": reference.tolist(),
        "new_logprobs": new.tolist(),
        "values": values[0][:, case.PROMPT - 1 : -1].squeeze(-1).tolist(),
        "new_values": seen["values"][0][:, case.PROMPT - 1 : -1].squeeze(-1).tolist(),
        "scores": scores[1].tolist(),
        "advantages": advantages.tolist(),
        "mask": mask.tolist(),
        "whitened": whitened.tolist(),
        "policy_loss": logged["loss/policy_avg"],
        "value_loss": logged["loss/value_avg"],
        "clip_fraction": logged["policy/clipfrac_avg"],
    }


def _record(name: str, seen: dict[str, list[Any]], what: Any) -> None:
    inner = getattr(ppo_trainer, name)

    def recorded(*arguments: Any, **named: Any) -> Any:
        result = inner(*arguments, **named)
        kept = what(arguments, result)
        copies = [part.detach().clone() for part in kept] if isinstance(kept, (list, tuple)) else kept.detach().clone()
        seen.setdefault(name, []).append(copies)
        return result

    setattr(ppo_trainer, name, recorded)


def _record_values(trainer: Any, seen: dict[str, list[Any]]) -> None:
    def keep(_: Any, __: Any, output: Any) -> None:
        seen.setdefault("values", []).append(output[1].detach().clone())

    trainer.model.register_forward_hook(keep)


def _settings(folder: str) -> PPOConfig:
    return PPOConfig(
        output_dir=folder,
        per_device_train_batch_size=8,
        gradient_accumulation_steps=1,
        num_mini_batches=1,
        num_ppo_epochs=1,
        total_episodes=8,
        response_length=case.RESPONSE,
        local_rollout_forward_batch_size=8,
        stop_token="eos",
        missing_eos_penalty=case.MISSING_EOS_PENALTY,
        temperature=case.TEMPERATURE,
        kl_coef=case.KL_COEF,
        gamma=case.GAMMA,
        lam=case.LAM,
        vf_coef=case.VALUE_COEF,
        num_sample_generations=0,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
    )


def _trainer(folder: str, prompts: torch.Tensor) -> PPOTrainer:
    words = Tokenizer(WordLevel({f"w{index}": index for index in range(case.VOCABULARY)}, unk_token="w2"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="w0", eos_token="w1", padding_side="left")
    judge = LlamaForSequenceClassification(LlamaConfig(**case.configuration() | {"num_labels": 1}))
    critic = LlamaForSequenceClassification(LlamaConfig(**case.configuration() | {"num_labels": 1}))
    case.fill(judge, 0.3)
    case.fill(critic, 0.2)
    rows = Dataset.from_dict({"input_ids": prompts.tolist()})
    trainer = PPOTrainer(
        args=_settings(folder),
        processing_class=tokenizer,
        model=case.model(),
        ref_model=None,
        reward_model=judge,
        value_model=critic,
        train_dataset=rows,
        eval_dataset=rows,
        peft_config=LoraConfig(r=case.RANK, lora_alpha=case.ALPHA, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    case.fill(trainer.policy_model, 0.3, "default")
    return trainer


if __name__ == "__main__":
    main()
