"""The schema, as ordered steps that only ever grow.

Each step runs in a transaction of its own at start-up, before anybody else reads or writes (ALTER aborts
other writers), and the log is folded into the file after the last. No foreign keys and no indexes, primary
keys included: DuckDB checks them too eagerly (an update within one transaction may fail), and without them
112 kills lost nothing. Uniqueness is checked by the repositories, whose writers pass one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from duckdb import DuckDBPyConnection

from storage.database import Database
from storage.errors import DatabaseError
from storage.prompt_keys import with_keys
from storage.repository import insert_many, scalar

Migration = Callable[[DuckDBPyConnection], None]


def m001_demonstrations(cursor: DuckDBPyConnection) -> None:
    """Demonstrations, every state they had before, and the frozen snapshots."""
    content = """prompt VARCHAR NOT NULL, response VARCHAR NOT NULL, tags VARCHAR[] NOT NULL,
        source VARCHAR NOT NULL, author VARCHAR NOT NULL, status VARCHAR NOT NULL, split VARCHAR NOT NULL,
        fact_id VARCHAR, key_facts VARCHAR[]"""
    cursor.execute(
        f"""CREATE TABLE demonstrations (
        id VARCHAR NOT NULL, {content}, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL,
        content_key VARCHAR NOT NULL, position BIGINT NOT NULL)"""
    )
    cursor.execute(
        f"""CREATE TABLE demonstration_versions (
        id VARCHAR NOT NULL, demonstration_id VARCHAR NOT NULL, {content},
        created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL,
        action VARCHAR NOT NULL, replaced_by VARCHAR NOT NULL, replaced_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE snapshots (id VARCHAR NOT NULL, kind VARCHAR NOT NULL, sha256 VARCHAR NOT NULL,
        "rows" BIGINT NOT NULL, path VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL)"""
    )


def m002_runs(cursor: DuckDBPyConnection) -> None:
    """Runs and what their workers report. The counter keeps a deleted run's id from being given again."""
    cursor.execute(
        """CREATE TABLE runs (
        id VARCHAR NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, status VARCHAR NOT NULL,
        directory VARCHAR NOT NULL, config JSON NOT NULL, pid BIGINT, pid_created DOUBLE,
        event_offset BIGINT NOT NULL, phase VARCHAR NOT NULL, done DOUBLE NOT NULL, total DOUBLE NOT NULL,
        eta_seconds DOUBLE, error VARCHAR, summary JSON NOT NULL, created_by VARCHAR NOT NULL,
        created_at TIMESTAMP NOT NULL, started_at TIMESTAMP, finished_at TIMESTAMP)"""
    )
    cursor.execute("CREATE TABLE run_numbers (kind VARCHAR NOT NULL, number BIGINT NOT NULL)")
    cursor.execute(
        """CREATE TABLE metrics (
        run_id VARCHAR NOT NULL, step BIGINT NOT NULL, name VARCHAR NOT NULL, value DOUBLE)"""
    )
    cursor.execute(
        """CREATE TABLE samples (
        run_id VARCHAR NOT NULL, step BIGINT NOT NULL, fixed BOOLEAN NOT NULL, prompt VARCHAR NOT NULL,
        response VARCHAR NOT NULL, score DOUBLE, kl DOUBLE, length BIGINT)"""
    )
    cursor.execute(
        """CREATE TABLE notices (
        run_id VARCHAR NOT NULL, message VARCHAR NOT NULL, count BIGINT, noticed_at TIMESTAMP NOT NULL)"""
    )


def m003_preferences(cursor: DuckDBPyConnection) -> None:
    """Responses, pairs, and votes. Votes are never changed: an undo is a row of its own."""
    cursor.execute(
        """CREATE TABLE responses (
        id VARCHAR NOT NULL, run_id VARCHAR, model_id VARCHAR NOT NULL, prompt VARCHAR NOT NULL,
        text VARCHAR NOT NULL, seed BIGINT, temperature DOUBLE, created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE pairs (
        id VARCHAR NOT NULL, run_id VARCHAR, prompt VARCHAR NOT NULL, demonstration_id VARCHAR,
        split VARCHAR NOT NULL, response_a_id VARCHAR NOT NULL, response_b_id VARCHAR NOT NULL,
        created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE presentations (
        pair_id VARCHAR NOT NULL, annotator_id VARCHAR NOT NULL, "left" VARCHAR NOT NULL,
        shown_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE annotators (
        id VARCHAR NOT NULL, name VARCHAR NOT NULL, kind VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE votes (
        id VARCHAR NOT NULL, pair_id VARCHAR NOT NULL, annotator_id VARCHAR NOT NULL, choice VARCHAR NOT NULL,
        "left" VARCHAR NOT NULL, simulated BOOLEAN NOT NULL, seconds DOUBLE, created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute("CREATE TABLE vote_undos (vote_id VARCHAR NOT NULL, undone_at TIMESTAMP NOT NULL)")


def m004_models(cursor: DuckDBPyConnection) -> None:
    """Models with their lineage, and how well they answer."""
    cursor.execute(
        """CREATE TABLE models (
        id VARCHAR NOT NULL, name VARCHAR NOT NULL, kind VARCHAR NOT NULL, spec JSON NOT NULL, run_id VARCHAR,
        parent_id VARCHAR, created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE evaluations (
        run_id VARCHAR NOT NULL, model_id VARCHAR NOT NULL, split VARCHAR NOT NULL, measure VARCHAR NOT NULL,
        value DOUBLE, ci_low DOUBLE, ci_high DOUBLE, n BIGINT NOT NULL, signature VARCHAR NOT NULL,
        problem VARCHAR, created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE answers (
        run_id VARCHAR NOT NULL, model_id VARCHAR NOT NULL, demonstration_id VARCHAR, prompt VARCHAR NOT NULL,
        reference VARCHAR NOT NULL, response VARCHAR NOT NULL, measures JSON NOT NULL)"""
    )


def m005_voting(cursor: DuckDBPyConnection) -> None:
    """The voting queue, what is said beside a vote, and what the team decides about votes.

    Deliberate repeats (``occasion`` 1) lie beside first votes and measure an annotator's consistency only. The views
    say once, for every reader, which votes there are and which of them count.
    """
    for table in ("votes", "presentations"):
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN occasion BIGINT DEFAULT 0")
    cursor.execute("ALTER TABLE votes ADD COLUMN both_bad BOOLEAN DEFAULT false")
    cursor.execute(
        """CREATE TABLE vote_details (
        vote_id VARCHAR NOT NULL, strength VARCHAR, reasons VARCHAR[] NOT NULL, comment VARCHAR NOT NULL,
        noted_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE queue_events (
        pair_id VARCHAR NOT NULL, annotator_id VARCHAR NOT NULL, occasion BIGINT NOT NULL, kind VARCHAR NOT NULL,
        happened_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        "CREATE TABLE voting_settings (settings JSON NOT NULL, saved_by VARCHAR NOT NULL, saved_at TIMESTAMP NOT NULL)"
    )
    cursor.execute(
        """CREATE TABLE exclusions (
        id VARCHAR NOT NULL, annotator_id VARCHAR, faster_than DOUBLE, note VARCHAR NOT NULL,
        created_by VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE exclusion_ends (
        exclusion_id VARCHAR NOT NULL, ended_by VARCHAR NOT NULL, ended_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE settlements (
        pair_id VARCHAR NOT NULL, choice VARCHAR, comment VARCHAR NOT NULL, settled_by VARCHAR NOT NULL,
        settled_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE pair_scores (
        pair_id VARCHAR NOT NULL, model_id VARCHAR NOT NULL, margin DOUBLE NOT NULL, scored_at TIMESTAMP NOT NULL)"""
    )
    _create_vote_views(cursor)


def _create_vote_views(cursor: DuckDBPyConnection) -> None:
    cursor.execute(
        """CREATE VIEW live_votes AS SELECT id, pair_id, annotator_id, choice, "left", simulated, seconds, created_at,
        coalesce(occasion, 0) AS occasion, coalesce(both_bad, false) AS both_bad
        FROM votes WHERE id NOT IN (SELECT vote_id FROM vote_undos)"""
    )
    cursor.execute(
        """CREATE VIEW excluded_votes AS SELECT DISTINCT votes.id FROM votes JOIN exclusions ON
        (exclusions.annotator_id IS NULL OR exclusions.annotator_id = votes.annotator_id)
        AND (exclusions.faster_than IS NULL OR votes.seconds < exclusions.faster_than)
        WHERE exclusions.id NOT IN (SELECT exclusion_id FROM exclusion_ends)"""
    )
    cursor.execute(
        """CREATE VIEW counted_votes AS SELECT * FROM live_votes
        WHERE occasion = 0 AND id NOT IN (SELECT id FROM excluded_votes)"""
    )


def m006_groups(cursor: DuckDBPyConnection) -> None:
    """Groups of prompts that are nearly the same, their embeddings, places in documents, names of snapshots.

    Rows that are there keep their split; each is in the group of its own prompt.
    """
    cursor.execute("ALTER TABLE demonstrations ADD COLUMN prompt_key BIGINT")
    for table in ("demonstrations", "demonstration_versions"):
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN group_key BIGINT")
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN origin JSON")
    _key_prompts(cursor)
    cursor.execute("CREATE TABLE prompt_embeddings (prompt VARCHAR NOT NULL, vector FLOAT[384] NOT NULL)")
    cursor.execute("ALTER TABLE snapshots ADD COLUMN name VARCHAR DEFAULT ''")
    cursor.execute("ALTER TABLE snapshots ADD COLUMN counts JSON DEFAULT '{}'")


def _key_prompts(cursor: DuckDBPyConnection) -> None:
    """Puts each row into the group of its prompt."""
    for table in ("demonstrations", "demonstration_versions"):
        cursor.execute(f"SELECT DISTINCT prompt FROM {table}")
        cursor.register("keys_of_prompts", with_keys([prompt for (prompt,) in cursor.fetchall()]))
        cursor.execute(f"UPDATE {table} SET group_key = k.key FROM keys_of_prompts k WHERE {table}.prompt = k.prompt")
        cursor.unregister("keys_of_prompts")
    cursor.execute("UPDATE demonstrations SET prompt_key = group_key")


def m007_answers(cursor: DuckDBPyConnection) -> None:
    """What kind of prompt an answer belongs to, and what people say of answers. A mark is never changed: the newest
    one counts, and one without a verdict takes the former back.
    """
    cursor.execute("ALTER TABLE answers ADD COLUMN tags VARCHAR[] DEFAULT []")
    cursor.execute("ALTER TABLE answers ADD COLUMN source VARCHAR DEFAULT ''")
    cursor.execute("ALTER TABLE answers ADD COLUMN held_out VARCHAR")
    cursor.execute(
        """CREATE TABLE answer_marks (
        run_id VARCHAR NOT NULL, model_id VARCHAR NOT NULL, answer_key VARCHAR NOT NULL, verdict VARCHAR,
        marked_by VARCHAR NOT NULL, marked_at TIMESTAMP NOT NULL)"""
    )


def m008_verdicts(cursor: DuckDBPyConnection) -> None:
    """Values of single tokens beside samples; what people changed in runs that went on; which model is the chatbot."""
    cursor.execute("ALTER TABLE samples ADD COLUMN tokens JSON")
    cursor.execute(
        """CREATE TABLE interventions (
        run_id VARCHAR NOT NULL, step BIGINT NOT NULL, setting VARCHAR NOT NULL,
        before DOUBLE NOT NULL, after DOUBLE NOT NULL, made_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE promotions (
        model_id VARCHAR NOT NULL, promoted_by VARCHAR NOT NULL, evidence JSON NOT NULL,
        promoted_at TIMESTAMP NOT NULL)"""
    )


def m009_conversations(cursor: DuckDBPyConnection) -> None:
    """What people asked the models: comparisons, the votes that came of them, and chats. Rows are never changed."""
    cursor.execute(
        """CREATE TABLE comparisons (
        id VARCHAR NOT NULL, person VARCHAR NOT NULL, prompt VARCHAR NOT NULL, question JSON NOT NULL,
        answers JSON NOT NULL, blind BOOLEAN NOT NULL, created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE comparison_votes (
        comparison_id VARCHAR NOT NULL, vote_id VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL)"""
    )
    cursor.execute(
        """CREATE TABLE chat_turns (
        id VARCHAR NOT NULL, chat_id VARCHAR NOT NULL, person VARCHAR NOT NULL, position BIGINT NOT NULL,
        model_id VARCHAR NOT NULL, prompt VARCHAR NOT NULL, response VARCHAR NOT NULL, details JSON NOT NULL,
        created_at TIMESTAMP NOT NULL)"""
    )


def m010_keys_as_sums(cursor: DuckDBPyConnection) -> None:
    """Keys of prompts that need no sorting replace the former ones; contents have none. Rows keep their split."""
    cursor.execute("ALTER TABLE demonstrations DROP COLUMN content_key")
    _key_prompts(cursor)


MIGRATIONS: tuple[Migration, ...] = (
    m001_demonstrations,
    m002_runs,
    m003_preferences,
    m004_models,
    m005_voting,
    m006_groups,
    m007_answers,
    m008_verdicts,
    m009_conversations,
    m010_keys_as_sums,
)
"""In order; a database's version is the number of steps it has had. Append only."""


def migrate(db: Database, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Brings the database to the newest version and returns how many steps that took.

    Raises DatabaseError where the database is newer than this code; nothing is changed then.
    """
    with db.write() as cursor:
        cursor.execute(
            """CREATE TABLE IF NOT EXISTS schema_migrations (
            version BIGINT NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)"""
        )
        version = int(scalar(cursor.execute("SELECT coalesce(max(version), 0) FROM schema_migrations")))
    if version > len(migrations):
        raise DatabaseError(
            f"{db.path} was made by a newer workbench (schema {version}, this one knows {len(migrations)}): "
            "update the workbench to open it."
        )
    for number, step in enumerate(migrations[version:], start=version + 1):
        with db.write() as cursor:
            step(cursor)
            record = {"version": number, "name": step.__name__, "applied_at": datetime.now(UTC)}
            insert_many(cursor, "schema_migrations", [record])
    if version < len(migrations):
        db.checkpoint()
    return len(migrations) - version
