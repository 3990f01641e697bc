"""A PPO model leaves in three forms, and all three are the same model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

from workbench.errors import ModelError
from workbench.models.exporting import export_adapter
from workbench.models.loading import export_merged, load_merged
from workbench.models.spec import ModelSpec
from workbench.ppo.policy import POLICY_ADAPTER, SharedTrunk

IDS = torch.randint(5, 2000, (2, 12), generator=torch.Generator().manual_seed(0))
SFT = ModelSpec(adapters=("runs/sft-001/final",))
PPO = SFT.with_adapter(f"runs/ppo-001/final/{POLICY_ADAPTER}")


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(IDS).logits
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.Tensor]:
    """A workspace with an SFT adapter on the feed-forward layers and a PPO adapter on all; and the policy's logits."""
    root = tmp_path_factory.mktemp("workspace")
    torch.manual_seed(0)
    lora = LoraConfig(r=3, lora_alpha=12, target_modules=["gate_proj", "up_proj", "down_proj"], task_type="CAUSAL_LM")
    sft: Any = get_peft_model(load_merged(ModelSpec(), root), lora)
    _randomise(sft)
    sft.save_pretrained(str(root / SFT.adapters[0]))
    policy = SharedTrunk(load_merged(SFT, root), lora_rank=4, lora_alpha=8)
    _randomise(policy.model)
    policy.model.save_pretrained(str(root / "runs/ppo-001/final"), selected_adapters=[POLICY_ADAPTER])
    return root, logits(policy.model)


def _randomise(model: Any) -> None:
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.05)


def test_adapter_merged_model_and_one_lora_give_the_policys_logits(
    workspace: tuple[Path, torch.Tensor], tmp_path: Path
) -> None:
    root, expected = workspace
    beside = PeftModel.from_pretrained(load_merged(SFT, root), str(root / PPO.adapters[1]))
    export_merged(root, PPO, tmp_path / "merged")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    export_adapter(root, PPO, tmp_path / "adapter")
    single = PeftModel.from_pretrained(load_merged(ModelSpec(), root), str(tmp_path / "adapter"))
    for model in (beside, merged.eval(), single):
        torch.testing.assert_close(logits(model.eval()), expected, atol=1e-4, rtol=0)
    assert (logits(load_merged(SFT, root)) - expected).abs().max() > 0.1
    assert (logits(load_merged(ModelSpec(), root)) - logits(load_merged(SFT, root))).abs().max() > 0.1
    assert single.peft_config["default"].r == 3 + 4


def test_the_single_adapter_comes_with_its_tokenizer_and_refuses_a_full_folder(
    workspace: tuple[Path, torch.Tensor], tmp_path: Path
) -> None:
    root, _ = workspace
    export_adapter(root, PPO, tmp_path / "adapter")
    names = {path.name for path in (tmp_path / "adapter").iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json"} <= names
    with pytest.raises(ModelError, match="not empty"):
        export_adapter(root, PPO, tmp_path / "adapter")
    with pytest.raises(ModelError, match="no adapter"):
        export_adapter(root, ModelSpec(), tmp_path / "other")
