"""The SQL that reads plain rows of a JSON Lines file by the million.

A row is *plain* where SQL gives exactly what ``columns.all_fields`` would give: texts without surrounding
space, a list of plain tags, nothing odd. All others are left to Python, line by line, so the result never
depends on the way.
"""

from __future__ import annotations

from workbench.demonstrations.column_names import CONTEXT_NAMES, LANGUAGE_NAMES, first_named, plain_name
from workbench.demonstrations.columns import ColumnChoice
from workbench.demonstrations.split_names import SPLITS
from workbench.demonstrations.text_rules import MAX_CHARACTERS, MAX_NAME_CHARACTERS, STATUSES

LONGEST_LINE = 16 * 2**20
KEY_FUNCTION = "prompt_key_of"
"""Name of the SQL function, from text to BIGINT, that the query calls for the key of a prompt."""
_SPACE = r"\s\x{0b}\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_NO_TEXT = "^([-0-9.eE+]+|true|false|null|NaN|-?Infinity)$"
"""Texts that may have been no texts in the file. Not a list with IN: DuckDB makes a join of six or more, which does not
keep the order of the rows."""
_OPTIONAL = ("source", "author", "status", "split", "fact_id")
"""Columns that a file need not have."""
_RICH = ("key_facts", "origin")
"""Columns with lists and objects: a row that fills one is left to Python."""
_BY_PLAIN_NAME = ("author", "status", "split", *_RICH, *CONTEXT_NAMES)
"""Columns that each row is asked for by their plain names: of 'Status' and 'status' its last one counts."""


def can_be_plain(columns: list[str], choice: ColumnChoice) -> bool:
    """Whether rows read by this choice can be plain at all: one prompt and one response, taken as they are."""
    names = list(map(plain_name, columns))
    if any(names.count(name) > 1 for name in _BY_PLAIN_NAME) or _differ_by_case_only(_read(columns, choice)):
        return False  # the last one of each row counts
    one_text = bool(choice.prompt and choice.response and not choice.messages and not choice.languages)
    one_tag_column = len(choice.tags) < 2 and not any(plain_name(name) in LANGUAGE_NAMES for name in choice.tags)
    return one_text and one_tag_column and choice.html == "keep"


def constants(columns: list[str], choice: ColumnChoice, defaults: dict[str, str]) -> dict[str, str | None]:
    """What all plain rows have in the optional columns that the file does not have."""
    return {name: defaults.get(name) for name in _OPTIONAL if name not in _by_meaning(columns, choice)}


def rows_sql(path: str, columns: list[str], choice: ColumnChoice, defaults: dict[str, str]) -> str:
    """A query that gives a row for each line that is not blank, in the file's order; ``ok`` tells which are plain.

    It has the optional columns that the file has; ``defaults`` are for the rows that leave them empty.
    """
    by_meaning = _by_meaning(columns, choice)
    optional = [name for name in _OPTIONAL if name in by_meaning]
    rich = [f"{_name(column)} IS NOT NULL AND {_name(column)} <> ''" for column in _rich(columns, choice)]
    selected = [f"{_name(column)} AS {name}" for name, column in by_meaning.items()]
    selected += ["NULL::JSON AS tags"] if "tags" not in by_meaning else []
    read = _read(columns, choice)
    kinds = {column: "JSON" if column == by_meaning.get("tags") else "VARCHAR" for column in read}
    declared = ", ".join(f"{_text(column)}: '{kind}'" for column, kind in kinds.items())
    filled = [
        f"coalesce(nullif({name}, ''), {_text(defaults[name]) if name in defaults else 'NULL'}) AS {name}"
        for name in optional
    ]
    return f"""
    SELECT * EXCLUDE (tag_list, tags_fit, is_rich), coalesce(tag_list, []) AS tags,
        coalesce(NOT is_rich AND {_checks(optional)}, false) AS ok,
        CASE WHEN strlen(prompt) <= {MAX_CHARACTERS} THEN {KEY_FUNCTION}(prompt) END AS prompt_key
    FROM (SELECT {", ".join(("prompt", "response", *filled))}, is_rich,
            CASE WHEN json_type(tags) = 'ARRAY' THEN from_json(tags, '["VARCHAR"]') END AS tag_list,
            coalesce(json_type(tags), 'NULL') IN ('NULL', 'ARRAY') AS tags_fit
        FROM (SELECT {", ".join(selected)}, {" OR ".join(f"({test})" for test in rich) or "false"} AS is_rich
            FROM read_json({_text(path)}, format = 'newline_delimited', ignore_errors = true,
                maximum_object_size = {LONGEST_LINE}, compression = 'none', columns = {{{declared}}})))
    """


def _read(columns: list[str], choice: ColumnChoice) -> list[str]:
    """The columns that the query reads."""
    return list(dict.fromkeys([*_by_meaning(columns, choice).values(), *_rich(columns, choice)]))


def _differ_by_case_only(columns: list[str]) -> bool:
    """Whether SQL would take two of the names for one."""
    return len({column.casefold() for column in columns}) < len(columns)


def _by_meaning(columns: list[str], choice: ColumnChoice) -> dict[str, str]:
    names = {plain_name(column): column for column in columns}
    found = {"prompt": choice.prompt, "response": choice.response, "source": choice.source, "fact_id": choice.fact_id}
    found |= {name: names.get(name) for name in ("author", "status", "split")}
    found["tags"] = choice.tags[0] if choice.tags else None
    return {name: column for name, column in found.items() if column is not None}


def _rich(columns: list[str], choice: ColumnChoice) -> list[str]:
    rich = [column for column in columns if plain_name(column) in _RICH]
    context = first_named(columns, CONTEXT_NAMES)
    if context and choice.prompt and plain_name(choice.prompt) == "instruction":
        rich.append(context)
    return rich


def _checks(optional: list[str]) -> str:
    odd_tag = f"part IS NULL OR strlen(part) > {MAX_CHARACTERS} OR contains(part, chr(0))"
    odd_tag += f" OR regexp_matches(part, '^[{_SPACE}\\[{{]|[{_SPACE}]$|[;,]|^$|^(true|false|null)$')"
    lengths = {"prompt": MAX_CHARACTERS, "response": MAX_CHARACTERS}
    lengths |= {"source": MAX_CHARACTERS} if "source" in optional else {}
    lengths |= {"author": MAX_NAME_CHARACTERS} if "author" in optional else {}
    checks = {
        "status": f"status IN ({', '.join(map(_text, STATUSES))})",
        "split": f"(split IS NULL OR split IN ({', '.join(map(_text, SPLITS))}))",
        "fact_id": f"(fact_id IS NULL OR {_are_plain_texts({'fact_id': MAX_CHARACTERS})})",
    }
    return " AND ".join(
        (
            _are_plain_texts(lengths),
            *(check for name, check in checks.items() if name in optional),
            f"tags_fit AND (tag_list IS NULL OR (len(list_filter(tag_list, lambda part: {odd_tag})) = 0 AND "
            "CASE WHEN len(tag_list) < 2 THEN true ELSE len(list_distinct(tag_list)) = len(tag_list) END))",
        )
    )


def _are_plain_texts(longest: dict[str, int]) -> str:
    """Texts that Python would keep as they are: no space around them, no number, list or object in disguise.

    All columns are looked at together where that is possible: a regular expression costs more by the call than by the
    character. What is refused for nothing, such as a text that ends with a bracket, costs time and nothing else.
    """
    firsts = " || ".join(f"left({column}, 1)" for column in longest)
    # Not right(), which counts the letters of the whole text first.
    lasts = " || ".join(f"{column}[-1]" for column in longest)
    values = " OR ".join(f"regexp_matches({column}, '{_NO_TEXT}')" for column in longest)
    fitting = [
        f"{column} <> '' AND strlen({column}) <= {most} AND NOT contains({column}, chr(0))"
        for column, most in longest.items()
    ]
    return (
        f"({' AND '.join(fitting)} AND NOT regexp_matches({firsts} || {lasts}, '[\\[{{{_SPACE}]') "
        f"AND NOT CASE WHEN regexp_matches({firsts}, '[-0-9.eE+tfnNI]') THEN {values} ELSE false END)"
    )


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
