"""Keys of prompts by the column: what ``text_keys.prompt_key`` gives, for a million prompts in about a second.

Prompts of plain letters and signs, which most are, are keyed together in numpy; the others one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from storage.text_keys import FNV_OFFSET, FNV_PRIME, FUNCTION_WORDS, MIX_FACTORS, MIX_SHIFT, prompt_key, word_value

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_SIGNS = "‘’“”„–—…¿¡«»"
"""Signs of more than one byte that people write; they part words."""
_PLAIN = rf"^[\t\n\r -~À-ÖØ-öø-įĴ-ľŁ-ňŊ-ž{_SIGNS}]*$"
"""Letters whose folding is their lower case, and signs that part words."""
_SEPARATORS = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_LONGEST = 8_192
"""Bytes of a prompt that is keyed with others: lengths of 16 bits are sorted the fastest."""
_TOGETHER = 4_096
"""Prompts that are keyed at once: their words stay in the processor's cache."""
_FUNCTION_VALUES = sorted(map(word_value, FUNCTION_WORDS))


def prompt_keys(prompts: pa.ChunkedArray) -> pa.ChunkedArray:
    """``prompt_key`` of each prompt of a column of strings without nulls, as 64-bit integers."""
    import pyarrow as pa

    chunks = prompts.cast(pa.string()).chunks
    blocks = (chunk.slice(start, _TOGETHER) for chunk in chunks for start in range(0, len(chunk), _TOGETHER))
    return pa.chunked_array([_integers(_keys(block)) for block in blocks], pa.int64())


def with_keys(prompts: Sequence[str]) -> pa.Table:
    """A table of two columns: ``prompt``, as given, and ``key``."""
    import pyarrow as pa

    column = pa.chunked_array([prompts], pa.string())
    return pa.table({"prompt": column, "key": prompt_keys(column)})


def _keys(prompts: pa.StringArray) -> NDArray[np.int64]:
    import numpy as np
    import pyarrow.compute as pc

    lengths = np.diff(_text(prompts)[1])
    plain = _bits(pc.match_substring_regex(prompts, _PLAIN)) & (lengths <= _LONGEST)
    rows = np.flatnonzero(plain)
    keys = np.empty(len(prompts), np.int64)
    keys[rows], asks = _keys_together(prompts if plain.all() else prompts.take(_integers(rows)))
    for row in (*np.flatnonzero(~plain).tolist(), *rows[~asks].tolist()):
        keys[row] = prompt_key(prompts[row].as_py())
    return keys


def _keys_together(prompts: pa.StringArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Keys of plain prompts, each right where the prompt has words that are no function words, and which have."""
    import numpy as np
    import pyarrow.compute as pc

    prompts = pc.replace_substring_regex(prompts, f"[{_SIGNS}]", " ")
    text, bounds = _text(pc.replace_substring(pc.utf8_lower(prompts), "ß", "ss"))
    starts, lengths = _words(text, bounds)
    values = _word_values(text, starts, lengths)
    counted = ~_are_function_words(values)
    first_words = np.searchsorted(starts, bounds)
    sums = _sums(np.where(counted, values, np.uint64(0)), first_words)
    return (sums >> np.uint64(1)).astype(np.int64), _sums(counted.astype(np.uint64), first_words) > 0


def _integers(numbers: NDArray[np.int64]) -> pa.Int64Array:
    """As Arrow; not by ``pa.array``, which loads pandas to see whether it was given some: a third of a second."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def _text(strings: pa.StringArray) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """All strings as one, and where each begins and the last one ends: of shape (strings + 1,)."""
    import numpy as np

    _, offsets, data = strings.buffers()
    bounds = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1]
    text = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    return text[bounds[0] : bounds[-1]], bounds - bounds[0]


def _bits(flags: pa.BooleanArray) -> NDArray[np.bool_]:
    import numpy as np

    bits = np.unpackbits(np.frombuffer(flags.buffers()[1], np.uint8), bitorder="little")
    return bits[flags.offset : flags.offset + len(flags)].astype(np.bool_)


def _words(text: NDArray[np.uint8], bounds: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the words begin, and how many bytes they have; none reaches from one string into the next."""
    import numpy as np

    is_letter = np.ones(256, np.bool_)
    is_letter[list(_SEPARATORS)] = False
    letters, no_letter = is_letter.take(text), np.zeros(1, np.bool_)
    # Of each place between two bytes, the ends included: what stands before it, what after, and whether strings meet.
    before, after = np.concatenate([no_letter, letters]), np.concatenate([letters, no_letter])
    meets = np.zeros(len(text) + 1, np.bool_)
    meets[bounds] = True
    starts = np.flatnonzero(after & (meets | ~before))
    return starts, np.flatnonzero(before & (meets | ~after)) - starts


def _word_values(text: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint64]:
    """``word_value`` of each word, letter by letter for all words that have so many letters."""
    import numpy as np

    longest_first = np.argsort(-lengths.astype(np.int16), kind="stable")
    at, falling = starts[longest_first], -lengths[longest_first]
    value = np.full(len(at), FNV_OFFSET, np.uint64)
    longest = -int(falling[0]) if len(falling) else 0
    for count in np.searchsorted(falling, -np.arange(1, longest + 1), side="right").tolist():
        value[:count] ^= text.take(at[:count])
        value[:count] *= np.uint64(FNV_PRIME)
        at[:count] += 1
    shift = np.uint64(MIX_SHIFT)
    for factor in MIX_FACTORS:
        value ^= value >> shift
        value *= np.uint64(factor)
    value ^= value >> shift
    values = np.empty_like(value)
    values[longest_first] = value
    return values


def _are_function_words(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    import numpy as np

    known = np.array(_FUNCTION_VALUES, np.uint64)
    nearest = known.searchsorted(values)
    nearest[nearest == len(known)] = 0
    are: NDArray[np.bool_] = known[nearest] == values
    return are


def _sums(numbers: NDArray[np.uint64], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Sums modulo 2**64 of the numbers of each row, which are those from its start to the next one's."""
    import numpy as np

    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(numbers, dtype=np.uint64)])
    sums: NDArray[np.uint64] = running[starts[1:]] - running[starts[:-1]]
    return sums
