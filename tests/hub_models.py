"""Small, randomly initialised models of real architectures in the hub cache's layout, with tokenizers of their classes.

Widths and vocabularies are small; what could trip the code is there: tied embeddings, grouped queries, heads wider than
hidden size over heads, q/k norms, padding that is the end token, tokens that are added but not special, a chat template
that puts a system turn first or that has a thinking mode, sampling habits in ``generation_config.json``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
QWEN3 = "Qwen/Qwen3-0.6B"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

_TEXT = [
    "Where is the HR department in Boston? It is on the third floor of the Harbor building.",
    "Who approves a business trip? Your team lead does. How many days off do we get? 25 days a year.",
    "You are a helpful assistant. user assistant system",
]

SMOLLM2_TEMPLATE = (
    "{% for turn in messages %}{% if loop.first and turn['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + turn['role'] + '\n' + turn['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
QWEN3_TEMPLATE = (
    "{%- set ns = namespace(last=-1) -%}"
    "{%- for turn in messages -%}{%- if turn.role == 'user' -%}{%- set ns.last = loop.index0 -%}{%- endif -%}"
    "{%- endfor -%}"
    "{%- for turn in messages -%}{%- set content = turn.content -%}"
    "{%- if turn.role == 'assistant' and '</think>' in content and loop.index0 < ns.last -%}"
    "{%- set content = content.split('</think>')[-1].lstrip('\n') -%}{%- endif -%}"
    "{{- '<|im_start|>' + turn.role + '\n' + content + '<|im_end|>' + '\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}"
    "{%- if enable_thinking is defined and enable_thinking is false -%}{{- '<think>\n\n</think>\n\n' -}}{%- endif -%}"
    "{%- endif -%}"
)
SMOLLM2_TOKENIZER = {
    "tokenizer_class": "GPT2Tokenizer",
    "bos_token": "<|im_start|>",
    "eos_token": "<|im_end|>",
    "pad_token": "<|im_end|>",
    "unk_token": "<|endoftext|>",
    "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
    "add_prefix_space": False,
    "clean_up_tokenization_spaces": False,
    "model_max_length": 8192,
    "vocab_size": 49152,
    "chat_template": SMOLLM2_TEMPLATE,
}
QWEN3_TOKENIZER = {
    "tokenizer_class": "Qwen2Tokenizer",
    "add_bos_token": False,
    "add_prefix_space": False,
    "bos_token": None,
    "eos_token": "<|im_end|>",
    "pad_token": "<|endoftext|>",
    "unk_token": None,
    "additional_special_tokens": ["<|im_start|>", "<|im_end|>", "<|box_start|>"],
    "clean_up_tokenization_spaces": False,
    "errors": "replace",
    "model_max_length": 131072,
    "split_special_tokens": False,
    "chat_template": QWEN3_TEMPLATE,
}


def build_hub_model(cache: Path, repo: str) -> Path:
    """Write the model into a hub cache; returns the snapshot's folder."""
    root = cache / f"models--{repo.replace('/', '--')}"
    folder = root / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(COMMIT)
    (_smollm2 if repo == SMOLLM2 else _qwen3)(folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\nlibrary_name: transformers\n---\n\n# A model\n")
    return folder


def _smollm2(folder: Path) -> None:
    import torch
    from tokenizers import pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM

    digits = pre_tokenizers.Digits(individual_digits=True)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<file_sep>"]
    size = _tokenizer(
        folder,
        pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]),
        special,
        (),
        SMOLLM2_TOKENIZER,
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=size,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=3,
        num_key_value_heads=1,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)


def _qwen3(folder: Path) -> None:
    import torch
    from tokenizers import Regex, pre_tokenizers
    from transformers import Qwen3Config, Qwen3ForCausalLM

    words = r"(?i:'s|'t|'m|'ll)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|box_start|>"]
    size = _tokenizer(
        folder,
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(words), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        ),
        special,
        ("<tool_call>", "</tool_call>", "<think>", "</think>"),
        QWEN3_TOKENIZER,
    )
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=size + 8,  # the real one is padded beyond its tokenizer, too
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=40960,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    Qwen3ForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    habits = {"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "repetition_penalty": 1.3}
    ends = {"bos_token_id": 0, "pad_token_id": 0, "eos_token_id": [2, 0]}
    (folder / "generation_config.json").write_text(json.dumps(habits | ends))


def _tokenizer(folder: Path, split: Any, special: Sequence[str], added: Sequence[str], settings: dict[str, Any]) -> int:
    """Train a byte-level BPE and write it as the hub has it; returns the number of its tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = split
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=list(special), initial_alphabet=alphabet)
    tokenizer.train_from_iterator(_TEXT, trainer)
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in added])
    tokenizer.save(str(folder / "tokenizer.json"))
    content = json.loads((folder / "tokenizer.json").read_text())
    (folder / "vocab.json").write_text(json.dumps(content["model"]["vocab"], ensure_ascii=False))
    merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in content["model"]["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    decoder = {
        str(token["id"]): {
            key: token[key] for key in ("content", "lstrip", "normalized", "rstrip", "single_word", "special")
        }
        for token in content["added_tokens"]
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"added_tokens_decoder": decoder}))
    return int(tokenizer.get_vocab_size())
