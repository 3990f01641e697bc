"""Embeddings of human texts (prompts, and the responses that answers are compared with), each computed once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from duckdb import DuckDBPyConnection

from storage.repository import Repository, arrow_view

if TYPE_CHECKING:
    import numpy as np

DIMENSIONS = 384
Hits = list[tuple[str, float]]
Texts = list[str]


class EmbeddingRepository(Repository):
    """Table ``prompt_embeddings``: one unit vector for each text; texts are known by themselves."""

    def missing(self, limit: int | None = None) -> Texts:
        """Prompts of demonstrations that have no embedding yet."""
        with self._read() as reader:
            reader.execute(
                "SELECT DISTINCT prompt FROM demonstrations ANTI JOIN prompt_embeddings USING (prompt) ORDER BY prompt"
                + (f" LIMIT {int(limit)}" if limit is not None else "")
            )
            return [row[0] for row in reader.fetchall()]

    def count_missing(self) -> int:
        """How many prompts ``missing`` would give."""
        with self._read() as reader:
            reader.execute(
                "SELECT count(DISTINCT prompt) FROM demonstrations ANTI JOIN prompt_embeddings USING (prompt)"
            )
            return int(reader.fetchall()[0][0])

    def add_many(self, prompts: Sequence[str], vectors: np.ndarray, cursor: DuckDBPyConnection | None = None) -> None:
        """Stores the vectors (float32, unit length, shape (len(prompts), DIMENSIONS)); known texts are left alone."""

        def write(own: DuckDBPyConnection) -> None:
            records = [
                {"prompt": prompt, "vector": vector} for prompt, vector in zip(prompts, vectors.tolist(), strict=True)
            ]
            with arrow_view(own, "new_vectors", records):
                own.execute(
                    f"""INSERT INTO prompt_embeddings SELECT prompt, vector::FLOAT[{DIMENSIONS}] FROM new_vectors
                    ANTI JOIN prompt_embeddings USING (prompt)"""
                )

        if len(prompts):
            self._write(write, cursor)

    def of_prompts(self, prompts: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors of those prompts that have one."""
        import numpy as np

        with self._read() as reader, arrow_view(reader, "wanted", [{"prompt": prompt} for prompt in {*prompts}]):
            reader.execute("SELECT prompt, vector FROM prompt_embeddings SEMI JOIN wanted USING (prompt)")
            found = reader.fetchall()
        return {prompt: np.asarray(vector, dtype=np.float32) for prompt, vector in found}

    def nearest(self, vector: np.ndarray, limit: int) -> Hits:
        """Ids of the demonstrations whose prompts are nearest to a unit vector, with the cosine, nearest first."""
        with self._read() as reader:
            reader.execute(
                f"""SELECT d.id, array_cosine_similarity(e.vector, ?::FLOAT[{DIMENSIONS}]) AS likeness
                FROM demonstrations d JOIN prompt_embeddings e USING (prompt)
                ORDER BY likeness DESC, d.position LIMIT {int(limit)}""",
                [vector.tolist()],
            )
            return reader.fetchall()
